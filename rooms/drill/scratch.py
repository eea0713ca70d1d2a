"""What the drill may write in Redis: one namespace of its own, found and cleared by its prefix alone.

Every key and channel of it begins with byte 0x01 (the cache's with the namespace itself), so no room, no
other deployment and no bridge but the drill's own has to do with them. Never FLUSHDB, never another prefix.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError, ResponseError

from rooms.connections import close_redis, open_redis
from rooms.drill.errors import CannotStart
from rooms.keys import SCRATCH_NAMESPACE, Keys
from rooms.names import INTERNAL_MARK, Room

ROOM = Room("drill/numbers")
_SCAN = 1000
_LOOK_S = 0.05


@dataclass(frozen=True)
class Scratch:
    """One drill's namespace; `name` is what ROOMS_NAMESPACE says, `namespace` what settings make of it."""

    name: str

    @classmethod
    def make(cls) -> Scratch:
        """A new one, which nobody else has."""
        return cls(f"{SCRATCH_NAMESPACE}{secrets.token_hex(6)}")

    @property
    def namespace(self) -> str:
        return f"{self.name}:"

    @property
    def keys(self) -> Keys:
        return Keys(self.namespace)

    @property
    def channel(self) -> str:
        """Where the numbered publisher speaks."""
        return f"{self.keys.scratch_channels}{ROOM}"

    async def find(self, redis: Redis) -> list[bytes]:
        """Every key of this namespace."""
        found: list[bytes] = []
        for pattern in (f"{INTERNAL_MARK}{self.namespace}*", f"{self.namespace}*"):
            found += [key async for key in redis.scan_iter(pattern, count=_SCAN)]
        return found

    async def flush(self, redis: Redis) -> int:
        """Unlink them all in one step; how many there were."""
        keys = await self.find(redis)
        return int(await redis.unlink(*keys)) if keys else 0

    async def clear(self, redis: Redis) -> None:
        """Unlink until none is left: what a child said last may be on its way, or Redis away for a moment."""
        is_clear = False
        while not is_clear:
            with contextlib.suppress(RedisError, OSError):
                is_clear = not await self.flush(redis)
            await asyncio.sleep(_LOOK_S)


async def check_redis(url: str, scratch: Scratch) -> None:
    """Try all that the drill does to Redis, on a key, a channel and a connection of its own.

    Raises CannotStart.
    """
    client, victim = open_redis(url), open_redis(url)
    key = f"{scratch.keys.keys}probe"
    try:
        await _answers(client)
        number = await _may("CLIENT ID", victim.client_id())
        await _may(f"SET of keys that begin with \\x01{SCRATCH_NAMESPACE}", client.set(key, "1", ex=60))
        await _may("SCAN", scratch.find(client))
        await _may("UNLINK", client.unlink(key))
        await _may(f"PUBLISH on channels that begin with \\x01{SCRATCH_NAMESPACE}", client.publish(key, ""))
        await _may("EVAL", client.eval("return redis.call('TIME')", 1, key))
        await _may("CLIENT KILL", kill_link(client, number))
    finally:
        await close_redis(client)
        await close_redis(victim)


async def kill_link(redis: Redis, number: int) -> None:
    """End one connection, by its id."""
    await redis.client_kill_filter(_id=str(number))


async def _answers(client: Redis) -> None:
    try:
        await client.ping()
    except ResponseError as exc:
        raise CannotStart(f"Redis does not let the site in: {exc}.") from exc
    except (RedisError, OSError) as exc:
        raise CannotStart(
            f"Redis is not reachable at REDIS_URL ({type(exc).__name__}): start it, or set REDIS_URL."
        ) from exc


async def _may(what: str, asking: Awaitable[Any]) -> Any:
    try:
        return await asking
    except NoPermissionError as exc:
        raise CannotStart(f"Redis gives this site's user no permission for {what}.") from exc
    except ResponseError as exc:
        raise CannotStart(f"Redis refuses {what}: {exc}.") from exc
    except (RedisError, OSError) as exc:
        raise CannotStart(f"Redis did not answer {what} ({type(exc).__name__}).") from exc
