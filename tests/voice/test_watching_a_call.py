"""A running call watched through the rooms socket of a real site, with a bridge beside it."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission

from rooms.bridge.bridge import Bridge
from rooms.connections import open_redis
from rooms.names import room_from_text
from rooms.parts import Parts, parts_on
from tests.rooms.browser import Browser as Watcher
from tests.rooms.browser import welcomed
from tests.voice.conftest import Engine, make_user
from tests.voice.engine.browser import Browser
from tests.voice.web_process import web_process


@asynccontextmanager
async def bridge_on(redis_url: str, namespace: str) -> AsyncIterator[None]:
    bridge = Bridge(redis_url, namespace, patterns=("*",), ignore=())
    running = asyncio.create_task(bridge.run())
    try:
        async with asyncio.timeout(10):
            while not bridge.is_leading:
                await asyncio.sleep(0.02)
        yield
    finally:
        bridge.stop()
        await running


def make_guard() -> Any:
    guard = make_user("guard")
    guard.user_permissions.add(Permission.objects.get(codename="watch_call"))
    return guard


async def until_ended(watcher: Watcher) -> list[dict[str, Any]]:
    """What the call said, up to its end."""
    said: list[dict[str, Any]] = []
    while not any(body.get("state") == "ended" for body in said):
        frame = await watcher.hear()
        assert frame["type"] == "message", frame
        said.append(json.loads(frame["data"]))
    return said


async def raw_publish_is_heard(redis: Any, rooms: Parts, call_room: str) -> None:
    """Publish on the call's channel and on a device's; come back when the device's has its place."""
    device = room_from_text(f"after {call_room}")
    await redis.publish(call_room, b'{"type": "state", "state": "ended"}')
    await redis.publish(device, b"1")
    async with asyncio.timeout(10):
        while not await rooms.registry.states([device]):
            await asyncio.sleep(0.02)


async def test_a_call_is_heard_by_those_who_may_and_spoken_in_by_nobody_else(
    demo: Any, engine: Engine, peer: Browser, redis_server: str
):
    namespace = f"t{secrets.token_hex(4)}:"
    guard, bob = await sync_to_async(make_guard)(), await sync_to_async(make_user)("bob")
    root = await sync_to_async(make_user)("root", is_superuser=True)
    redis = open_redis(redis_server)
    rooms = parts_on(redis, namespace)
    web_of = web_process(engine.base_url, REALTIME_PROVIDER="local", ROOMS_NAMESPACE=namespace.rstrip(":"))
    with web_of as web:
        async with await sync_to_async(web.client_for)(demo) as http, bridge_on(redis_server, namespace):
            made = (await http.post("/voice/calls/", json={"sdp": await peer.offer()})).json()
            await peer.accept(made["sdp"])
            async with (
                welcomed(web.url, demo) as own,
                welcomed(web.url, guard) as watching,
                welcomed(web.url, bob) as other,
                welcomed(web.url, root) as master,
            ):
                await own.join(made["room"])
                await watching.join(made["room"])
                told = json.loads((await own.hear())["data"])
                assert (told["type"], told["code"]) == ("notice", "watched")
                refused = await other.ask(type="join", room=made["room"])
                assert (refused["type"], refused["code"]) == ("error", "not_allowed")
                for speaker in (own, master):
                    refused = await speaker.ask(type="publish", room=made["room"], data="x", id="1")
                    assert (refused["type"], refused["code"]) == ("error", "not_allowed")
                await raw_publish_is_heard(redis, rooms, made["room"])
                assert (await http.post(f"/voice/calls/{made['id']}/ready")).status_code == 204
                await peer.reply()
                ended = await http.post(f"/voice/calls/{made['id']}/end")
                assert ended.json()["reason"] == "user"
                heard = await until_ended(own)
                assert await until_ended(watching) == heard
    # Whatever is missing or added would show: the first word is the browser's being ready, the last the end.
    assert (heard[0]["type"], heard[0]["state"]) == ("state", "live")
    assert (heard[-1]["state"], heard[-1]["reason"]) == ("ended", "user")
    assert {"turn", "usage"} <= {body["type"] for body in heard}
    await redis.aclose()
