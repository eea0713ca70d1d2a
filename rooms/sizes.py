"""How many messages single rooms keep, where a row says so: written where the register script reads it.

Redis forgets such a size with the room itself, or when it comes back empty; so the bridge's process says all
of them again every minute (`keep_told`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from channels.db import database_sync_to_async
from django.db import DatabaseError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from rooms.errors import Unavailable
from rooms.keys import Keys
from rooms.models import Room as RoomRow
from rooms.names import Room
from rooms.scripts import unavailable

logger = logging.getLogger(__name__)

AGAIN_S = 60.0
NO_END = -1
KEPT_S = 30 * 86400
"""As long as the register keeps what it knows of a room without messages."""


async def write_sizes(redis: Redis, namespace: str, sizes: Mapping[Room, int | None]) -> None:
    """Set the size of each room; None puts it back to ROOMS_HISTORY_SIZE. Raises Unavailable."""
    keys = Keys(namespace)
    try:
        async with redis.pipeline(transaction=False) as pipe:
            for room, size in sizes.items():
                if size is None:
                    pipe.hdel(keys.meta(room), "size")
                else:
                    pipe.hset(keys.meta(room), "size", str(size))
            await pipe.execute()
            for room in sizes:
                pipe.ttl(keys.meta(room))
            lives = await pipe.execute()
            # A room that has had no message must not stay for ever; one that has keeps its own time.
            for room in (room for room, life in zip(sizes, lives, strict=True) if life == NO_END):
                pipe.expire(keys.meta(room), KEPT_S)
            await pipe.execute()
    except (RedisError, OSError) as exc:
        raise unavailable(exc) from exc


async def keep_told(redis: Redis, namespace: str) -> None:
    """Say the sizes of all rows now and every minute, until cancelled; what is away is waited for."""
    while True:
        try:
            await write_sizes(redis, namespace, await database_sync_to_async(_sizes)())
        except (Unavailable, DatabaseError) as exc:
            logger.warning("Rooms' own history sizes wait to be told: %s", type(exc).__name__)
        await asyncio.sleep(AGAIN_S)


def _sizes() -> dict[Room, int | None]:
    rows = RoomRow.objects.filter(history_size__isnull=False)
    return {Room(row.name): row.history_size for row in rows}
