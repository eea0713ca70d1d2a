"""Who owns a running call: a lease in Redis with a heartbeat, one key a call.

Promises: at most one process holds a call while its heartbeat beats; a dead holder's call is free
`TTL_S` later. When Redis forgets everything, holders write their leases again at the next beat, and
takers wait for two looks (`voice.calls`), so a call does not change hands by a Redis restart.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from typing import Any

from redis.asyncio import Redis

TTL_S = 4.0
BEAT_S = 1.0

# KEYS[1] lease; ARGV owner, ms. 1: ours (again), 0: somebody else's.
_RENEW = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Leases:
    """The leases of one process. `owner` is the channel-layer channel that reaches it."""

    def __init__(self, redis: Redis, *, owner: str, namespace: str, ttl_s: float = TTL_S) -> None:
        self.owner = owner
        self._redis = redis
        self._ttl_s = ttl_s
        self._prefix = f"\x01{namespace}call:"

    async def take(self, call: uuid.UUID) -> bool:
        """Take or renew; False when another process holds it."""
        ms = int(self._ttl_s * 1000)
        return bool(await self._redis.eval(_RENEW, 1, self._key(call), self.owner, ms))

    async def renew(self, calls: Iterable[uuid.UUID]) -> set[uuid.UUID]:
        """Take or renew all of them in one round trip; those that another process holds."""
        wanted = list(calls)
        if not wanted:
            return set()
        ms = int(self._ttl_s * 1000)
        async with self._redis.pipeline(transaction=False) as pipe:
            for call in wanted:
                pipe.eval(_RENEW, 1, self._key(call), self.owner, ms)
            kept = await pipe.execute()
        return {call for call, is_ours in zip(wanted, kept, strict=True) if not is_ours}

    async def release(self, call: uuid.UUID) -> None:
        await self._redis.eval(_RELEASE, 1, self._key(call), self.owner)

    async def holder(self, call: uuid.UUID) -> str:
        """The holder's channel, or nothing."""
        value: Any = await self._redis.get(self._key(call))
        return value.decode() if value else ""

    async def free(self, calls: Iterable[uuid.UUID]) -> set[uuid.UUID]:
        """Those that nobody holds."""
        wanted = list(calls)
        if not wanted:
            return set()
        holders = await self._redis.mget([self._key(call) for call in wanted])
        return {call for call, holder in zip(wanted, holders, strict=True) if holder is None}

    async def announce(self) -> None:
        """Say that this process is alive and takes calls."""
        now_s = time.time()
        key = f"{self._prefix}owners"
        await self._redis.zadd(key, {self.owner: now_s + self._ttl_s})
        await self._redis.zremrangebyscore(key, "-inf", now_s - 60)

    async def others(self) -> list[str]:
        """Processes that could take calls over, as far as their last beat tells."""
        alive: Any = await self._redis.zrevrangebyscore(f"{self._prefix}owners", "+inf", time.time())
        return [name.decode() for name in alive if name.decode() != self.owner]

    async def withdraw(self) -> None:
        await self._redis.zrem(f"{self._prefix}owners", self.owner)

    def _key(self, call: uuid.UUID) -> str:
        return f"{self._prefix}lease:{call}"
