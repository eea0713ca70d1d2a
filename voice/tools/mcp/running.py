"""Runs a tool of kind mcp once."""

from __future__ import annotations

import json
from typing import Any

from mcp.types import CallToolResult, TextContent

from voice.errors import ToolError
from voice.models import Tool
from voice.outbound.refusals import AddressRefused
from voice.outbound.secrets import scrubbed_text
from voice.outbound.transport import Outbound
from voice.tools.context import Output
from voice.tools.http.answer import as_output
from voice.tools.mcp.connection import connected

REASON_CHARS = 300


async def run_mcp(tool: Tool, values: dict[str, Any], outbound: Outbound) -> Output:
    """What the server answered. Raises ToolError."""
    if tool.mcp_server is None:
        raise AddressRefused("The tool has no server.")
    async with connected(tool.mcp_server, outbound, timeout_s=tool.timeout_s) as client:
        found = await client.call_tool(tool.mcp_name, values)
    return output_of(tool, found)


def output_of(tool: Tool, found: CallToolResult) -> Output:
    """Structured content as it is, else the text, which may be JSON. Raises ToolError."""
    text = "\n".join(part.text for part in found.content if isinstance(part, TextContent)).strip()
    if found.is_error:
        raise ToolError(scrubbed_text(text)[:REASON_CHARS] or f"{tool} could not do it.")
    if found.structured_content is not None:
        return as_output(found.structured_content)
    if not text:
        return {"result": "Done." if not found.content else "The answer is not text."}
    try:
        return as_output(json.loads(text))
    except (ValueError, RecursionError):
        return as_output(text)
