"""The subscription: confirmed before it counts, restored after a cut, refused quickly when Redis is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from realtime_site.embedded_redis import find_server
from rooms import subscriber as module
from rooms.connections import close_redis, open_redis
from rooms.subscriber import Subscriber
from tests.rooms.own_redis import OwnRedis, own_redis


class Ear:
    """A handler that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def take(self, channel: bytes, payloads: list[bytes]) -> None:
        self.heard += payloads

    async def hears(self, count: int) -> list[bytes]:
        async with asyncio.timeout(5):
            while len(self.heard) < count:
                await asyncio.sleep(0.005)
        return self.heard


@pytest.fixture
async def subscriber(redis_server: str, namespace: str) -> AsyncIterator[Subscriber]:
    made = Subscriber(redis_server, namespace)
    yield made
    await made.aclose()


async def test_what_is_published_after_subscribe_is_heard(subscriber, redis: Redis, namespace):
    ear, channel = Ear(), f"{namespace}a".encode()
    await subscriber.subscribe(channel, ear.take)
    for number in range(100):
        await redis.publish(channel, str(number))
    assert await ear.hears(100) == [str(number).encode() for number in range(100)]


async def test_subscribing_again_right_after_leaving_is_heard(subscriber, redis: Redis, namespace):
    ear, channel = Ear(), f"{namespace}a".encode()
    for _ in range(20):
        await subscriber.subscribe(channel, ear.take)
        subscriber.unsubscribe(channel, ear.take)
    await subscriber.subscribe(channel, ear.take)
    await redis.publish(channel, "x")
    assert await ear.hears(1) == [b"x"]


async def test_two_handlers_share_one_subscription(subscriber, redis: Redis, namespace):
    one, two, channel = Ear(), Ear(), f"{namespace}a".encode()
    await asyncio.gather(subscriber.subscribe(channel, one.take), subscriber.subscribe(channel, two.take))
    assert await redis.publish(channel, "x") == 1
    assert await one.hears(1) == await two.hears(1) == [b"x"]
    subscriber.unsubscribe(channel, one.take)
    await redis.publish(channel, "y")
    assert await two.hears(2) == [b"x", b"y"] and one.heard == [b"x"]


async def test_a_failing_handler_does_not_deafen_the_others(subscriber, redis: Redis, namespace, caplog):
    async def fail(channel: bytes, payloads: list[bytes]) -> None:
        raise RuntimeError("broken")

    ear, channel = Ear(), f"{namespace}a".encode()
    await subscriber.subscribe(channel, fail)
    await subscriber.subscribe(channel, ear.take)
    await redis.publish(channel, "x")
    assert await ear.hears(1) == [b"x"]
    assert "handler failed" in caplog.text


async def test_a_cut_link_is_restored_before_it_is_told(subscriber, redis: Redis, namespace):
    ear = Ear()
    channels = [f"{namespace}{number}".encode() for number in range(1200)]
    await asyncio.gather(*(subscriber.subscribe(channel, ear.take) for channel in channels))
    restored = asyncio.Event()
    subscriber.on_restored.append(restored.set)
    await redis.client_kill_filter(_type="pubsub")
    await asyncio.wait_for(restored.wait(), 5)
    assert {await redis.publish(channel, "x") for channel in channels} == {1}
    await ear.hears(1200)


async def test_redis_that_is_away_is_said_within_seconds(namespace, monkeypatch):
    monkeypatch.setattr(module, "SUBSCRIBE_TIMEOUT_S", 0.1)
    made = Subscriber("redis://127.0.0.1:1/0", namespace)
    with pytest.raises(TimeoutError):
        await made.subscribe(b"x", Ear().take)
    assert not made.is_up
    await made.aclose()


async def test_a_link_that_carries_nothing_is_opened_again(
    redis_server, redis: Redis, namespace, monkeypatch
):
    """Published elsewhere, as after a failover: the probe's echo stays away."""
    monkeypatch.setattr(module, "PROBE_EVERY_S", 0.05)
    monkeypatch.setattr(module, "PROBE_TIMEOUT_S", 0.2)
    made = Subscriber(redis_server, namespace)
    restored = asyncio.Event()
    made.on_restored.append(restored.set)
    await made.subscribe(b"\x01x", Ear().take)
    made._link.send(b"UNSUBSCRIBE", made._probe)
    await asyncio.wait_for(restored.wait(), 5)
    await made.aclose()


async def hears_through(url: str, namespace: str) -> bool:
    """Whether something published there reaches a subscription opened there."""
    made, ear, channel = Subscriber(url, namespace), Ear(), f"{namespace}a".encode()
    try:
        await made.subscribe(channel, ear.take)
        client = open_redis(url)
        await client.publish(channel, "x")
        await close_redis(client)
        return await ear.hears(1) == [b"x"]
    finally:
        await made.aclose()


class Guarded(OwnRedis):
    """A Redis with a password."""

    def command(self, *, empty: bool = False) -> list[str]:
        return [*super().command(empty=empty), "--requirepass", "s3cret"]


class Sentinel(OwnRedis):
    """A Sentinel that knows one primary."""

    def __init__(self, folder: Path, primary: OwnRedis) -> None:
        super().__init__(folder)
        self._file = folder / "sentinel.conf"
        self._file.write_text(f"port {self.port}\nsentinel monitor main 127.0.0.1 {primary.port} 1\n")

    def command(self, *, empty: bool = False) -> list[str]:
        return [str(find_server()), str(self._file), "--sentinel"]


async def test_a_password_is_shown(tmp_path: Path, namespace):
    guarded = Guarded(tmp_path)
    guarded.url = f"redis://:s3cret@127.0.0.1:{guarded.port}/3"
    guarded.start()
    try:
        assert await hears_through(guarded.url, namespace)
    finally:
        guarded.stop()


async def test_the_primary_is_asked_of_sentinels(tmp_path: Path, namespace):
    with own_redis(tmp_path) as primary:
        sentinel = Sentinel(tmp_path, primary)
        sentinel.start()
        try:
            url = f"redis+sentinel://127.0.0.1:{sentinel.port}/0?master=main"
            assert await hears_through(url, namespace)
        finally:
            sentinel.stop()
