"""Every function call is answered and the conversation goes on, whatever the tool does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from tests.voice.conftest import Site
from tests.voice.outbound.conftest import allowed, service
from tests.voice.outbound.service import Service
from tests.voice.scripted_provider import OFFER, ScriptedProvider
from voice.errors import ToolError
from voice.models import Assistant, RedactionRule, Tool, ToolRun, Usage
from voice.tools.context import CodeTool

__all__ = ["allowed", "service"]
ANY_OBJECT = {"type": "object"}


async def _crash(context: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    raise RuntimeError("a secret that must not be spoken")


async def _refuse(context: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    raise ToolError("The pump does not answer.")


async def _sleep(context: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    await asyncio.sleep(60)
    return {}


async def _flood(context: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"text": "x" * 100_000}


async def _echo(context: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"heard": arguments}


TOOLS = tuple(
    CodeTool(function.__name__.strip("_"), "", "", "For tests.", ANY_OBJECT, function, timeout_s=0.2)
    for function in (_crash, _refuse, _sleep, _flood, _echo)
)


@pytest.fixture
def code_tools() -> tuple[CodeTool, ...]:
    return TOOLS


@pytest.fixture
async def call_id(scripted_site: Site) -> str:
    """A running call whose tools misbehave on purpose."""
    home = await sync_to_async(Assistant.objects.get)()
    for tool in TOOLS:
        row = await sync_to_async(Tool.objects.create)(
            name=tool.name, description=tool.description, parameters=ANY_OBJECT, timeout_s=tool.timeout_s
        )
        await sync_to_async(home.tools.add)(row)
    reply = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})
    assert reply.status_code == 201, reply.text
    await scripted_site.http.post(f"/voice/calls/{reply.json()['id']}/ready")
    return str(reply.json()["id"])


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("no_such_tool", "{}", "There is no tool called no_such_tool."),
        ("echo", "{not json", "The arguments for echo are not valid JSON."),
        ("echo", "[1]", "The arguments for echo must be a JSON object."),
        ("crash", "{}", "Something went wrong inside the tool."),
        ("refuse", "{}", "The pump does not answer."),
        ("sleep", "{}", "sleep took longer than 0.2 seconds, so I stopped waiting."),
        ("flood", "{}", "flood gave an answer that is too long to read."),
    ],
)
async def test_tool_that_fails_is_answered_with_a_sentence(
    call_id: str, provider: ScriptedProvider, name: str, arguments: str, error: str
):
    await provider.respond("rtc_1", "resp_1", ("c1", name, arguments))
    await provider.until("response.create", count=2)
    assert provider.outputs() == {"c1": {"error": error}}
    await provider.respond("rtc_1", "resp_2", ("c2", "echo", '{"again": 1}'))
    await provider.until("response.create", count=3)
    assert provider.outputs()["c2"] == {"heard": {"again": 1}}


async def test_schema_that_points_elsewhere_fetches_nothing(
    call_id: str, provider: ScriptedProvider, service: Service
):
    """Such a schema is refused where it is written; here one got in another way."""
    away = {"type": "object", "properties": {"a": {"$ref": f"{service.url}/schema"}}}
    await sync_to_async(Tool.objects.filter(name="echo").update)(parameters=away)
    await provider.respond("rtc_1", "resp_1", ("c1", "echo", '{"a": 1}'))
    await provider.until("response.create", count=2)
    assert provider.outputs() == {"c1": {"error": "Something went wrong inside the tool."}}
    assert service.seen == []


async def test_tool_that_is_a_request_runs_in_a_call(
    scripted_site: Site, provider: ScriptedProvider, allowed: Service
):
    """It joins the assistant while the site runs, and is gone from the next call when it is switched off."""
    row = await sync_to_async(Tool.objects.create)(
        name="stock", description="x", kind="http", parameters=ANY_OBJECT, http_url=f"{allowed.url}/text/nine"
    )
    home = await sync_to_async(Assistant.objects.get)()
    await sync_to_async(home.tools.add)(row)
    reply = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})
    await scripted_site.http.post(f"/voice/calls/{reply.json()['id']}/ready")
    await provider.respond("rtc_1", "resp_1", ("c1", "stock", "{}"))
    await provider.until("response.create", count=2)
    assert provider.outputs() == {"c1": {"result": "nine"}}
    await sync_to_async(Tool.objects.filter(pk=row.pk).update)(enabled=False)
    # A running call keeps what it was given, but a tool that is off does not run.
    await provider.respond("rtc_1", "resp_2", ("c2", "stock", "{}"))
    await provider.until("response.create", count=3)
    assert provider.outputs()["c2"] == {"error": "stock has been switched off."}
    assert len(allowed.seen) == 1


async def test_two_calls_in_one_response_are_answered_before_one_request(
    call_id: str, provider: ScriptedProvider
):
    await provider.respond("rtc_1", "r", ("c1", "echo", '{"n": 1}'), ("c2", "crash", "{}"))
    await provider.until("response.create", count=2)
    kinds = [event["type"] for event in provider.received][1:]
    assert kinds == ["conversation.item.create", "conversation.item.create", "response.create"]
    assert set(provider.outputs()) == {"c1", "c2"}


async def test_function_call_the_page_reports_too_runs_once(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    await provider.respond("rtc_1", "r", ("c1", "echo", '{"n": 1}'))
    body = {"call_id": "c1", "name": "echo", "arguments": '{"n": 1}'}
    replies = [await scripted_site.http.post(f"/voice/calls/{call_id}/tools/", json=body) for _ in range(2)]
    assert [reply.json()["output"] for reply in replies] == ['{"heard": {"n": 1}}'] * 2
    assert len((await scripted_site.status(call_id))["tool_runs"]) == 1


async def test_sideband_that_breaks_is_joined_again_and_says_what_it_had_to_say(
    call_id: str, provider: ScriptedProvider
):
    await provider.respond("rtc_1", "r", ("c1", "sleep", "{}"))
    await provider.sockets.pop("rtc_1").close()
    await provider.until("response.create", count=2)
    assert "stopped waiting" in provider.outputs()["c1"]["error"]


async def test_ended_call_closes_its_running_tools(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    await sync_to_async(Tool.objects.filter(name="sleep").update)(timeout_s=60)
    await provider.respond("rtc_1", "r", ("c1", "sleep", "{}"))
    async with asyncio.timeout(5):
        while not (await scripted_site.status(call_id))["tool_runs"]:
            await asyncio.sleep(0.02)
    assert (await scripted_site.http.post(f"/voice/calls/{call_id}/end")).status_code == 200
    run = (await scripted_site.status(call_id))["tool_runs"][0]
    assert (run["status"], run["output"]) == ("failed", '{"error": "The call ended before the tool did."}')
    assert provider.hung_up == ["rtc_1"]


async def test_reason_of_the_page_wins_over_its_closed_line(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    provider.sideband_status = 404
    await provider.sockets.pop("rtc_1").close()
    await asyncio.sleep(0.05)
    await scripted_site.http.post(f"/voice/calls/{call_id}/end")
    assert (await scripted_site.status(call_id))["reason"] == "user"


async def test_transcription_is_billed_by_its_own_model(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    usage = {"type": "duration", "seconds": 2.5}
    kind = "conversation.item.input_audio_transcription.completed"
    await provider.say("rtc_1", kind, item_id="i", transcript="hello", usage=usage)
    async with asyncio.timeout(5):
        while not (row := await sync_to_async(Usage.objects.first)()):
            await asyncio.sleep(0.02)
    assert (row.model, row.kind, row.seconds) == ("gpt-realtime-whisper", "transcription", 2.5)


async def test_the_model_hears_what_is_not_stored(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    await sync_to_async(RedactionRule.objects.create)(name="cards", pattern="4111", enabled=True)
    await provider.respond("rtc_1", "r", ("c1", "echo", '{"card": "4111"}'))
    await provider.until("response.create", count=2)
    assert provider.outputs()["c1"] == {"heard": {"card": "4111"}}
    body = {"call_id": "c1", "name": "echo", "arguments": '{"card": "4111"}'}
    reply = await scripted_site.http.post(f"/voice/calls/{call_id}/tools/", json=body)
    assert reply.json()["output"] == '{"heard": {"card": "4111"}}'
    run = await sync_to_async(ToolRun.objects.get)()
    assert (run.arguments, run.output) == ('{"card": "[removed]"}', '{"heard": {"card": "[removed]"}}')


async def test_an_answer_that_is_not_kept_is_not_made_up(call_id: str, scripted_site: Site):
    """As another process finds it: the run is in the database, its answer is not."""
    await sync_to_async(ToolRun.objects.create)(
        conversation_id=call_id, call_id="c9", name="echo", status="done"
    )
    body = {"call_id": "c9", "name": "echo", "arguments": "{}"}
    reply = await scripted_site.http.post(f"/voice/calls/{call_id}/tools/", json=body)
    assert "its answer is not kept" in reply.json()["output"]
    assert await sync_to_async(ToolRun.objects.count)() == 1
