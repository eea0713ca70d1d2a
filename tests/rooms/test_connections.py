"""What REDIS_URL may say."""

import asyncio

import pytest
from channels.layers import get_channel_layer

from rooms.connections import BadRedisAddress, open_redis, open_redis_sync, parse_address


@pytest.mark.parametrize(
    ("url", "database"),
    [("redis://h:1/3", 3), ("rediss://:p@h", 0), ("redis://h?db=4", 4), ("unix:///run/redis.sock?db=2", 2)],
)
def test_one_server(url, database):
    address = parse_address(url)
    assert address.database == database
    assert (address.url, address.sentinels) == (url, ())


def test_sentinels_and_their_primary():
    address = parse_address("redis+sentinel://:p%40w@h1:1,h2/5?master=main")
    assert address.sentinels == (("h1", 1), ("h2", 26379))
    assert (address.master, address.database, address.password) == ("main", 5, "p@w")


async def test_idle_channel_of_the_layer_waits_quietly(redis_server: str):
    """Longer than the 5 s after which redis-py 8 ends a read by itself."""
    layer = get_channel_layer()
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(6):
            await layer.receive("idle")
    assert type(caught.value) is TimeoutError


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "h:6379",
        "redis://h/first",
        "redis+sentinel://h1:1/0",
        "redis+sentinel:///0?master=m",
        "redis+sentinel://h:port/0?master=m",
    ],
)
def test_what_is_no_address(url):
    with pytest.raises(BadRedisAddress):
        parse_address(url)


def test_a_password_is_not_shown():
    assert "hunter2" not in repr(parse_address("redis+sentinel://:hunter2@h:1/0?master=m"))


async def test_clients_open_from_the_address(redis_server: str):
    client = open_redis(redis_server)
    try:
        assert await client.ping()
    finally:
        await client.aclose()
    with open_redis_sync(redis_server) as sync_client:
        assert sync_client.ping()
