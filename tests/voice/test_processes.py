"""Calls across whole processes: browsers that leave, many calls, SIGTERM, SIGKILL, two owners."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
import uuid
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings

from rooms.connections import open_redis
from tests.voice.conftest import CSRF, Engine, log_in, make_user
from tests.voice.engine.browser import Browser
from tests.voice.scripted_provider import OFFER, ScriptedProvider
from tests.voice.web_process import WebProcess, web_process
from voice.leases import Leases
from voice.models import Conversation, Tool

LOCAL = {"REALTIME_PROVIDER": "local"}


async def until(what: Any, *, within_s: float, every_s: float = 0.05) -> float:
    """Wait until `what()` is true; how long that took, in seconds."""
    began = time.monotonic()
    while not await sync_to_async(what)():
        assert time.monotonic() - began < within_s, f"not within {within_s} s"
        await asyncio.sleep(every_s)
    return time.monotonic() - began


def reasons() -> list[str]:
    return list(Conversation.objects.order_by("started_at").values_list("end_reason", flat=True))


def leave_after(web: WebProcess, user: Any, offer: str, after_s: float) -> None:
    """POST a call on a bare socket and close it without waiting for the answer."""
    body = json.dumps({"sdp": offer}).encode()
    cookies = "; ".join(f"{name}={value}" for name, value in log_in(user).items())
    head = (
        f"POST /voice/calls/ HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\nCookie: {cookies}\r\n"
        f"X-CSRFToken: {CSRF}\r\nOrigin: {web.url}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", web.port)) as connection:
        connection.sendall(head.encode() + body)
        time.sleep(after_s)


async def start(web: WebProcess, user: Any, peer: Browser) -> str:
    async with await sync_to_async(web.client_for)(user) as http:
        reply = await http.post("/voice/calls/", json={"sdp": await peer.offer()})
        assert reply.status_code == 201, reply.text
        await peer.accept(reply.json()["sdp"])
        assert (await http.post(f"/voice/calls/{reply.json()['id']}/ready")).status_code == 204
        return str(reply.json()["id"])


@pytest.mark.parametrize("after_ms", [50, 200, 500])
async def test_browser_that_leaves_a_slow_provider_leaves_no_call(
    demo: Any, engine: Engine, provider: ScriptedProvider, peer: Browser, after_ms: int
):
    provider.behind, provider.delay_s = engine.base_url, 1.5
    provider.sideband_status = 404  # the engine's own sideband is not behind this proxy
    offer = await peer.offer()
    with web_process(provider.base_url) as web:
        await asyncio.to_thread(leave_after, web, demo, offer, after_ms / 1000)
        await until(lambda: reasons() == ["browser_left"], within_s=5 + provider.delay_s)
        await until(lambda: engine.calls() == 0, within_s=5)
    assert len(provider.hung_up) == 1


async def test_sigterm_hangs_up_every_call_in_time(demo: Any, engine: Engine):
    peers = [Browser() for _ in range(3)]
    with web_process(engine.base_url, **LOCAL) as web:
        for number, peer in enumerate(peers):
            await start(web, await sync_to_async(make_user)(f"u{number}"), peer)
        assert engine.calls() == 3
        began = time.monotonic()
        await asyncio.to_thread(web.stop, signal.SIGTERM, within_s=settings.SHUTDOWN_SECONDS + 1)
        took_s = time.monotonic() - began
    assert engine.calls() == 0
    assert await sync_to_async(reasons)() == ["shutdown"] * 3
    assert took_s < settings.SHUTDOWN_SECONDS
    await asyncio.gather(*(peer.close() for peer in peers))


async def test_restarted_process_joins_the_calls_of_a_killed_one(demo: Any, engine: Engine, peer: Browser):
    with web_process(engine.base_url, **LOCAL) as first:
        call = await start(first, demo, peer)
        await peer.reply()
        await asyncio.to_thread(first.stop, signal.SIGKILL)
    killed = time.monotonic()
    with web_process(engine.base_url, **LOCAL) as second:
        peer.type("What time is it?")
        # Asked while nobody owned the call; the page would report it. Ask again until somebody answers.
        http = await sync_to_async(second.client_for)(demo)
        while True:
            status = (await http.get(f"/voice/calls/{call}")).json()
            if any(run["status"] == "done" for run in status["tool_runs"]):
                break
            assert time.monotonic() - killed < 10, "nobody took the call over within 10 s"
            await asyncio.sleep(0.5)
            peer.type("What time is it?")
        print(f"tools ran again {time.monotonic() - killed:.1f} s after the kill, by a restarted process")
        assert status["state"] == "live"
        await http.post(f"/voice/calls/{call}/end")
        await http.aclose()
    assert engine.calls() == 0


async def test_call_that_died_with_its_owner_is_closed(demo: Any, engine: Engine, peer: Browser):
    with web_process(engine.base_url, **LOCAL) as first:
        await start(first, demo, peer)
        await asyncio.to_thread(first.stop, signal.SIGKILL)
    killed = time.monotonic()
    await peer.close()
    with web_process(engine.base_url, **LOCAL):
        await until(lambda: reasons() == ["browser_left"], within_s=10)
    print(f"closed {time.monotonic() - killed:.1f} s after the kill, nobody being there any more")
    assert engine.calls() == 0


async def test_a_running_process_takes_the_call_of_a_killed_one_and_its_tools_run(
    demo: Any, engine: Engine, peer: Browser, redis_server: str
):
    redis = open_redis(redis_server)
    leases = Leases(redis, owner="looks only", namespace=settings.ROOMS_NAMESPACE)
    with web_process(engine.base_url, **LOCAL) as first, web_process(engine.base_url, **LOCAL) as other:
        call = uuid.UUID(await start(first, demo, peer))
        await peer.reply()
        dead = await leases.holder(call)
        await asyncio.to_thread(first.stop, signal.SIGKILL)
        killed = time.monotonic()
        while await leases.holder(call) in ("", dead):
            assert time.monotonic() - killed < 10, "nobody took the call"
            await asyncio.sleep(0.02)
        taken_s = time.monotonic() - killed
        async with await sync_to_async(other.client_for)(demo) as http:
            # What is asked before it has joined would be for the page to report.
            while not any(run["status"] == "done" for run in await runs_of(http, call)):
                assert time.monotonic() - killed < 10, "no tool ran within 10 s"
                peer.type("What time is it?")
                await asyncio.sleep(0.5)
            print(f"taken {taken_s:.1f} s, a tool done {time.monotonic() - killed:.1f} s after the kill")
            assert engine.calls() == 1
            await http.post(f"/voice/calls/{call}/end")
    assert engine.calls() == 0
    await redis.aclose()


async def runs_of(http: httpx.AsyncClient, call: uuid.UUID) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = (await http.get(f"/voice/calls/{call}")).json()["tool_runs"]
    return runs


async def test_owner_that_leaves_hands_its_calls_to_the_other_process(
    demo: Any, engine: Engine, peer: Browser
):
    with web_process(engine.base_url, **LOCAL) as other, web_process(engine.base_url, **LOCAL) as first:
        call = await start(first, demo, peer)
        await peer.reply()
        await asyncio.sleep(0.05)
        await asyncio.to_thread(first.stop, signal.SIGTERM)
        assert engine.calls() == 1
        http = await sync_to_async(other.client_for)(demo)
        began = time.monotonic()
        while not (await http.get(f"/voice/calls/{call}")).json()["tool_runs"]:
            assert time.monotonic() - began < 10, "the other process did not take over"
            peer.type("What time is it?")
            await asyncio.sleep(0.5)
        await http.post(f"/voice/calls/{call}/end")
        await http.aclose()
    assert await sync_to_async(reasons)() == ["user"]


def _time_asks_first() -> None:
    Tool.objects.filter(name="get_current_time").update(ask_first=True)


async def test_an_answer_at_another_process_reaches_the_run(demo: Any, engine: Engine, peer: Browser):
    await sync_to_async(_time_asks_first)()
    with web_process(engine.base_url, **LOCAL) as owner, web_process(engine.base_url, **LOCAL) as other:
        call = await start(owner, demo, peer)
        await peer.reply()
        peer.type("What time is it?")
        async with await sync_to_async(other.client_for)(demo) as http:
            began = time.monotonic()
            while not (asked := (await http.get(f"/voice/calls/{call}")).json()["approvals"]):
                assert time.monotonic() - began < 5, "nobody was asked"
                await asyncio.sleep(0.05)
            place = f"/voice/calls/{call}/approvals/{asked[0]['call_id']}"
            assert (await http.post(place, json={"decision": "approve"})).status_code == 200
            assert "It is" in await peer.reply(2)
            [run] = (await http.get(f"/voice/calls/{call}")).json()["tool_runs"]
            assert run["status"] == "done"
            await http.post(f"/voice/calls/{call}/end")


async def test_any_process_ends_and_greets_the_calls_of_another(demo: Any, engine: Engine, peer: Browser):
    with web_process(engine.base_url, **LOCAL) as owner, web_process(engine.base_url, **LOCAL) as other:
        ours = await sync_to_async(owner.client_for)(demo)
        theirs = await sync_to_async(other.client_for)(demo)
        body = (await ours.post("/voice/calls/", json={"sdp": await peer.offer()})).json()
        await peer.accept(body["sdp"])
        await theirs.post(f"/voice/calls/{body['id']}/ready")
        assert "this is Home" in await peer.reply()
        assert (await theirs.post(f"/voice/calls/{body['id']}/end")).json()["reason"] == "user"
        await ours.aclose()
        await theirs.aclose()
    assert engine.calls() == 0


async def test_twenty_calls_share_threads_and_connections(demo: Any, provider: ScriptedProvider):
    with web_process(provider.base_url) as web:
        users = [await sync_to_async(make_user)(f"u{number}") for number in range(20)]
        clients = [await sync_to_async(web.client_for)(user) for user in users]
        await clients[0].get("/voice/calls/")
        idle = (web.threads(), web.database_files())
        calls = []
        for client in clients:
            calls.append((await client.post("/voice/calls/", json={"sdp": OFFER})).json()["id"])
        for number in range(20):
            usage = {"type": "duration", "seconds": 1.0}
            kind = "conversation.item.input_audio_transcription.completed"
            await provider.say(f"rtc_{number + 1}", kind, item_id="i", transcript="hello", usage=usage)
        await until(lambda: Conversation.objects.filter(turns__text="hello").count() == 20, within_s=10)
        busy = (web.threads(), web.database_files())
        print(f"idle {idle}, with 20 calls {busy} (threads, database connections)")
        assert busy[0] - idle[0] <= 8
        assert busy[1] - idle[1] <= 8
        await asyncio.to_thread(web.stop, signal.SIGTERM, within_s=settings.SHUTDOWN_SECONDS + 1)
        await asyncio.gather(*(client.aclose() for client in clients))
    assert len(provider.hung_up) == 20
