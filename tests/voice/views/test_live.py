"""The HTTP of the live floor: shapes, statuses, rights each way."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission

from tests.voice.conftest import ORIGIN, Site, application_with, make_user, site_of
from tests.voice.live_floor import FLOOR, audited, code, staff_of, start, until_ended
from tests.voice.scripted_provider import ScriptedProvider
from voice.models import Assistant, Budget, CallPolicy, Conversation

NOBODY = str(uuid.uuid4())
SHAPE = {
    *("id", "user", "assistant", "model", "voice", "started_at", "max_seconds", "state", "control"),
    *("expires_at", "ends_in_s", "reason", "ended_at", "last", "asking", "cost", "tampering"),
}
ORDERS: dict[str, tuple[str, str, Any]] = {
    "list": ("GET", "", None),
    "call": ("GET", "{call}/", None),
    "end": ("POST", "{call}/end", {}),
    "whisper": ("POST", "{call}/whisper", {"text": "Be brief."}),
}
OPENS = {"watch_call": {"list", "call"}, "end_call": {"end"}, "whisper_call": {"whisper"}}


async def order(http: httpx.AsyncClient, name: str, call: str) -> httpx.Response:
    method, path, body = ORDERS[name]
    return await http.request(method, FLOOR + path.format(call=call), json=body)


def take_away(codename: str) -> None:
    """From everybody."""
    Permission.objects.get(codename=codename).user_set.clear()


# Looking -----------------------------------------------------------------------------------------------


async def test_the_floor_lists_running_calls(scripted_site: Site):
    call = await start(scripted_site)
    async with staff_of(scripted_site, "guard", "watch_call") as http:
        reply = await http.get(FLOOR)
    assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-store")
    body = reply.json()
    [found] = body.pop("calls")
    assert set(found) == SHAPE
    assert found["id"] == call
    assert found["user"] == {"id": scripted_site.user.pk, "name": "ada"}
    assert (found["assistant"], found["voice"], found["state"]) == ("Home", "marin", "connecting")
    assert (found["max_seconds"], found["control"], found["tampering"]) == (900, "sideband", "")
    assert (found["last"], found["asking"], found["reason"], found["ended_at"]) == (None, None, None, None)
    assert body == {
        "spent_today": {"amount": "0.000000", "currency": "USD", "state": "priced"},
        "budget_today": None,
        "first_word_ms": None,
        "may_end": False,
        "may_whisper": False,
        "tells_watched": True,
    }


async def test_the_floor_says_what_may_be_done_and_what_a_day_may_cost(scripted_site: Site):
    await sync_to_async(Budget.objects.create)(shared=True, period="day", amount=Decimal(20))
    await sync_to_async(CallPolicy(tell_watched=False).save)()
    async with staff_of(scripted_site, "chief", "watch_call", "end_call", "whisper_call") as http:
        body = (await http.get(FLOOR)).json()
    assert (body["may_end"], body["may_whisper"], body["tells_watched"]) == (True, True, False)
    assert body["budget_today"] == {"amount": "20.000000", "currency": "USD", "state": "priced"}
    assert body["calls"] == []


async def test_one_call_has_its_timeline_and_its_usage(scripted_site: Site, provider: ScriptedProvider):
    call = await start(scripted_site)
    await provider.respond("rtc_1", "r", ("c1", "get_current_time", "{}"))
    await provider.until("response.create")
    async with staff_of(scripted_site, "guard", "watch_call") as http:
        reply = await http.get(f"{FLOOR}{call}/")
    assert reply.status_code == 200
    body = reply.json()
    assert set(body) == SHAPE | {"timeline", "usage"}
    [run] = body["timeline"]
    assert (run["type"], run["name"], run["status"]) == ("tool_run", "get_current_time", "done")
    assert body["usage"] == {
        "input_audio_tokens": 0,
        "output_audio_tokens": 0,
        "cached_share": None,
        "interrupted": 0,
        "first_word_ms": None,
    }


async def test_a_secret_that_nobody_used_is_no_call(scripted_site: Site, settings: Any):
    row = await sync_to_async(Conversation.objects.create)(
        user=scripted_site.user, provider="local", model="m", minted=True, expires_at="2100-01-01T00:00Z"
    )
    async with staff_of(scripted_site, "chief", "watch_call", "end_call", "whisper_call") as http:
        assert (await http.get(FLOOR)).json()["calls"] == []
        for name in ("call", "end", "whisper"):
            assert code(await order(http, name, str(row.pk))) == (404, "not_found")


# Rights ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("permission", ["", *OPENS])
async def test_each_permission_opens_its_own_and_nothing_else(scripted_site: Site, permission: str):
    call = await start(scripted_site)
    async with staff_of(scripted_site, "guard", permission) as http:
        for name in ("list", "call", "whisper", "end"):
            reply = await order(http, name, call)
            if name in OPENS.get(permission, ()):
                assert reply.status_code in (200, 202), name
            else:
                assert code(reply) == (403, "not_allowed"), name
    if permission != "end_call":
        assert (await scripted_site.status(call))["state"] == "connecting"
    if not permission:
        assert await audited() == []


async def test_a_right_that_is_lost_is_refused_at_the_next_request(scripted_site: Site):
    async with staff_of(scripted_site, "guard", "watch_call") as http:
        assert (await http.get(FLOOR)).status_code == 200
        await sync_to_async(take_away)("watch_call")
        assert code(await http.get(FLOOR)) == (403, "not_allowed")


async def test_the_person_in_the_call_has_no_right_by_that(scripted_site: Site):
    call = await start(scripted_site)
    for name in ORDERS:
        assert code(await order(scripted_site.http, name, call)) == (403, "not_allowed")


async def test_the_ordinary_end_stays_the_persons_own(scripted_site: Site, provider: ScriptedProvider):
    """Whoever may watch and whisper, or even end on the floor, ends nothing at the person's own address."""
    call = await start(scripted_site)
    for number, rights in enumerate([("watch_call", "whisper_call"), ("end_call",)]):
        async with staff_of(scripted_site, f"guard{number}", *rights) as http:
            assert code(await http.post(f"/voice/calls/{call}/end")) == (404, "not_found")
    assert (await scripted_site.status(call))["state"] == "connecting"
    assert provider.hung_up == []


