"""What running a tool means for each kind: a function of ours, a request, a call to an MCP server."""

from __future__ import annotations

from typing import Any

from voice.errors import ToolError
from voice.models import Tool
from voice.outbound.transport import Outbound
from voice.tools.context import CodeTool, Output, ToolContext
from voice.tools.http.running import run_http
from voice.tools.mcp.running import run_mcp
from voice.tools.registry import code_tool


class Kinds:
    """Runs a row by its kind; `code_tools` are the functions there are."""

    def __init__(self, code_tools: tuple[CodeTool, ...], outbound: Outbound) -> None:
        self._code_tools = code_tools
        self._outbound = outbound

    async def run(self, tool: Tool, context: ToolContext, values: dict[str, Any]) -> Output:
        """The tool's answer. Raises ToolError."""
        if tool.kind == Tool.Kind.HTTP:
            return await run_http(tool, values, self._outbound)
        if tool.kind == Tool.Kind.MCP:
            return await run_mcp(tool, values, self._outbound)
        code = code_tool(tool.name, self._code_tools)
        if code is None:
            raise ToolError(f"There is no tool called {tool.name[:64]}.")
        return await code.function(context, values)
