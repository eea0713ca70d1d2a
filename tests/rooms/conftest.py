"""What tests of rooms stand on: a client and a namespace of the test's own."""

import secrets
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from rooms.connections import open_redis
from rooms.history import History
from rooms.register import Limits, Register
from rooms.registry import Registry


@pytest.fixture
async def redis(redis_server: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_server)
    yield client
    await client.aclose()


@pytest.fixture
def namespace() -> str:
    return f"t{secrets.token_hex(4)}:"


def make_limits(**changed: int) -> Limits:
    usual = {
        "history_size": 1000,
        "history_bytes": 1 << 20,
        "history_ttl_s": 86400,
        "message_bytes": 65536,
        "rooms": 10000,
    }
    return Limits(**(usual | changed))


@pytest.fixture
def register(redis: Redis, namespace: str) -> Register:
    return Register(redis, namespace, make_limits())


@pytest.fixture
def history(redis: Redis, namespace: str) -> History:
    return History(redis, namespace, settle_s=0.2)


@pytest.fixture
def registry(redis: Redis, namespace: str) -> Registry:
    return Registry(redis, namespace)