async def test_a_superuser_may_everything(scripted_site: Site):
    call = await start(scripted_site)
    root = await sync_to_async(make_user)("root", is_superuser=True)
    async with site_of(scripted_site.owner, root) as theirs:
        for name in ("list", "call", "whisper", "end"):
            assert (await order(theirs.http, name, call)).status_code in (200, 202)


# Refusals ----------------------------------------------------------------------------------------------


async def test_refusals_are_json_and_the_page_asks_for_a_login(scripted_site: Site):
    transport = httpx.ASGITransport(app=application_with(scripted_site.owner), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as anonymous:
        assert code(await anonymous.get(FLOOR)) == (401, "not_logged_in")
        assert code(await anonymous.get(f"{FLOOR}{NOBODY}/")) == (401, "not_logged_in")
        assert (await anonymous.post(f"{FLOOR}{NOBODY}/end", json={})).status_code in (401, 403)
        page = await anonymous.get("/voice/live/")
        assert (page.status_code, page.headers["Location"]) == (302, "/accounts/login/?next=/voice/live/")
    async with staff_of(scripted_site, "chief", *OPENS) as http:
        for name in ("call", "end", "whisper"):
            assert code(await order(http, name, NOBODY)) == (404, "not_found")
        assert code(await http.get(f"{FLOOR}not-a-uuid/")) == (404, "not_found")
        assert code(await http.get(f"{FLOOR}{NOBODY}/end")) == (405, "method_not_allowed")
        assert code(await http.post(FLOOR)) == (405, "method_not_allowed")
        without = await http.post(f"{FLOOR}{NOBODY}/end", json={}, headers={"X-CSRFToken": ""})
        assert code(without) == (403, "csrf_failed")


async def test_the_page_is_for_watchers(scripted_site: Site):
    refused = await scripted_site.http.get("/voice/live/")
    assert (refused.status_code, refused.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    async with staff_of(scripted_site, "guard", "watch_call") as http:
        page = await http.get("/voice/live/")
    assert page.status_code == 200
    assert "/voice/live/calls/" in page.text
    assert "get_weather" in page.text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "  \n"}, "text"),
        ({"text": "a" * 1001}, "text"),
        ({"text": 5}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "hi", "respond": "perhaps"}, "respond"),
        ({"text": "hi", "loud": True}, "loud"),
    ],
)
async def test_a_whisper_that_cannot_be_read_names_its_field(
    scripted_site: Site, provider: ScriptedProvider, body: Any, field: str
):
    call = await start(scripted_site)
    async with staff_of(scripted_site, "chief", "whisper_call") as http:
        reply = await http.post(f"{FLOOR}{call}/whisper", json=body)
    assert code(reply) == (400, "bad_input")
    assert reply.json()["error"]["field"] == field
    assert provider.received == []
    assert await audited() == []


async def test_a_whisper_with_half_a_letter_is_refused(scripted_site: Site):
    call = await start(scripted_site)
    async with staff_of(scripted_site, "chief", "whisper_call") as http:
        reply = await http.post(f"{FLOOR}{call}/whisper", content=b'{"text": "\\ud83d"}')
    assert code(reply) == (400, "bad_input")


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"reason": "user"}'])
async def test_an_end_says_nothing_but_that(scripted_site: Site, body: bytes):
    call = await start(scripted_site)
    async with staff_of(scripted_site, "chief", "end_call") as http:
        assert code(await http.post(f"{FLOOR}{call}/end", content=body)) == (400, "bad_input")
    assert (await scripted_site.status(call))["state"] == "connecting"


async def test_a_call_that_is_over_is_neither_ended_nor_whispered_into(scripted_site: Site):
    call = await start(scripted_site)
    await scripted_site.http.post(f"/voice/calls/{call}/end")
    async with staff_of(scripted_site, "chief", "end_call", "whisper_call") as http:
        for name in ("end", "whisper"):
            assert code(await order(http, name, call)) == (409, "call_ended")
    assert await audited() == []


async def test_a_call_that_its_page_carries_cannot_be_whispered_into(
    scripted_site: Site, provider: ScriptedProvider
):
    provider.sideband_status = 404
    call = await start(scripted_site)
    async with staff_of(scripted_site, "chief", "end_call", "whisper_call") as http:
        refused = await order(http, "whisper", call)
        assert code(refused) == (409, "no_control")
        assert "no line of its own" in refused.json()["error"]["message"]
        assert await audited() == []
        assert (await order(http, "end", call)).status_code == 202
    await until_ended(call, "operator")


async def test_an_assistant_that_is_deleted_does_not_hide_its_call(scripted_site: Site):
    call = await start(scripted_site)
    await sync_to_async(Assistant.objects.all().delete)()
    async with staff_of(scripted_site, "guard", "watch_call") as http:
        [found] = (await http.get(FLOOR)).json()["calls"]
    assert (found["id"], found["assistant"]) == (call, "Home")
