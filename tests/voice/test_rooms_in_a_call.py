"""Rooms asked for and spoken to in a call, with the rights of the person in it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission

from rooms.connections import open_redis
from rooms.names import Room
from rooms.parts import Parts, parts_on
from tests.voice.conftest import Site
from tests.voice.engine.browser import Browser

DEVICE = Room("device01")


@pytest.fixture(autouse=True)
def own_namespace(settings: Any) -> None:
    """The rooms of this module's tests are their own."""
    settings.ROOMS_NAMESPACE = "rooms-in-a-call:"


@sync_to_async
def allow(person: Any, *codenames: str) -> None:
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))


async def published(rooms: Parts) -> int:
    return (await rooms.registry.states([DEVICE]))[DEVICE].position.offset


async def test_device_one_is_asked_for_and_told_something(
    site: Site, peer: Browser, redis_server: str, settings: Any
):
    redis = open_redis(redis_server)
    rooms = parts_on(redis, settings.ROOMS_NAMESPACE)
    await rooms.register.publish(DEVICE, b"21.5", source="http")
    await allow(site.user, "view_room")
    call = await site.start_call(peer)
    await peer.reply()

    peer.type("Which rooms are there?")
    assert "device01" in await peer.reply(2)
    peer.type("What is the value of device one?")
    assert "evice01 says 21.5" in await peer.reply(3)

    before = await published(rooms)
    peer.type("Send on to device one.")
    assert "may not publish to device01" in await peer.reply(4)
    assert await published(rooms) == before

    await allow(site.user, "view_room", "publish_room")
    async with redis.pubsub() as device:
        await device.subscribe(DEVICE)
        peer.type("Send on to device one.")
        assert "I sent on to device01" in await peer.reply(5)
        async with asyncio.timeout(5):
            commands = [said["data"] async for said in _first_message(device)]
    assert commands == [b"on"]
    assert await published(rooms) == before + 1
    runs = (await site.status(call["id"]))["tool_runs"]
    assert [(run["name"], run["status"]) for run in runs] == [
        ("list_rooms", "done"),
        ("read_room", "done"),
        ("publish_to_room", "failed"),
        ("publish_to_room", "done"),
    ]
    await rooms.register.forget(DEVICE)
    await redis.aclose()


async def _first_message(device: Any) -> Any:
    async for said in device.listen():
        if said["type"] == "message":
            yield said
            return
