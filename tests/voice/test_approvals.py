"""A tool that asks first waits for the person's word, and the model hears what became of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.utils import timezone

from tests.voice.conftest import Site, make_user, site_of
from tests.voice.scripted_provider import OFFER, ScriptedProvider
from voice import approvals
from voice.models import Assistant, AuditEvent, Conversation, Decision, Tool, ToolApproval, ToolRun
from voice.tools.context import CodeTool

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": True}
ran: list[dict[str, Any]] = []


async def _pump(context: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    ran.append(arguments)
    return {"pumped": arguments.get("n")}


PUMP = CodeTool("pump", "Pump", "", "For tests.", SCHEMA, _pump)


@pytest.fixture
def code_tools() -> tuple[CodeTool, ...]:
    ran.clear()
    return (PUMP,)


@pytest.fixture
def pump(demo: Any) -> Tool:
    row = Tool.objects.create(name="pump", title="Pump", description="x", parameters=SCHEMA, ask_first=True)
    Assistant.objects.get().tools.add(row)
    return row


@pytest.fixture
async def call_id(pump: Tool, scripted_site: Site) -> str:
    reply = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})
    assert reply.status_code == 201, reply.text
    await scripted_site.http.post(f"/voice/calls/{reply.json()['id']}/ready")
    return str(reply.json()["id"])


async def change(rows: Any, **values: Any) -> None:
    await sync_to_async(rows.update)(**values)


async def until_asked(site: Site, call_id: str, count: int = 1) -> dict[str, Any]:
    """The call's newest question, when there are `count`."""
    async with asyncio.timeout(5):
        while len(asked := (await site.status(call_id))["approvals"]) < count:
            await asyncio.sleep(0.02)
    found: dict[str, Any] = asked[-1]
    return found


async def decide(site: Site, call_id: str, run: str, decision: str) -> httpx.Response:
    return await site.http.post(f"/voice/calls/{call_id}/approvals/{run}", json={"decision": decision})


def audited() -> list[tuple[str, str, dict[str, Any]]]:
    rows = AuditEvent.objects.order_by("id")
    return [(row.action, row.actor_name, row.detail) for row in rows]


