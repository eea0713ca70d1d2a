"""Alive and ready are two questions."""

import secrets
import time

import pytest
from django.test import AsyncClient

from rooms.connections import open_redis_sync
from rooms.keys import Keys


@pytest.fixture(autouse=True)
def bridge(settings, redis_server):
    """Redis as a bridge that leads leaves it."""
    settings.ROOMS_NAMESPACE = f"t{secrets.token_hex(4)}:"
    keys = Keys(settings.ROOMS_NAMESPACE)
    with open_redis_sync(redis_server) as client:
        client.set(keys.lease, "bridge", ex=60)
        client.hset(keys.bridge, "at", int(time.time() * 1000))
        yield keys


async def test_alive_asks_for_nothing():
    answer = await AsyncClient().get("/healthz")
    assert answer.status_code == 200


async def test_ready_when_all_is_there(transactional_db, settings):
    settings.REALTIME_PROVIDER = "openai"
    answer = await AsyncClient().get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_not_ready_names_redis(transactional_db, settings):
    settings.REALTIME_PROVIDER = "openai"
    settings.REDIS_URL = settings.NO_REDIS_URL
    answer = await AsyncClient().get("/readyz")
    assert answer.status_code == 503
    assert list(answer.json()["not_ready"]) == ["redis"]


def test_a_site_without_a_redis_reaches_for_nobody_elses(settings):
    with open_redis_sync(settings.NO_REDIS_URL) as client:
        assert client.get_connection_kwargs()["port"] == 1


async def test_not_ready_names_a_missing_bridge(transactional_db, settings, bridge, redis_server):
    settings.REALTIME_PROVIDER = "openai"
    with open_redis_sync(redis_server) as client:
        client.delete(bridge.lease)
    answer = await AsyncClient().get("/readyz")
    assert answer.status_code == 503
    assert list(answer.json()["not_ready"]) == ["bridge"]
    assert "runbridge" in answer.json()["not_ready"]["bridge"]


async def test_not_ready_names_the_engine_when_it_is_local(transactional_db, settings):
    settings.REALTIME_PROVIDER = "local"
    settings.REALTIME_BASE_URL = "http://127.0.0.1:9/v1"
    answer = await AsyncClient().get("/readyz")
    assert list(answer.json()["not_ready"]) == ["engine"]


async def test_not_ready_names_missing_migrations(transactional_db, settings):
    from channels.db import database_sync_to_async
    from django.db.migrations.recorder import MigrationRecorder

    settings.REALTIME_PROVIDER = "openai"
    row = MigrationRecorder.Migration.objects
    await database_sync_to_async(lambda: row.filter(app="sessions").delete())()
    try:
        answer = await AsyncClient().get("/readyz")
    finally:
        await database_sync_to_async(lambda: row.create(app="sessions", name="0001_initial"))()
    assert "migrations to apply" in answer.json()["not_ready"]["database"]
