"""What a tool is asked with, what a question shows of it, and what is stored."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone

from rooms.connections import open_redis
from rooms.names import room_from_text
from rooms.parts import parts_on
from tests.voice.conftest import Site
from tests.voice.scripted_provider import OFFER, ScriptedProvider
from voice import approvals
from voice.models import Assistant, Conversation, Decision, Keep, RedactionRule, Tool, ToolApproval, ToolRun
from voice.records import close_conversation
from voice.tools.context import CodeTool
from voice.transcripts import claim_run

SCHEMA = {"type": "object", "properties": {"card": {"type": "string"}}, "additionalProperties": False}
ASKED = '{"card": "4111"}'
STORED = '{"card": "[removed]"}'
ran: list[dict[str, Any]] = []


async def _pay(context: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    ran.append(arguments)
    return {"paid_with": arguments["card"]}


PAY = CodeTool("pay", "Pay", "", "For tests.", SCHEMA, _pay)


@pytest.fixture
def code_tools() -> tuple[CodeTool, ...]:
    ran.clear()
    return (PAY,)


@pytest.fixture
def pay(demo: Any) -> Tool:
    RedactionRule.objects.create(name="cards", pattern="4111", enabled=True)
    row = Tool.objects.create(name="pay", title="Pay", description="x", parameters=SCHEMA, ask_first=True)
    Assistant.objects.get().tools.add(row)
    return row


async def begin(site: Site) -> str:
    reply = await site.http.post("/voice/calls/", json={"sdp": OFFER})
    assert reply.status_code == 201, reply.text
    await site.http.post(f"/voice/calls/{reply.json()['id']}/ready")
    return str(reply.json()["id"])


async def question(site: Site, call_id: str) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while not (asked := (await site.status(call_id))["approvals"]):
            await asyncio.sleep(0.02)
    found: dict[str, Any] = asked[0]
    return found


async def decide(site: Site, call_id: str, decision: str) -> httpx.Response:
    return await site.http.post(f"/voice/calls/{call_id}/approvals/c1", json={"decision": decision})


async def stored() -> tuple[str, str, str]:
    """Arguments and output of the run, and what the question still holds."""
    run = await sync_to_async(ToolRun.objects.get)()
    asked = await sync_to_async(ToolApproval.objects.get)()
    return run.arguments, run.output, asked.arguments


async def told_in_the_room(redis_url: str, call_id: str) -> str:
    """All that the call's room keeps."""
    redis = open_redis(redis_url)
    history = parts_on(redis, settings.ROOMS_NAMESPACE).history
    reading = await history.read(room_from_text(f"call.{call_id}"), last=500)
    await redis.aclose()
    return "\n".join(json.loads(frame)["data"] for frame in reading.frames)


async def test_the_room_of_a_call_hears_of_a_question_and_not_what_it_shows(
    pay: Tool, scripted_site: Site, provider: ScriptedProvider, redis_server: str
):
    call_id = await begin(scripted_site)
    await provider.respond("rtc_1", "r", ("c1", "pay", ASKED))
    assert (await question(scripted_site, call_id))["arguments"] == ASKED
    await scripted_site.owner.call_rooms.flush(5)
    told = await told_in_the_room(redis_server, call_id)
    assert '"decision": null' in told and "[removed]" in told and "4111" not in told
    await decide(scripted_site, call_id, "approve")
    await provider.until("response.create", count=2)
    await scripted_site.owner.call_rooms.flush(5)
    told = await told_in_the_room(redis_server, call_id)
    assert '"decision": "approve"' in told and '"status": "done"' in told and "4111" not in told


async def test_a_question_shows_what_will_run_and_redaction_holds_for_what_is_kept(
    pay: Tool, scripted_site: Site, provider: ScriptedProvider
):
    call_id = await begin(scripted_site)
    await provider.respond("rtc_1", "r", ("c1", "pay", ASKED))
    assert (await question(scripted_site, call_id))["arguments"] == ASKED
    [run] = (await scripted_site.status(call_id))["tool_runs"]
    assert run["status"] == "waiting"
    assert await stored() == (STORED, "", ASKED)
    assert (await decide(scripted_site, call_id, "approve")).status_code == 200
    await provider.until("response.create", count=2)
    assert ran == [{"card": "4111"}]
    assert provider.outputs() == {"c1": {"paid_with": "4111"}}
    assert await stored() == (STORED, '{"paid_with": "[removed]"}', "")


@pytest.mark.parametrize("keep", [Keep.TEXT, Keep.NOTHING])
async def test_a_question_is_asked_whole_though_nothing_of_it_is_kept(
    pay: Tool, scripted_site: Site, provider: ScriptedProvider, keep: Keep
):
    await sync_to_async(Assistant.objects.update)(keep=keep)
    call_id = await begin(scripted_site)
    await provider.respond("rtc_1", "r", ("c1", "pay", ASKED))
    assert (await question(scripted_site, call_id))["arguments"] == ASKED
    assert (await decide(scripted_site, call_id, "approve")).status_code == 200
    await provider.until("response.create", count=2)
    assert provider.outputs() == {"c1": {"paid_with": "4111"}}
    assert await stored() == ("", "", "")


async def test_nothing_is_left_of_what_was_denied(pay: Tool, scripted_site: Site, provider: ScriptedProvider):
    call_id = await begin(scripted_site)
    await provider.respond("rtc_1", "r", ("c1", "pay", ASKED))
    await question(scripted_site, call_id)
    assert (await decide(scripted_site, call_id, "deny")).status_code == 200
    await provider.until("response.create", count=2)
    arguments, output, held = await stored()
    assert (arguments, held, ran) == (STORED, "", []) and "4111" not in output


async def test_a_call_that_is_taken_over_runs_what_was_asked_about(
    pay: Tool, scripted_site: Site, provider: ScriptedProvider
):
    call_id = await begin(scripted_site)
    await provider.respond("rtc_1", "r", ("c1", "pay", ASKED))
    await question(scripted_site, call_id)
    live = next(iter(scripted_site.owner.live.values()))
    live.hand_over()
    await live.over.wait()
    await decide(scripted_site, call_id, "approve")
    async with asyncio.timeout(10):  # the sweeper's two looks and the lease
        while not provider.outputs():
            await asyncio.sleep(0.05)
    assert ran == [{"card": "4111"}]
    assert await stored() == (STORED, '{"paid_with": "[removed]"}', "")


def test_an_approval_that_nobody_ran_is_emptied_when_its_call_ends(pay: Tool, demo: Any):
    until = timezone.now() + timedelta(minutes=5)
    call = Conversation.objects.create(user=demo, provider="local", model="m", expires_at=until)
    run = claim_run(call.pk, "c1", "pay", ASKED)
    assert run is not None
    assert approvals.ask(run, demo.pk, frozenset({"pay"}), arguments=ASKED, until=until) is not None
    approvals.answer(call.pk, "c1", demo, Decision.APPROVE)
    assert ToolApproval.objects.get().arguments == ASKED
    close_conversation(call.pk, "user")
    assert ToolApproval.objects.get().arguments == ""
    assert approvals.claim_approved(run.pk) is None