async def test_a_question_shows_tool_and_arguments_and_nothing_runs_meanwhile(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    await provider.respond("rtc_1", "r", ("c1", "pump", '{"n": 5}'))
    asked = await until_asked(scripted_site, call_id)
    assert 28 < asked.pop("ends_in_s") <= 30
    assert asked == {
        "call_id": "c1",
        "name": "pump",
        "title": "Pump",
        "arguments": '{"n": 5}',
        "decision": None,
        "after_s": None,
    }
    [run] = (await scripted_site.status(call_id))["tool_runs"]
    assert (run["status"], run["output"]) == ("waiting", "")
    assert ran == [] and provider.outputs() == {}


async def test_an_approved_run_runs_at_once_and_is_audited_without_its_arguments(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    await provider.respond("rtc_1", "r", ("c1", "pump", '{"n": 5}'))
    await until_asked(scripted_site, call_id)
    began = asyncio.get_running_loop().time()
    reply = await decide(scripted_site, call_id, "c1", "approve")
    assert (reply.status_code, reply.json()["decision"], reply.json()["arguments"]) == (200, "approve", "")
    await provider.until("response.create", count=2)
    assert asyncio.get_running_loop().time() - began < 0.8, "the answer was found by looking, not by word"
    assert provider.outputs() == {"c1": {"pumped": 5}}
    [run] = (await scripted_site.status(call_id))["tool_runs"]
    assert run["status"] == "done"
    detail = {"tool": "pump", "call_id": "c1", "decision": "approve"}
    assert await sync_to_async(audited)() == [("tool_approved", "ada", detail)]


async def test_a_denied_run_is_an_output_that_can_be_said(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    await provider.respond("rtc_1", "r", ("c1", "pump", "{}"))
    await until_asked(scripted_site, call_id)
    assert (await decide(scripted_site, call_id, "c1", "deny")).status_code == 200
    await provider.until("response.create", count=2)
    said = {"error": "You said no, so I did not use Pump.", "approval": "deny"}
    assert provider.outputs() == {"c1": said} and ran == []
    [run] = (await scripted_site.status(call_id))["tool_runs"]
    assert (run["status"], json.loads(run["output"])) == ("denied", said)
    [(action, actor, _)] = await sync_to_async(audited)()
    assert (action, actor) == ("tool_denied", "ada")


async def test_no_answer_in_time_is_a_no(call_id: str, scripted_site: Site, provider: ScriptedProvider):
    await change(Tool.objects.filter(name="pump"), ask_s=5)
    await provider.respond("rtc_1", "r", ("c1", "pump", "{}"))
    await until_asked(scripted_site, call_id)
    await change(ToolApproval.objects, expires_at=timezone.now() + timedelta(seconds=0.2))
    await provider.until("response.create", count=2)
    assert provider.outputs()["c1"]["error"] == "I got no answer in time, so I did not use Pump."
    late = await decide(scripted_site, call_id, "c1", "approve")
    assert (late.status_code, late.json()["error"]["code"]) == (409, "already_decided")
    assert (late.json()["decision"], ran) == ("unanswered", [])
    [(action, actor, _)] = await sync_to_async(audited)()
    assert (action, actor) == ("tool_unanswered", "")


async def test_an_answer_that_comes_after_the_time_is_too_late_though_nobody_looked_yet(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    await provider.respond("rtc_1", "r", ("c1", "pump", "{}"))
    await until_asked(scripted_site, call_id)
    await change(ToolApproval.objects, expires_at=timezone.now())
    late = await decide(scripted_site, call_id, "c1", "approve")
    assert (late.status_code, late.json()["decision"]) == (409, "unanswered")


async def test_an_answer_is_given_once_and_may_be_repeated(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    await provider.respond("rtc_1", "r", ("c1", "pump", "{}"))
    await until_asked(scripted_site, call_id)
    replies = await asyncio.gather(
        *(decide(scripted_site, call_id, "c1", one) for one in ("approve", "deny", "approve", "deny"))
    )
    assert sorted(reply.status_code for reply in replies) == [200, 200, 409, 409]
    await provider.until("response.create", count=2)
    assert len(await sync_to_async(audited)()) == 1
    assert len(ran) <= 1


async def test_always_holds_for_this_tool_in_this_call_only(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    await provider.respond("rtc_1", "r1", ("c1", "pump", '{"n": 1}'))
    await until_asked(scripted_site, call_id)
    assert (await decide(scripted_site, call_id, "c1", "always")).status_code == 200
    await provider.until("response.create", count=2)
    await provider.respond("rtc_1", "r2", ("c2", "pump", '{"n": 2}'))
    await provider.until("response.create", count=3)
    assert ran == [{"n": 1}, {"n": 2}]
    assert [detail["decision"] for _, _, detail in await sync_to_async(audited)()] == ["always", "carried"]
    await scripted_site.http.post(f"/voice/calls/{call_id}/end")
    second = (await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})).json()["id"]
    await provider.respond("rtc_2", "r3", ("c3", "pump", '{"n": 3}'))
    assert (await until_asked(scripted_site, second))["decision"] is None


async def test_only_the_person_in_the_call_may_decide(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    await provider.respond("rtc_1", "r", ("c1", "pump", "{}"))
    await until_asked(scripted_site, call_id)
    boss = await sync_to_async(make_user)("boss", is_superuser=True)
    async with site_of(scripted_site.owner, boss) as theirs:
        assert (await decide(theirs, call_id, "c1", "approve")).status_code == 404
    assert (await decide(scripted_site, call_id, "nothing", "approve")).status_code == 404
    wrong = await decide(scripted_site, call_id, "c1", "maybe")
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (422, "decision")
    assert (await until_asked(scripted_site, call_id))["decision"] is None


async def test_a_call_that_ends_closes_its_question_and_marks_the_run(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    await provider.respond("rtc_1", "r", ("c1", "pump", "{}"))
    await until_asked(scripted_site, call_id)
    await scripted_site.http.post(f"/voice/calls/{call_id}/end", json={"reason": "browser_left"})
    status = await scripted_site.status(call_id)
    [run], [asked] = status["tool_runs"], status["approvals"]
    assert (status["reason"], run["status"], asked["decision"]) == ("browser_left", "denied", "unanswered")
    assert json.loads(run["output"])["error"] == "The call ended before Pump was approved."
    [(action, _, detail)] = await sync_to_async(audited)()
    assert (action, detail["because"]) == ("tool_unanswered", "ended")
    late = await decide(scripted_site, call_id, "c1", "approve")
    assert (late.status_code, late.json()["error"]["code"], ran) == (409, "call_ended", [])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ('{"n": "x"}', "Pump cannot use these arguments: n: 'x' is not of type 'integer'"),
        (json.dumps({"text": "x" * 4000}), "The arguments for Pump are too long to be shown for approval."),
    ],
)
async def test_nobody_is_asked_about_what_cannot_run_or_be_shown(
    call_id: str, scripted_site: Site, provider: ScriptedProvider, arguments: str, error: str
):
    await provider.respond("rtc_1", "r", ("c1", "pump", arguments))
    await provider.until("response.create", count=2)
    assert provider.outputs() == {"c1": {"error": error}}
    assert (await scripted_site.status(call_id))["approvals"] == [] and ran == []


def _lose_group() -> None:
    Tool.objects.get(name="pump").groups.add(Group.objects.create(name="growers"))


def _switch_off() -> None:
    Tool.objects.filter(name="pump").update(enabled=False)


@pytest.mark.parametrize(
    ("lose", "error"),
    [
        (_lose_group, "You are not allowed to use Pump any more."),
        (_switch_off, "Pump has been switched off."),
    ],
)
async def test_a_right_lost_while_the_question_is_open_refuses_the_approved_run(
    call_id: str, scripted_site: Site, provider: ScriptedProvider, lose: Callable[[], None], error: str
):
    await provider.respond("rtc_1", "r", ("c1", "pump", "{}"))
    await until_asked(scripted_site, call_id)
    await sync_to_async(lose)()
    await decide(scripted_site, call_id, "c1", "approve")
    await provider.until("response.create", count=2)
    assert provider.outputs() == {"c1": {"error": error}} and ran == []


async def test_the_question_ends_within_the_limits_of_the_call(
    call_id: str, scripted_site: Site, provider: ScriptedProvider, settings: Any
):
    settings.CALL_IDLE_SECONDS = 10
    await provider.respond("rtc_1", "r", ("c1", "pump", "{}"))
    assert 8 < (await until_asked(scripted_site, call_id))["ends_in_s"] <= 9


async def test_a_courier_waits_for_the_same_word(pump: Tool, scripted_site: Site, provider: ScriptedProvider):
    provider.sideband_status = 404
    call_id = (await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})).json()["id"]
    body = {"call_id": "c1", "name": "pump", "arguments": '{"n": 7}'}
    relayed = asyncio.ensure_future(scripted_site.http.post(f"/voice/calls/{call_id}/tools/", json=body))
    await until_asked(scripted_site, call_id)
    assert (await decide(scripted_site, call_id, "c1", "approve")).status_code == 200
    assert (await relayed).json() == {"output": '{"pumped": 7}'}


async def test_a_call_that_is_taken_over_goes_on_waiting(
    call_id: str, scripted_site: Site, provider: ScriptedProvider
):
    await provider.respond("rtc_1", "r", ("c1", "pump", '{"n": 8}'))
    await until_asked(scripted_site, call_id)
    owner = scripted_site.owner
    live = next(iter(owner.live.values()))
    live.hand_over()
    await live.over.wait()
    await decide(scripted_site, call_id, "c1", "approve")
    assert ran == []
    async with asyncio.timeout(10):  # the sweeper's two looks and the lease
        while not provider.outputs():
            await asyncio.sleep(0.05)
    assert ran == [{"n": 8}] and provider.outputs() == {"c1": {"pumped": 8}}


def test_an_approved_run_is_taken_once(pump: Tool, demo: Any):
    conversation = Conversation.objects.create(
        user=demo, provider="local", model="m", expires_at=timezone.now() + timedelta(minutes=5)
    )
    run = ToolRun.objects.create(conversation=conversation, call_id="c1", name="pump", arguments="{}")
    until = conversation.expires_at
    asked = approvals.ask(run, demo.pk, frozenset({"pump"}), arguments="{}", until=until)
    assert asked is not None
    approvals.answer(conversation.pk, "c1", demo, Decision.APPROVE)
    assert [approvals.claim_approved(run.pk) is None for _ in range(2)] == [False, True]
