"""The socket in this process, as an unknown server runs it: rights and sessions that end, sudden deaths."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from redis.asyncio import Redis

from rooms.consumers import RoomsConsumer
from rooms.hub import Hub
from rooms.hub.admission import Admission
from rooms.hub.care import Care
from rooms.names import Room, group_channel_of
from rooms.sinks import EventSink, waiting
from tests.voice.conftest import log_in, make_user

ROOM = Room("device01")
Opener = Callable[..., Any]


@pytest.fixture
def namespace(settings: Any, namespace: str) -> str:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.ROOMS_NAMESPACE = namespace
    config = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    changed = config | {"namespace": namespace, "prefix": f"\x01{namespace}asgi:"}
    settings.CHANNEL_LAYERS = {"default": {**settings.CHANNEL_LAYERS["default"], "CONFIG": changed}}
    channel_layers.backends = {}
    return namespace


@pytest.fixture
async def hub(namespace: str) -> AsyncIterator[Hub]:
    made = Hub(recheck_s=0.05)
    await made.start()
    yield made
    await made.drain(1)
    await made.aclose()
    channel_layers.backends = {}


@pytest.fixture
def user(transactional_db: None) -> Any:
    made = make_user("ada")
    made.user_permissions.set(Permission.objects.filter(codename__in=("view_room", "publish_room")))
    return made


@pytest.fixture
def open_socket(hub: Hub, user: Any) -> Opener:
    """Opens a socket of this person; its consumer is looked at every 50 ms."""

    @asynccontextmanager
    async def open_one(*, welcomed: bool = True) -> AsyncIterator[WebsocketCommunicator]:
        cookies = await sync_to_async(log_in)(user)
        headers = [
            (b"origin", b"http://testserver"),
            (b"host", b"testserver"),
            (b"cookie", f"sessionid={cookies['sessionid']}".encode()),
        ]
        consumer: Any = RoomsConsumer.as_asgi()

        async def application(scope: Any, receive: Any, send: Any) -> None:
            await consumer({**scope, "rooms_hub": hub}, receive, send)

        socket = WebsocketCommunicator(application, "/ws/rooms/", headers=headers)
        assert (await socket.connect(5))[0]
        if welcomed:
            assert (await hear(socket))["type"] == "welcome"
        yield socket
        await socket.disconnect()

    return open_one


async def hear(socket: WebsocketCommunicator) -> Any:
    while True:
        found = json.loads(await socket.receive_from(5))
        if found["type"] not in ("presence", "heartbeat"):
            return found


async def ask(socket: WebsocketCommunicator, **message: Any) -> Any:
    await socket.send_to(text_data=json.dumps(message))
    return await hear(socket)


async def close_code(socket: WebsocketCommunicator) -> int:
    while (found := await socket.receive_output(5))["type"] != "websocket.close":
        pass
    return int(found["code"])


async def test_an_unknown_server_is_served_by_events(open_socket, hub, register):
    async with open_socket() as socket:
        assert isinstance(next(iter(hub.sockets)).sink, EventSink)
        assert (await ask(socket, type="join", room=ROOM))["type"] == "joined"
        for text in ("a", "b"):
            await register.publish(ROOM, text.encode(), source="http")
        assert [(await hear(socket))["data"] for _ in range(2)] == ["a", "b"]


async def test_a_lost_right_ends_the_room_and_keeps_the_socket(open_socket, user):
    async with open_socket() as socket:
        await ask(socket, type="join", room=ROOM)
        await sync_to_async(user.user_permissions.clear)()
        assert await hear(socket) == {"type": "left", "room": ROOM, "reason": "not_allowed"}
        assert await ask(socket, type="ping") == {"type": "pong"}
        assert (await ask(socket, type="join", room=ROOM))["code"] == "not_allowed"


async def test_an_ended_session_closes(open_socket):
    async with open_socket() as socket:
        await Session.objects.all().adelete()
        assert await close_code(socket) == 4501


async def test_a_deactivated_person_is_closed(open_socket, user):
    async with open_socket() as socket:
        user.is_active = False
        await user.asave()
        assert await close_code(socket) == 4503


async def test_nothing_is_left_of_sockets_that_go(open_socket, hub, redis: Redis, namespace):
    channel = group_channel_of(ROOM, namespace).encode()
    async with open_socket() as one, open_socket() as two:
        await ask(one, type="join", room=ROOM)
        await ask(two, type="join", room=ROOM)
        assert await redis.pubsub_numsub(channel) == [(channel, 1)]
    assert not hub.sockets and not hub.feed.rooms
    async with asyncio.timeout(5):
        while await redis.pubsub_numsub(channel) != [(channel, 0)]:
            await asyncio.sleep(0.01)


async def test_a_socket_that_dies_while_it_joins_leaves_nothing(open_socket, hub):
    for _ in range(20):
        async with open_socket() as socket:
            await socket.send_to(text_data=json.dumps({"type": "join", "room": ROOM}))
    assert not hub.sockets and not hub.feed.rooms
    async with open_socket() as socket:
        assert (await ask(socket, type="join", room=ROOM))["type"] == "joined"


async def test_who_comes_in_a_crowd_is_told_when_to_come_back(open_socket, hub):
    hub.admission = Admission(most_coming=1, most_sockets=1)
    async with open_socket() as inside:
        async with open_socket(welcomed=False) as turned_away:
            told = await hear(turned_away)
            assert (told["type"], told["code"]) == ("error", "unavailable")
            assert told["retry_in_s"] >= 1
            assert await close_code(turned_away) == 1013
        assert await ask(inside, type="ping") == {"type": "pong"}
        assert len(hub.sockets) == 1


async def test_a_draining_hub_closes_its_sockets(open_socket, hub):
    async with open_socket() as one, open_socket() as two:
        await hub.drain(2)
        assert [await close_code(one), await close_code(two)] == [4001, 4001]


async def test_a_position_check_finds_what_was_not_announced(open_socket, hub, register, redis, namespace):
    """A message that was stored and never announced, as when a link was gone unnoticed."""
    async with open_socket() as socket:
        joined = await ask(socket, type="join", room=ROOM)
        local = hub.feed.rooms[ROOM]
        hub.layer.subscriber.unsubscribe(local.channel, hub.feed.take)
        await register.publish(ROOM, b"missed", source="http")
        await Care(hub, namespace).check_positions()
        found = await hear(socket)
        assert (found["data"], found["offset"]) == ("missed", joined["offset"] + 1)


async def test_what_no_bridge_heard_is_told_once_to_each_room(open_socket, hub, redis: Redis, namespace):
    record = json.dumps({"pattern": "*", "since_ms": 1000, "until_ms": 2000})
    async with open_socket() as socket:
        await ask(socket, type="join", room=ROOM)
        for _ in range(2):
            await redis.publish(f"\x01{namespace}gaps", record)
        found = await hear(socket)
        assert (found["type"], found["reason"], found["from"]) == ("gap", "not_heard", None)
        assert (found["since_ms"], found["until_ms"]) == (1000, 2000)
        assert await ask(socket, type="ping") == {"type": "pong"}


async def test_an_unknown_server_that_takes_nothing_is_cut(open_socket, hub, register, monkeypatch):
    """What waits in this process is counted, whoever writes."""
    monkeypatch.setattr(waiting, "QUEUE_BYTES", 10_000)
    async with open_socket() as socket:
        await ask(socket, type="join", room=ROOM)
        sink = next(iter(hub.sockets)).sink
        sink._pending = 9_000  # as if the server had not come back from `send`
        await register.publish(ROOM, b"x" * 2_000, source="http")
        async with asyncio.timeout(5):
            while hub.sockets:
                await asyncio.sleep(0.01)
        assert sink.is_cut


async def test_a_room_that_fails_sends_its_sockets_to_come_back(open_socket, hub, caplog):
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken history")

    async with open_socket() as socket:
        await ask(socket, type="join", room=ROOM)
        hub.feed._history.read = fail
        hub.feed.settle(hub.feed.rooms[ROOM])
        assert await close_code(socket) == 4002
    assert "A room failed" in caplog.text


async def lose_a_cancellation(*_: Any, **__: Any) -> None:
    """As redis-py does now and then until Python 3.12 (see rooms.tasks)."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(60)
    await asyncio.sleep(60)


async def test_a_socket_that_goes_while_it_publishes_leaves_no_task(open_socket, hub):
    before = asyncio.all_tasks()
    hub.register.publish = lose_a_cancellation
    async with open_socket() as socket:
        await socket.send_to(text_data=json.dumps({"type": "publish", "room": ROOM, "data": "x"}))
        await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        while asyncio.all_tasks() - before:
            await asyncio.sleep(0.01)


async def test_a_hub_ends_although_a_cancellation_gets_lost(namespace):
    hub = Hub()
    await hub.start()
    hub._spawn(lose_a_cancellation())
    await asyncio.sleep(0)
    await asyncio.wait_for(hub.aclose(), 5)
    assert not hub._tasks
