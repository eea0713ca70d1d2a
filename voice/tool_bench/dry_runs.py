"""What a run would send, without sending it; secrets are masked."""

from __future__ import annotations

import json
from typing import Any

from voice.errors import ToolError
from voice.models import McpServer, Tool
from voice.outbound.secrets import masked
from voice.tools.executor import checked_arguments
from voice.tools.http.request import request_for
from voice.tools.mcp.connection import address_of


def dry_run(tool: Tool, arguments: str) -> dict[str, Any]:
    """`{"method", "url", "headers", "body"}`, or `{"function", "arguments"}` for code. Raises ToolError."""
    values = checked_arguments(tool, arguments)
    if tool.kind == Tool.Kind.HTTP:
        return request_for(tool, values, masked).shown()
    if tool.kind == Tool.Kind.MCP:
        return _mcp_call(tool, values)
    return {"function": tool.name, "arguments": values}


def _mcp_call(tool: Tool, values: dict[str, Any]) -> dict[str, Any]:
    server: McpServer | None = tool.mcp_server
    if server is None:
        raise ToolError(f"{tool} has no server.")
    address = address_of(server, masked)
    params = {"name": tool.mcp_name, "arguments": values}
    body = json.dumps({"jsonrpc": "2.0", "method": "tools/call", "params": params}, ensure_ascii=False)
    return {"method": "POST", "url": address.url, "headers": address.headers, "body": body}
