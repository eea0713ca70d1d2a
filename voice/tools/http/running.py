"""Runs a tool of kind http once."""

from __future__ import annotations

from typing import Any

from voice.models import Tool
from voice.outbound.secrets import value_of
from voice.outbound.transport import Outbound
from voice.tools.context import Output
from voice.tools.http.answer import output_of
from voice.tools.http.request import request_for
from voice.tools.http.sending import send


async def run_http(tool: Tool, values: dict[str, Any], outbound: Outbound) -> Output:
    """What the service answered. Raises ToolError."""
    request = request_for(tool, values, value_of)
    async with outbound.client(timeout_s=tool.timeout_s) as client:
        reply = await send(client, request)
    return output_of(reply, tool.http_pick)
