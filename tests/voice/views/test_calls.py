"""The HTTP contract of calls: shapes, statuses, whose call it is."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group

from tests.voice.conftest import ORIGIN, Site, application_with, make_user, site_of
from tests.voice.scripted_provider import OFFER, ScriptedProvider
from voice.models import Assistant, Conversation, Turn
from voice.tools.registry import CODE_TOOLS

NOBODY = str(uuid.uuid4())


def kept_turns() -> list[tuple[str, str]]:
    return list(Turn.objects.order_by("item_id").values_list("text", "source"))


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


async def test_started_call_has_the_contracts_shape(scripted_site: Site):
    reply = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})
    body = reply.json()
    assert reply.status_code == 201
    assert set(body) == {"id", "sdp", "model", "room", "expires_at", "control"}
    assert (body["model"], body["control"]) == ("gpt-realtime-2.1-mini", "sideband")
    status = await scripted_site.status(body["id"])
    assert set(status) >= {"id", "state", "expires_at", "ends_in_s", "reason", "control", "tool_runs"}
    assert (status["state"], status["reason"], status["ends_in_s"] > 890) == ("connecting", None, True)
    running = (await scripted_site.http.get("/voice/calls/")).json()["calls"]
    assert [call["id"] for call in running] == [body["id"]]


async def test_session_is_kept_as_issued_and_never_shown(scripted_site: Site, provider: ScriptedProvider):
    body = (await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER, "voice": "cedar"})).json()
    row = await sync_to_async(Conversation.objects.get)(pk=body["id"])
    assert row.session["audio"]["output"]["voice"] == "cedar"
    assert {tool["name"] for tool in row.session["tools"]} == {tool.name for tool in CODE_TOOLS}
    pages = [
        await scripted_site.http.get(path)
        for path in (f"/voice/calls/{body['id']}", "/voice/calls/", "/voice/conversations/")
    ]
    minted = await scripted_site.http.post("/voice/session", json={})
    for page in [*pages, minted]:
        assert "Speak briefly" not in page.text
        assert "seven-day forecast" not in page.text


async def test_second_call_is_409_and_replace_ends_the_first(scripted_site: Site, provider: ScriptedProvider):
    first = (await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})).json()
    second = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})
    assert code(second) == (409, "already_in_call")
    assert second.json()["call"] == first["id"]
    third = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER, "replace": True})
    assert third.status_code == 201
    assert (await scripted_site.status(first["id"]))["reason"] == "replaced"
    assert provider.hung_up == ["rtc_1"]


async def test_two_requests_at_once_make_one_call(scripted_site: Site, provider: ScriptedProvider):
    provider.delay_s = 0.1
    replies = await asyncio.gather(
        *(scripted_site.http.post("/voice/calls/", json={"sdp": OFFER}) for _ in range(4))
    )
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409]


async def test_end_is_idempotent_and_keeps_its_first_reason(scripted_site: Site):
    call = (await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})).json()["id"]
    first = await scripted_site.http.post(f"/voice/calls/{call}/end", json={"reason": "browser_left"})
    again = await scripted_site.http.post(f"/voice/calls/{call}/end")
    assert first.json() == again.json()
    assert (first.json()["reason"], bool(first.json()["ended_at"])) == ("browser_left", True)


async def test_ready_greets_once(scripted_site: Site, provider: ScriptedProvider):
    call = (await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})).json()["id"]
    for _ in range(2):
        assert (await scripted_site.http.post(f"/voice/calls/{call}/ready")).status_code == 204
    await provider.until("response.create")
    await scripted_site.http.post(f"/voice/calls/{call}/end")
    assert [event["type"] for event in provider.received] == ["response.create"]
    assert code(await scripted_site.http.post(f"/voice/calls/{call}/ready")) == (409, "call_ended")


async def test_other_peoples_calls_do_not_exist(scripted_site: Site):
    call = (await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})).json()["id"]
    stranger = await sync_to_async(make_user)("bob", is_superuser=True)
    async with site_of(scripted_site.owner, stranger) as theirs:
        assert code(await theirs.http.get(f"/voice/calls/{call}")) == (404, "not_found")
        for path, body in (
            ("ready", {}),
            ("end", {}),
            ("attach", {"call_id": "rtc_1"}),
            ("tools/", {"call_id": "c", "name": "get_current_time"}),
            ("turns/", {"item_id": "i", "role": "user", "text": "hi"}),
        ):
            assert code(await theirs.http.post(f"/voice/calls/{call}/{path}", json=body)) == (
                404,
                "not_found",
            )
        assert (await theirs.http.get(f"/voice/conversations/{call}/")).status_code == 404
    assert (await scripted_site.status(call))["state"] == "connecting"
    assert await sync_to_async(Turn.objects.count)() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sdp": 5}, "sdp"),
        ({}, "sdp"),
        ({"sdp": OFFER, "assistant": "nobody"}, "assistant"),
        ({"sdp": OFFER, "voice": "squeak"}, "voice"),
        ({"sdp": OFFER, "modle": "x"}, "modle"),
        ({"sdp": OFFER, "replace": "maybe"}, "replace"),
        ({"sdp": OFFER + "a" * 70_000}, "sdp"),
    ],
)
async def test_bad_input_names_its_field(scripted_site: Site, body: dict[str, Any], field: str):
    reply = await scripted_site.http.post("/voice/calls/", json=body)
    assert (reply.status_code, reply.json()["error"]["field"]) == (422, field)
    assert await sync_to_async(Conversation.objects.count)() == 0


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
async def test_body_that_is_no_json_object_is_refused(scripted_site: Site, body: bytes):
    reply = await scripted_site.http.post("/voice/calls/", content=body)
    assert code(reply) == (422, "bad_input")


async def test_assistant_of_another_group_is_not_open(scripted_site: Site):
    group = await sync_to_async(Group.objects.create)(name="growers")
    assistant = await sync_to_async(Assistant.objects.create)(slug="g", name="G", instructions="x")
    await sync_to_async(assistant.groups.add)(group)
    reply = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER, "assistant": "g"})
    assert (reply.status_code, reply.json()["error"]["field"]) == (422, "assistant")
    await sync_to_async(scripted_site.user.groups.add)(group)
    reply = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER, "assistant": "g"})
    assert reply.status_code == 201


async def test_refusals_of_every_kind_are_json(scripted_site: Site):
    transport = httpx.ASGITransport(app=application_with(scripted_site.owner), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as anonymous:
        assert code(await anonymous.get("/voice/calls/")) == (401, "not_logged_in")
        assert (await anonymous.post("/voice/calls/", json={})).status_code in (401, 403)
        page = await anonymous.get("/voice/")
        assert (page.status_code, page.headers["Location"]) == (302, "/accounts/login/?next=/voice/")
    site = scripted_site.http
    assert code(await site.put("/voice/calls/")) == (405, "method_not_allowed")
    assert code(await site.get("/voice/session")) == (405, "method_not_allowed")
    assert code(await site.get(f"/voice/calls/{NOBODY}")) == (404, "not_found")
    assert code(await site.get("/voice/calls/not-a-uuid")) == (404, "not_found")
    assert code(await site.get("/voice/tools/nothing")) == (404, "not_found")
    without = await site.post("/voice/calls/", json={}, headers={"X-CSRFToken": ""})
    assert code(without) == (403, "csrf_failed")


async def test_turns_from_the_page_do_not_replace_the_providers_word(
    scripted_site: Site, provider: ScriptedProvider
):
    call = (await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})).json()["id"]
    kind = "conversation.item.input_audio_transcription.completed"
    await provider.say("rtc_1", kind, item_id="i1", transcript="turn left")
    async with asyncio.timeout(5):
        while (await scripted_site.status(call))["stored"] != ["i1"]:
            await asyncio.sleep(0.02)
    for item_id in ("i1", "i2"):
        body = {"item_id": item_id, "role": "user", "text": "turn right"}
        assert (await scripted_site.http.post(f"/voice/calls/{call}/turns/", json=body)).status_code == 200
    assert await sync_to_async(kept_turns)() == [("turn left", "sideband"), ("turn right", "browser")]
