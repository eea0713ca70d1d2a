"""How many sockets watch a room, over all processes.

Each process writes its own counts and writes them again every few seconds; counts of a process that was
killed are gone `LEASE_S` after its last beat.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence

from redis.asyncio import Redis
from redis.exceptions import RedisError

from rooms.keys import Keys
from rooms.names import Room
from rooms.scripts import unavailable

BEAT_S = 5.0
LEASE_S = 15.0


class Presence:
    """One for each process; `beat` is called every BEAT_S and whenever counts change."""

    def __init__(self, redis: Redis, namespace: str, *, lease_s: float = LEASE_S) -> None:
        self._redis = redis
        self._keys = Keys(namespace)
        self._lease_s = lease_s
        self._process = secrets.token_hex(8)
        self._told: dict[Room, int] = {}
        self._lock = asyncio.Lock()

    async def beat(self, counts: Mapping[Room, int]) -> None:
        """Say how many sockets of this process watch each room; a room left out is watched by none.

        Raises Unavailable.
        """
        async with self._lock:
            now = {room: count for room, count in counts.items() if count}
            try:
                await self._write(now, set(self._told) - set(now))
            except (RedisError, OSError) as exc:
                raise unavailable(exc) from exc
            self._told = now

    async def watchers(self, rooms: Sequence[Room], *, elsewhere: bool = False) -> dict[Room, int]:
        """Sockets in each of the rooms, or those of other processes alone. Raises Unavailable."""
        if not rooms:
            return {}
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.time()
                for room in rooms:
                    pipe.hgetall(self._keys.watchers(room))
                (seconds, _), *rows = await pipe.execute()
        except (RedisError, OSError) as exc:
            raise unavailable(exc) from exc
        if elsewhere:
            for row in rows:
                row.pop(self._process.encode(), None)
        return {room: _alive(row, seconds) for room, row in zip(rooms, rows, strict=True)}

    async def _write(self, now: Mapping[Room, int], left: set[Room]) -> None:
        seconds, micros = await self._redis.time()
        until = seconds + micros / 1e6 + self._lease_s
        async with self._redis.pipeline(transaction=False) as pipe:
            for room, count in now.items():
                key = self._keys.watchers(room)
                pipe.hset(key, self._process, f"{count}:{until:.3f}")
                pipe.expire(key, int(self._lease_s) + 1)
            for room in left:
                pipe.hdel(self._keys.watchers(room), self._process)
            await pipe.execute()


def _alive(row: dict[bytes, bytes], now_s: float) -> int:
    total = 0
    for value in row.values():
        count, _, until = value.partition(b":")
        total += int(count) if float(until) > now_s else 0
    return total
