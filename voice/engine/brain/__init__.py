"""The engine's thinking: a small deterministic dialogue. Pure: text and JSON in, text and tool calls out."""
