"""Redis addresses: what REDIS_URL may say, and how a client is opened from it.

`redis://`, `rediss://` and `unix://` name one server;
`redis+sentinel://[:password@]host:port,host:port/0?master=NAME` names Sentinels and their primary.
Clients belong to the event loop (or thread) that opens them: open one at an edge, pass it on, close it.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import redis
import redis.asyncio

SENTINEL_SCHEME = "redis+sentinel"
SENTINEL_PORT = 26379
CONNECT_TIMEOUT_S = 5.0


class BadRedisAddress(ValueError):
    """The text is no address of a Redis; the message says what is wanted and repeats no password."""


@dataclass(frozen=True)
class RedisAddress:
    """One Redis, or the Sentinels that know it."""

    url: str = field(repr=False)
    database: int
    sentinels: tuple[tuple[str, int], ...] = ()
    master: str = ""
    password: str = field(default="", repr=False)


def parse_address(url: str) -> RedisAddress:
    """Read a REDIS_URL. Raises BadRedisAddress."""
    parts = urlsplit(url)
    if parts.scheme in ("redis", "rediss", "unix"):
        query_database = parse_qs(parts.query).get("db", [""])[0]
        path_database = "" if parts.scheme == "unix" else parts.path.strip("/")
        return RedisAddress(url, _database(path_database or query_database))
    if parts.scheme != SENTINEL_SCHEME:
        raise BadRedisAddress("wanted redis://, rediss:// or redis+sentinel://")
    master = parse_qs(parts.query).get("master", [""])[0]
    if not master:
        raise BadRedisAddress("wanted ?master=NAME at the end of a redis+sentinel:// address")
    credentials, _, hosts = parts.netloc.rpartition("@")
    password = unquote(credentials.partition(":")[2])
    sentinels = tuple(_host_and_port(host) for host in hosts.split(",") if host)
    if not sentinels:
        raise BadRedisAddress("wanted at least one Sentinel as host:port")
    return RedisAddress(url, _database(parts.path.strip("/")), sentinels, master, password)


def open_redis(url: str, *, timeout_s: float = CONNECT_TIMEOUT_S) -> redis.asyncio.Redis:
    """An asyncio client whose connects and commands give up after the time-out."""
    address = parse_address(url)
    options: dict[str, Any] = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    if not address.sentinels:
        return redis.asyncio.Redis.from_url(url, **options)
    sentinel = redis.asyncio.Sentinel(list(address.sentinels), **options)  # type: ignore[no-untyped-call]
    primary: redis.asyncio.Redis = sentinel.master_for(
        address.master, db=address.database, password=address.password or None, **options
    )
    return primary


async def close_redis(client: redis.asyncio.Redis) -> None:
    """Close a client and the connections to Sentinels that it opened, which `aclose` alone leaves open."""
    await client.aclose()
    manager: Any = getattr(client.connection_pool, "sentinel_manager", None)
    for sentinel in manager.sentinels if manager else ():
        await sentinel.aclose()


def open_redis_sync(url: str, *, timeout_s: float = CONNECT_TIMEOUT_S) -> redis.Redis:
    """The same for code that is not async."""
    address = parse_address(url)
    options: dict[str, Any] = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    if not address.sentinels:
        return redis.Redis.from_url(url, **options)
    sentinel = redis.Sentinel(list(address.sentinels), **options)  # type: ignore[no-untyped-call]
    primary: redis.Redis = sentinel.master_for(  # type: ignore[no-untyped-call]
        address.master, db=address.database, password=address.password or None, **options
    )
    return primary


def _database(text: str) -> int:
    if text and not text.isdigit():
        raise BadRedisAddress("wanted a database number after the last slash")
    return int(text or 0)


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.partition(":")
    if port and not port.isdigit():
        raise BadRedisAddress("wanted host:port for every Sentinel")
    return host, int(port or SENTINEL_PORT)
