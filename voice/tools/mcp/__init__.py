"""Tools of MCP servers, spoken to with the official SDK over guarded connections."""
