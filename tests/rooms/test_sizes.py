"""Single rooms' own history sizes, told again to a Redis that forgot."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from rooms.keys import Keys
from rooms.models import Room as RoomRow
from rooms.names import Room
from rooms.parts import parts_on
from rooms.sizes import KEPT_S, keep_told, write_sizes

pytestmark = pytest.mark.django_db(transaction=True)

DEVICE = Room("device01")


async def until_told(redis: Redis, namespace: str) -> None:
    async with asyncio.timeout(5):
        while await redis.hget(Keys(namespace).meta(DEVICE), "size") is None:
            await asyncio.sleep(0.01)


async def test_rows_are_told_when_the_bridge_starts_and_again(
    redis: Redis, namespace: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("rooms.sizes.AGAIN_S", 0.02)
    await RoomRow.objects.acreate(name=DEVICE, history_size=2)
    await RoomRow.objects.acreate(name="device02")
    telling = asyncio.create_task(keep_told(redis, namespace))
    await until_told(redis, namespace)
    await redis.delete(Keys(namespace).meta(DEVICE))
    await until_told(redis, namespace)
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    rooms = parts_on(redis, namespace)
    for payload in (b"1", b"2", b"3"):
        await rooms.register.publish(DEVICE, payload, source="http")
    assert len((await rooms.history.read(DEVICE, last=10)).frames) == 2
    assert not await redis.exists(Keys(namespace).meta(Room("device02")))


async def test_a_size_does_not_make_a_room_nor_keep_one_for_ever(redis: Redis, namespace: str):
    await write_sizes(redis, namespace, {DEVICE: 5})
    rooms = parts_on(redis, namespace)
    assert (await rooms.registry.list()).rooms == []
    assert await rooms.register.tops([DEVICE]) == {}
    assert 0 < await redis.ttl(Keys(namespace).meta(DEVICE)) <= KEPT_S
    joined = await rooms.register.enter(DEVICE)
    assert joined.offset == 0
    placed = await rooms.register.publish(DEVICE, b"1", source="http")
    assert placed.position == type(joined)(joined.epoch, 1)
