"""What staff do to a call: the model reads a whisper, an end is one at the provider, whoever owns it."""

from __future__ import annotations

import asyncio
import signal
import time
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from redis.asyncio import Redis

from tests.voice.conftest import Engine, Site
from tests.voice.engine.browser import Browser
from tests.voice.live_floor import FLOOR, audited, code, make_staff, staff_of, start, until_ended
from tests.voice.scripted_provider import OFFER, ScriptedProvider
from tests.voice.test_call_rooms import has_ended, redis, until_heard
from tests.voice.test_processes import LOCAL
from tests.voice.test_processes import start as start_at
from tests.voice.web_process import web_process
from voice.models import CallPolicy, Conversation, Turn

__all__ = ["redis"]
ASKED = "Shall I close the greenhouse valve?"
WHISPER = f'The valve is open. Also say: "{ASKED}"'


@sync_to_async
def texts() -> list[str]:
    return list(Turn.objects.order_by("started_at").values_list("text", flat=True))


# A whisper ---------------------------------------------------------------------------------------------


async def test_a_whisper_is_read_before_the_next_answer(site: Site, peer: Browser):
    call = (await site.start_call(peer))["id"]
    await peer.reply()
    async with staff_of(site, "chief", "whisper_call") as http:
        reply = await http.post(f"{FLOOR}{call}/whisper", json={"text": f"  {WHISPER}\n"})
    assert (reply.status_code, reply.json()) == (202, {"whispered": True})
    await peer.wait("conversation.item.added", 2)
    peer.type("thank you")
    assert (await peer.reply(2)).endswith(f"You are welcome. {ASKED}")
    # No answer of its own, and in nobody's words.
    assert len(peer.of("response.created")) == 2
    assert "valve is open" not in peer.said()
    await site.http.post(f"/voice/calls/{call}/end")
    assert len(await texts()) == 3
    assert not any("valve is open" in text for text in await texts())
    assert await audited() == [("chief", "call_whispered", {"text": WHISPER, "respond": False})]


async def test_a_whisper_may_ask_for_an_answer_at_once(site: Site, peer: Browser):
    call = (await site.start_call(peer))["id"]
    await peer.reply()
    async with staff_of(site, "chief", "whisper_call") as http:
        body = {"text": WHISPER, "respond": True}
        assert (await http.post(f"{FLOOR}{call}/whisper", json=body)).status_code == 202
    assert ASKED in await peer.reply(2)


