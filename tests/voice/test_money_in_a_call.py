"""Money and limits in whole calls: the site, Redis, a real engine process, a WebRTC peer."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.utils import timezone
from redis.asyncio import Redis

from rooms.connections import open_redis
from tests.voice.conftest import Engine, Site, make_user, site_of, started_owner
from tests.voice.engine.browser import Browser
from tests.voice.money import EXAMPLE, MINI, ship_prices, used
from tests.voice.scripted_provider import OFFER, ScriptedProvider
from tests.voice.test_call_rooms import heard_in
from tests.voice.test_processes import start
from tests.voice.web_process import WebProcess, web_process
from voice.models import AuditEvent, Budget, CallLimits, Conversation, ModelPrice, Usage

PRICED = {"REALTIME_PROVIDER": "compatible"}
"""A provider that costs money, so far as the site can tell: the engine, reached as a foreign one."""


@pytest.fixture
async def redis(redis_server: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_server)
    yield client
    await client.aclose()


@pytest.fixture
async def dear_site(engine: Engine, demo: Any, settings: Any) -> AsyncIterator[Site]:
    """The site with the real engine behind it, taken for a provider that has a price."""
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.REALTIME_PROVIDER, settings.REALTIME_API_KEY = "compatible", "key"
    settings.REALTIME_BASE_URL = engine.base_url
    await sync_to_async(ship_prices)()
    async with started_owner() as owner, site_of(owner, demo) as made:
        yield made


async def ended(site: Site, call: dict[str, Any], engine: Engine, *, within_s: float) -> str:
    """Why it ended; the engine itself must say that it carries no call any more."""
    began = time.monotonic()
    while (status := await site.status(call["id"]))["state"] != "ended" or engine.calls():
        assert time.monotonic() - began < within_s, f"still running after {within_s} s: {status}"
        await asyncio.sleep(0.05)
    return str(status["reason"])


async def test_call_past_its_time_is_over_at_the_provider(
    site: Site, peer: Browser, engine: Engine, settings: Any
):
    settings.CALL_MAX_SECONDS = 2
    call = await site.start_call(peer)
    assert engine.calls() == 1
    assert await ended(site, call, engine, within_s=5) == "time_limit"
    assert await Conversation.objects.filter(pk=call["id"], hung_up_at__isnull=False).aexists()


async def test_call_that_only_the_assistant_talks_in_is_over_at_the_provider(
    site: Site, peer: Browser, engine: Engine, settings: Any
):
    settings.CALL_IDLE_SECONDS = 2
    call = await site.start_call(peer)
    await peer.reply()
    assert await ended(site, call, engine, within_s=6) == "idle"


async def test_last_minute_is_hinted_with_the_next_answer_and_interrupts_nobody(
    site: Site, peer: Browser, redis: Redis, settings: Any
):
    settings.CALL_MAX_SECONDS = 61
    call = await site.start_call(peer)
    await peer.wait("output_audio_buffer.stopped")
    await peer.wait("conversation.item.added", count=2)  # the greeting, then the hint
    assert len(peer.of("response.created")) == 1
    peer.type("Thank you")
    assert (await peer.reply(2)).endswith("One minute is left.")
    assert (await site.status(call["id"]))["notices"] == [
        {"code": "time_low", "message": "One minute of this call is left."}
    ]
    await site.owner.call_rooms.flush(5)
    told = [said for said in await heard_in(redis, call["id"]) if said["type"] == "notice"]
    assert [said["code"] for said in told] == ["time_low"]


async def test_spent_budget_says_goodbye_and_is_over_at_the_provider(
    dear_site: Site, peer: Browser, engine: Engine, redis: Redis
):
    ada = dear_site.user
    # The smallest budget there is, a cent; talking costs more than that soon, at a price to match.
    await Budget.objects.acreate(user=ada, amount=Decimal("0.01"), period="day")
    await ModelPrice.objects.filter(model=MINI).aupdate(audio_out=Decimal(1000), cached_text_in=Decimal(60))
    call = await dear_site.start_call(peer)
    assert await ended(dear_site, call, engine, within_s=20) == "budget"
    assert "Your budget for today is used up. So this call ends now. Goodbye." in peer.said()
    [noted] = [event async for event in AuditEvent.objects.filter(action="budget_reached")]
    assert (str(noted.conversation_id), noted.actor_id) == (call["id"], ada.pk)
    told = [said["code"] for said in await heard_in(redis, call["id"]) if said["type"] == "notice"]
    assert told == ["budget_reached"]
    again = await dear_site.http.post("/voice/calls/", json={"sdp": OFFER})
    assert (again.status_code, again.json()["error"]["code"]) == (429, "budget_reached")


async def test_what_others_of_a_group_spend_ends_a_call_too(dear_site: Site, peer: Browser, engine: Engine):
    group = await Group.objects.acreate(name="Growers")
    await dear_site.user.groups.aadd(group)
    await Budget.objects.acreate(group=group, amount=Decimal("5"), period="month")
    call = await dear_site.start_call(peer)
    await peer.reply()
    assert (await dear_site.status(call["id"]))["notices"] == []
    row = await Conversation.objects.aget(pk=call["id"])
    other = await Conversation.objects.acreate(
        user=await sync_to_async(_member)(group),
        provider="openai",
        model=MINI,
        expires_at=row.expires_at,
        ended_at=timezone.now(),
        end_reason="user",
    )
    # 420,000 tokens of sound in at 10 USD a million are 4.20 USD: 84 % of the budget.
    sound = {
        "total_tokens": 420_000,
        "input_tokens": 420_000,
        "input_token_details": {"audio_tokens": 420_000},
    }
    await sync_to_async(used)(other, sound)
    assert (await dear_site.status(call["id"]))["notices"][0]["message"] == (
        "The budget of your group Growers for this month is 84 % used."
    )
    await sync_to_async(used)(other, sound)
    assert await ended(dear_site, call, engine, within_s=20) == "budget"


def _member(group: Group) -> Any:
    bob = make_user("bob")
    bob.groups.add(group)
    return bob


async def test_costs_of_a_call_are_told_in_its_room_and_by_its_address(
    scripted_site: Site, provider: ScriptedProvider, redis: Redis
):
    await sync_to_async(ship_prices)()
    call = (await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})).json()["id"]
    assert (await scripted_site.status(call))["cost"]["amount"] == "0.000000"
    for number in (1, 2):
        done = {"id": f"r{number}", "status": "completed", "output": [], "usage": EXAMPLE}
        await provider.say("rtc_1", "response.done", response=done)
    kind = "conversation.item.input_audio_transcription.completed"
    usage = {"type": "duration", "seconds": 7.5}
    await provider.say("rtc_1", kind, item_id="i1", transcript="hello", usage=usage)
    async with asyncio.timeout(5):
        while await Usage.objects.acount() < 3:
            await asyncio.sleep(0.02)
    # Twice 0.00205884 and 0.002125, see test_costs.py.
    cost = {"amount": "0.006243", "currency": "USD", "state": "priced"}
    status = await scripted_site.status(call)
    assert (status["cost"], status["metered"]) == (cost, ["response:r1", "response:r2", "transcription:i1"])
    await scripted_site.owner.call_rooms.flush(5)
    told = [said["cost"] for said in await heard_in(redis, call) if said["type"] == "usage"]
    assert [said["amount"] for said in told] == ["0.002059", "0.004118", "0.006243"]


async def test_costs_that_people_are_not_to_see_are_told_nowhere(
    scripted_site: Site, provider: ScriptedProvider, redis: Redis
):
    await CallLimits.objects.aupdate_or_create(pk=1, defaults={"show_cost": False})
    call = (await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})).json()["id"]
    done = {"id": "r1", "status": "completed", "output": [], "usage": EXAMPLE}
    await provider.say("rtc_1", "response.done", response=done)
    async with asyncio.timeout(5):
        while not await Usage.objects.aexists():
            await asyncio.sleep(0.02)
    await scripted_site.owner.call_rooms.flush(5)
    told = [said["cost"] for said in await heard_in(redis, call) if said["type"] == "usage"]
    assert (told, (await scripted_site.status(call))["cost"]) == ([None], None)


async def test_usage_that_only_the_page_saw_is_metered_once(scripted_site: Site, provider: ScriptedProvider):
    await sync_to_async(ship_prices)()
    provider.sideband_status = 500
    call = (await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})).json()["id"]
    assert (await scripted_site.status(call))["cost"]["state"] == "unknown"
    body = {"kind": "response", "source_id": "r1", "usage": EXAMPLE}
    for _ in range(2):
        assert (await scripted_site.http.post(f"/voice/calls/{call}/usage/", json=body)).status_code == 200
    row = await Usage.objects.aget()
    assert (row.cost, row.source) == (Decimal("0.00205884"), "browser")
    for wrong in (
        {**body, "kind": "gift"},
        {**body, "usage": {"total_tokens": -1}},
        {**body, "usage": {"total_tokens": 10**9}},
        {"kind": "response", "source_id": "r2"},
    ):
        assert (await scripted_site.http.post(f"/voice/calls/{call}/usage/", json=wrong)).status_code == 422


async def test_orphan_is_metered_to_its_end(demo: Any, engine: Engine, peer: Browser):
    """What was used before, while and after nobody owned the call is stored, and its time counts."""
    await sync_to_async(ship_prices)()
    with web_process(engine.base_url, **PRICED) as first:
        call = await start(first, demo, peer)
        await peer.wait("output_audio_buffer.stopped")
        await asyncio.to_thread(first.stop, signal.SIGKILL)
    before = [row.source_id async for row in Usage.objects.filter(kind="response")]
    peer.type("Thank you")  # nobody listens but the page
    missed = (await peer.wait("response.done", 2))["response"]
    with web_process(engine.base_url, **PRICED) as second:
        http = await sync_to_async(second.client_for)(demo)
        await _until_taken_over(second, http, call, peer)
        body = {"kind": "response", "source_id": missed["id"], "usage": missed["usage"]}
        assert (await http.post(f"/voice/calls/{call}/usage/", json=body)).status_code == 200
        await http.post(f"/voice/calls/{call}/end")
        cost = (await http.get(f"/voice/calls/{call}")).json()["cost"]
        await http.aclose()
    assert engine.calls() == 0
    heard = {event["response"]["id"]: event["response"]["usage"] for event in peer.of("response.done")}
    rows = {row.source_id: row async for row in Usage.objects.filter(call=call, kind="response")}
    assert {*before, missed["id"]} < set(rows) == set(heard)
    assert {key: row.total_tokens for key, row in rows.items()} == {
        key: usage["total_tokens"] for key, usage in heard.items()
    }
    spent = sum((row.cost or Decimal(0) for row in rows.values()), Decimal(0))
    assert spent.quantize(Decimal("0.000001")) == Decimal(cost["amount"]) > 0
    record = await Conversation.objects.aget(pk=call)
    assert record.ended_at and record.duration_s >= 4  # a lease had to run out first


async def _until_taken_over(web: WebProcess, http: Any, call: str, peer: Browser) -> None:
    """Until a response of this call is metered by its new owner."""
    began, asked = time.monotonic(), 2
    while True:
        asked += 1
        peer.type("Thank you")
        done = await peer.wait("response.done", asked)
        await peer.wait("output_audio_buffer.stopped", asked)
        key = f"response:{done['response']['id']}"
        if key in (await http.get(f"/voice/calls/{call}")).json()["metered"]:
            return
        # Not heard by a server: the page hands it in.
        body = {"kind": "response", "source_id": done["response"]["id"], "usage": done["response"]["usage"]}
        await http.post(f"/voice/calls/{call}/usage/", json=body)
        assert time.monotonic() - began < 15, "nobody took the call over"


async def test_orphan_over_its_time_is_ended_by_the_sweeper_at_the_provider(
    demo: Any, engine: Engine, peer: Browser
):
    with web_process(engine.base_url, **PRICED, CALL_MAX_SECONDS="5") as first:
        call = await start(first, demo, peer)
        await asyncio.to_thread(first.stop, signal.SIGKILL)
    assert engine.calls() == 1
    with web_process(engine.base_url, **PRICED):
        began = time.monotonic()
        while engine.calls():
            assert time.monotonic() - began < 12, "the engine still carries the call"
            await asyncio.sleep(0.05)
    row = await Conversation.objects.aget(pk=call)
    assert row.end_reason == "time_limit"
