"""How the bridge is doing, for `/readyz`, the admin and `manage.py up`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from rooms.keys import Keys
from rooms.scripts import unavailable

STALE_MS = 5000


@dataclass(frozen=True)
class BridgeState:
    """What the leading bridge wrote last; `age_ms` since its last marker or message, None: never."""

    has_leader: bool
    age_ms: int | None
    bridges: int
    counts: dict[str, str]

    def fault(self) -> str:
        """What is wrong, as a sentence; empty when a bridge leads and hears itself."""
        if self.age_ms is None:
            return "no bridge has run: start manage.py runbridge"
        if not self.has_leader or self.age_ms > STALE_MS:
            return f"no bridge leads since {self.age_ms / 1000:.0f} s: start manage.py runbridge"
        return ""


async def read_state(redis: Redis, namespace: str) -> BridgeState:
    """Look at it. Raises Unavailable."""
    keys = Keys(namespace)
    try:
        async with redis.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.exists(keys.lease)
            pipe.hget(keys.bridge, "at")
            pipe.zcard(f"{keys.keys}bridges")
            pipe.hgetall(keys.bridge_counts)
            (seconds, micros), has_leader, at, bridges, counts = await pipe.execute()
    except (RedisError, OSError) as exc:
        raise unavailable(exc) from exc
    age_ms = None if at is None else max(0, seconds * 1000 + micros // 1000 - int(at))
    told: dict[Any, Any] = counts
    return BridgeState(
        has_leader=bool(has_leader),
        age_ms=age_ms,
        bridges=int(bridges),
        counts={name.decode(): value.decode() for name, value in told.items()},
    )