async def test_whispers_are_no_tampering_also_twice_the_same(
    scripted_site: Site, provider: ScriptedProvider, settings: Any
):
    await sync_to_async(CallPolicy(on_tampering="hang_up").save)()
    call = await start(scripted_site)
    async with staff_of(scripted_site, "chief", "whisper_call") as http:
        for _ in range(2):
            assert (await http.post(f"{FLOOR}{call}/whisper", json={"text": "Be brief."})).status_code == 202
    await provider.until("conversation.item.create", count=2)
    assert [event["item"] for event in provider.received] == [
        {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be brief."}]}
    ] * 2
    await provider.respond("rtc_1", "r", ("c1", "get_current_time", "{}"))
    await provider.until("response.create")
    row = await Conversation.objects.aget(pk=call)
    assert (row.tampering, row.ended_at) == ([], None)


# An end ------------------------------------------------------------------------------------------------


async def test_an_end_is_one_at_the_provider_and_the_person_is_told_who(
    site: Site, engine: Engine, peer: Browser, redis: Redis
):
    call = (await site.start_call(peer))["id"]
    await peer.reply()
    assert engine.calls() == 1
    async with staff_of(site, "chief", "end_call") as http:
        reply = await http.post(f"{FLOOR}{call}/end", json={})
        assert (reply.status_code, reply.json()) == (202, {"ending": True})
        heard = await until_heard(redis, call, has_ended)
        assert (heard[-1]["state"], heard[-1]["reason"]) == ("ended", "operator")
        assert code(await http.post(f"{FLOOR}{call}/end", json={})) == (409, "call_ended")
    await until_hung_up(call)
    assert engine.calls() == 0
    assert (await site.status(call))["reason"] == "operator"
    assert await audited() == [("chief", "call_ended", {})]


async def until_hung_up(call: str) -> None:
    async with asyncio.timeout(5):
        while not (await Conversation.objects.aget(pk=call)).hung_up_at:
            await asyncio.sleep(0.02)


async def test_two_ends_at_once_are_one_end(site: Site, engine: Engine, peer: Browser):
    call = (await site.start_call(peer))["id"]
    async with staff_of(site, "chief", "end_call") as http, staff_of(site, "other", "end_call") as also:
        replies = await asyncio.gather(*(who.post(f"{FLOOR}{call}/end", json={}) for who in (http, also)))
    assert {reply.status_code for reply in replies} <= {202, 409}
    assert 202 in {reply.status_code for reply in replies}
    await until_hung_up(call)
    assert engine.calls() == 0


async def test_a_call_is_ended_while_it_is_being_made(scripted_site: Site, provider: ScriptedProvider):
    provider.delay_s = 0.5
    making = asyncio.create_task(scripted_site.http.post("/voice/calls/", json={"sdp": OFFER}))
    async with staff_of(scripted_site, "chief", "watch_call", "end_call") as http:
        async with asyncio.timeout(5):
            while not (calls := (await http.get(FLOOR)).json()["calls"]):
                await asyncio.sleep(0.02)
        [found] = calls
        assert (found["state"], found["control"]) == ("connecting", "courier")
        assert (await http.post(f"{FLOOR}{found['id']}/end", json={})).status_code == 202
    assert (await making).status_code == 409
    await until_ended(found["id"], "operator")
    assert provider.hung_up == ["rtc_1"]


async def test_a_call_that_is_being_left_to_another_process_takes_no_whisper(
    scripted_site: Site, provider: ScriptedProvider
):
    call = await start(scripted_site)
    live = scripted_site.owner.live[uuid.UUID(call)]
    live.hand_over()
    async with staff_of(scripted_site, "chief", "whisper_call") as http:
        assert code(await http.post(f"{FLOOR}{call}/whisper", json={"text": "x"})) == (409, "no_control")
    assert provider.received == []


# Other processes ---------------------------------------------------------------------------------------


async def test_any_process_whispers_into_and_ends_the_calls_of_another(
    demo: Any, engine: Engine, peer: Browser
):
    chief = await sync_to_async(make_staff)("chief", "watch_call", "whisper_call", "end_call")
    with web_process(engine.base_url, **LOCAL) as owner, web_process(engine.base_url, **LOCAL) as other:
        call = await start_at(owner, demo, peer)
        await peer.reply()
        async with await sync_to_async(other.client_for)(chief) as http:
            [found] = (await http.get(FLOOR)).json()["calls"]
            assert (found["id"], found["state"]) == (call, "live")
            reply = await http.post(f"{FLOOR}{call}/whisper", json={"text": WHISPER})
            assert reply.status_code == 202, reply.text
            peer.type("thank you")
            assert (await peer.reply(2)).endswith(ASKED)
            began = time.monotonic()
            assert (await http.post(f"{FLOOR}{call}/end", json={})).status_code == 202
            await until_hung_up(call)
            print(f"ended at the provider by another process after {time.monotonic() - began:.2f} s")
    assert engine.calls() == 0
    assert await audited() == [
        ("chief", "call_whispered", {"text": WHISPER, "respond": False}),
        ("chief", "call_ended", {}),
    ]
    await until_ended(call, "operator")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "frozen"])
async def test_an_end_comes_though_the_owner_is_gone(
    demo: Any, engine: Engine, peer: Browser, how: signal.Signals
):
    chief = await sync_to_async(make_staff)("chief", "whisper_call", "end_call")
    with web_process(engine.base_url, **LOCAL) as owner, web_process(engine.base_url, **LOCAL) as other:
        call = await start_at(owner, demo, peer)
        await peer.reply()
        async with await sync_to_async(other.client_for)(chief) as http:
            owner.process.send_signal(how)
            refused = await http.post(f"{FLOOR}{call}/whisper", json={"text": WHISPER})
            assert code(refused) == (409, "no_control")
            began = time.monotonic()
            assert (await http.post(f"{FLOOR}{call}/end", json={})).status_code == 202
            await until_hung_up(call)
            took_s = time.monotonic() - began
            print(f"ended at the provider {took_s:.2f} s after it was asked for, the owner gone")
    assert took_s < 5
    assert engine.calls() == 0
    await until_ended(call, "operator")


async def test_a_whisper_works_again_when_a_dead_owners_call_is_taken_over(
    demo: Any, engine: Engine, peer: Browser
):
    chief = await sync_to_async(make_staff)("chief", "whisper_call")
    with web_process(engine.base_url, **LOCAL) as owner, web_process(engine.base_url, **LOCAL) as other:
        call = await start_at(owner, demo, peer)
        await peer.reply()
        async with await sync_to_async(other.client_for)(chief) as http:
            await asyncio.to_thread(owner.stop, signal.SIGKILL)
            killed = time.monotonic()
            place = f"{FLOOR}{call}/whisper"
            while (await http.post(place, json={"text": WHISPER})).status_code != 202:
                assert time.monotonic() - killed < 10
                await asyncio.sleep(0.05)
            print(f"whispered {time.monotonic() - killed:.2f} s after the owner was killed")
        peer.type("thank you")
        assert (await peer.reply(2)).count(ASKED) == 1
