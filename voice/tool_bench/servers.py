"""Reads an MCP server's list of tools into rows, and keeps what went wrong where operators see it."""

from __future__ import annotations

from voice.errors import ToolError
from voice.models import McpServer
from voice.tool_bench.bench import read_tools_of
from voice.tools.mcp.listing import Listing, store_list


def refresh(server: McpServer) -> Listing:
    """Ask the server and store its answer. Raises ToolError, with the reason in `server.problem`."""
    try:
        listed = read_tools_of(server)
    except ToolError as exc:
        server.problem = " ".join(filter(None, [exc.message, getattr(exc, "detail", "")]))[:300]
        server.save(update_fields=["problem"])
        raise
    return store_list(server, listed)
