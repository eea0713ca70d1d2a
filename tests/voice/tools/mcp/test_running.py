"""An MCP tool against a real server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.voice.tools.mcp.conftest import KEY, House
from voice.errors import ToolError
from voice.models import Tool
from voice.outbound.refusals import AddressRefused, NotSetUp, Refused, Silent, Unreachable
from voice.outbound.secrets import MASK
from voice.outbound.transport import Outbound
from voice.tools.mcp.running import run_mcp


def tool(house: House, name: str, *, timeout_s: float = 5, **server: Any) -> Tool:
    return Tool(name=name, kind="mcp", mcp_name=name, mcp_server=house.row(**server), timeout_s=timeout_s)


async def test_structured_answer_is_the_output(house: House, outbound: Outbound):
    answer = await run_mcp(tool(house, "lamp_state"), {"lamp": "kitchen"}, outbound)
    assert answer["message"].startswith("The kitchen lamp is")


async def test_text_answer_is_the_result(house: House, outbound: Outbound):
    answer = await run_mcp(tool(house, "switch_lamp"), {"lamp": "hall", "on": True}, outbound)
    assert answer == {"result": "The hall lamp is on now"}


async def test_failure_of_the_tool_is_its_own_sentence(house: House, outbound: Outbound):
    with pytest.raises(ToolError) as failed:
        await run_mcp(tool(house, "lamp_state"), {"lamp": "cellar"}, outbound)
    assert "There is no lamp called cellar." in failed.value.message


async def test_secret_that_the_server_repeats_is_masked(house: House, outbound: Outbound):
    answer = await run_mcp(tool(house, "house.headers"), {"key": KEY}, outbound)
    assert answer == {"result": f"You sent {MASK}"}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"headers": {}}, Refused),
        ({"headers": {"Authorization": "${ENV:OTHER}"}}, NotSetUp),
        ({"url": "nonsense"}, AddressRefused),
        ({"url": "http://127.0.0.1:1/mcp"}, AddressRefused),
        ({"url": "http://0x7f000001:1/mcp"}, AddressRefused),
        ({"url": "http://0177.0.0.1/mcp"}, AddressRefused),
    ],
)
async def test_server_that_may_not_be_used_is_refused(
    house: House, outbound: Outbound, change: dict[str, Any], error: type[ToolError]
):
    with pytest.raises(error):
        await run_mcp(tool(house, "lamp_state", **change), {"lamp": "kitchen"}, outbound)


async def test_nobody_there_is_said_so(house: House, outbound: Outbound, settings: Any):
    settings.TOOL_PRIVATE_HOSTS = ("127.0.0.1:1",)
    with pytest.raises(Unreachable):
        await run_mcp(tool(house, "lamp_state", url="http://127.0.0.1:1/mcp"), {"lamp": "x"}, outbound)


async def test_tool_that_is_late_is_left(house: House, outbound: Outbound):
    with pytest.raises(Silent):
        await run_mcp(tool(house, "open_gate", timeout_s=0.3), {}, outbound)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await run_mcp(tool(house, "open_gate"), {}, outbound)
    assert asyncio.all_tasks() == {asyncio.current_task()}
