"""The channel layer: ordinary channels and groups across processes, rooms' groups read-only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.exceptions import ChannelFull
from redis.asyncio import Redis

from rooms import names
from rooms.layer import CAPACITY, RoomChannelLayer, RoomGroupIsReadOnly
from rooms.names import Room
from rooms.register import Register


@pytest.fixture
async def layers(redis_server: str, namespace: str) -> AsyncIterator[tuple[Any, Any]]:
    """The layer as two processes have it."""
    prefix = f"\x01{namespace}asgi:"
    made = [RoomChannelLayer(url=redis_server, namespace=namespace, prefix=prefix) for _ in range(2)]
    yield made[0], made[1]
    for layer in made:
        await layer.flush()


async def receiving(layer: Any, channel: str) -> asyncio.Task[Any]:
    """A receive that is known to be subscribed."""
    task = asyncio.create_task(layer.receive(channel))
    while channel not in layer._queues:
        await asyncio.sleep(0.005)
    return task


async def test_a_named_channel_is_received_in_another_process(layers):
    one, two = layers
    task = await receiving(two, "calls.box")
    await one.send("calls.box", {"type": "call.mail", "mail": {"n": 1}})
    await one.send("calls.box", {"type": "call.mail", "mail": {"n": 2}})
    assert await asyncio.wait_for(task, 5) == {"type": "call.mail", "mail": {"n": 1}}
    assert await asyncio.wait_for(two.receive("calls.box"), 5) == {"type": "call.mail", "mail": {"n": 2}}


async def test_a_consumers_own_channel_is_reached_from_both_processes(layers):
    one, two = layers
    name = await two.new_channel()
    await two.send(name, {"type": "near"})
    assert await two.receive(name) == {"type": "near"}
    task = asyncio.create_task(two.receive(name))
    while not two.subscriber.is_up:
        await asyncio.sleep(0.005)
    await one.send(name, {"type": "far"})
    assert await asyncio.wait_for(task, 5) == {"type": "far"}


async def test_ordinary_groups_reach_members_everywhere(layers):
    one, two = layers
    near, far = await one.new_channel(), await two.new_channel()
    await one.group_add("staff", near)
    await two.group_add("staff", far)
    await one.group_send("staff", {"type": "news"})
    assert await asyncio.wait_for(one.receive(near), 5) == {"type": "news"}
    assert await asyncio.wait_for(two.receive(far), 5) == {"type": "news"}
    await two.group_discard("staff", far)
    await one.group_send("staff", {"type": "more"})
    await asyncio.wait_for(one.receive(near), 5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(two.receive(far), 0.05)


async def test_a_rooms_group_carries_finished_text(layers, redis: Redis, namespace: str):
    one, _ = layers
    room, name = Room("device01"), await one.new_channel()
    await one.group_add(names.group_of(room), name)
    await Register(redis, namespace).publish(room, b"21.5", source="http")
    event = await asyncio.wait_for(one.receive(name), 5)
    assert event["type"] == "room.frames"
    assert event["texts"][0].startswith('{"type":"message","room":"device01",')


async def test_sending_to_a_rooms_group_is_an_error(layers):
    with pytest.raises(RoomGroupIsReadOnly):
        await layers[0].group_send(names.group_of(Room("device01")), {"type": "x"})


async def test_a_queue_nobody_reads_is_bounded(layers):
    one, _ = layers
    name = await one.new_channel()
    for _ in range(CAPACITY):
        await one.send(name, {"type": "x"})
    with pytest.raises(ChannelFull):
        await one.send(name, {"type": "x"})


async def test_nothing_it_publishes_looks_like_a_room(layers, redis: Redis):
    one, _ = layers
    async with redis.pubsub() as spy:
        await spy.psubscribe("*")
        await spy.get_message(timeout=1)
        await one.send("calls.box", {"type": "x"})
        await one.group_send("staff", {"type": "x"})
        heard = [await spy.get_message(timeout=2) for _ in range(2)]
    assert all(names.is_internal(message["channel"]) for message in heard)


async def test_a_cancelled_receive_gives_the_channel_up(layers, redis: Redis):
    one, _ = layers
    task = await receiving(one, "calls.box")
    assert any(b"calls.box" in channel for channel in await redis.pubsub_channels())
    task.cancel()
    async with asyncio.timeout(5):
        while any(b"calls.box" in channel for channel in await redis.pubsub_channels()):
            await asyncio.sleep(0.01)
