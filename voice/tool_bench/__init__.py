"""The tool bench: runs a tool outside a call, shows what it would send, and keeps checks of it."""
