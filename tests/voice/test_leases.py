"""Leases on a real Redis: one holder, free when it stops beating."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
from django.conf import settings

from rooms.connections import open_redis
from voice.leases import Leases


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Leases, Leases]]:
    redis = open_redis(settings.REDIS_URL)
    namespace = uuid.uuid4().hex
    yield Leases(redis, owner="a", namespace=namespace), Leases(redis, owner="b", namespace=namespace)
    await redis.aclose()


async def test_one_process_holds_a_call(pair: tuple[Leases, Leases]):
    ours, theirs = pair
    call = uuid.uuid4()
    assert await ours.free([call]) == {call}
    assert await ours.take(call)
    assert await ours.take(call)
    assert not await theirs.take(call)
    assert await theirs.holder(call) == "a"
    assert await theirs.free([call]) == set()


async def test_only_the_holder_releases(pair: tuple[Leases, Leases]):
    ours, theirs = pair
    call = uuid.uuid4()
    await ours.take(call)
    await theirs.release(call)
    assert await theirs.holder(call) == "a"
    await ours.release(call)
    assert await theirs.take(call)


async def test_lease_of_a_dead_process_runs_out():
    redis = open_redis(settings.REDIS_URL)
    namespace, call = uuid.uuid4().hex, uuid.uuid4()
    ours, theirs = (Leases(redis, owner=name, namespace=namespace, ttl_s=0.1) for name in "ab")
    await ours.take(call)
    async with asyncio.timeout(2):
        while not await theirs.take(call):
            await asyncio.sleep(0.02)
    await redis.aclose()


async def test_processes_know_of_each_other(pair: tuple[Leases, Leases]):
    ours, theirs = pair
    await ours.announce()
    assert not await ours.others()
    await theirs.announce()
    assert await ours.others() == ["b"]
    await theirs.withdraw()
    assert not await ours.others()


async def test_renewing_names_what_others_hold(pair: tuple[Leases, Leases]):
    ours, theirs = pair
    kept, forgotten, taken = (uuid.uuid4() for _ in range(3))
    await ours.take(kept)
    await theirs.take(taken)
    assert await ours.renew([kept, forgotten, taken]) == {taken}
    assert await ours.free([kept, forgotten]) == set()
    assert await ours.holder(taken) == "b"
    assert await ours.renew([]) == set()


async def test_renewing_lets_a_lease_live_on(pair: tuple[Leases, Leases]):
    ours, theirs = pair
    short = Leases(ours._redis, owner="c", namespace=uuid.uuid4().hex, ttl_s=0.2)
    call = uuid.uuid4()
    await short.take(call)
    for _ in range(8):
        await asyncio.sleep(0.05)
        assert await short.renew([call]) == set()
        assert await short.holder(call) == "c"
