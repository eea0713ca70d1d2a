"""Who leads: a lease in Redis that ends by itself, and a fence that grows with every taking.

The register script refuses an old fence, so a leader that was stopped and wakes up registers nothing more.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Literal

from redis.asyncio import Redis

from rooms.history import SETTLE_S
from rooms.keys import Keys
from rooms.register import FeedPlace
from rooms.scripts import Script

LEASE_S = 3.0
# Readers wait SETTLE_S for the bridge; it must not count on those that have just stopped waiting.
_SAME_FAULT = 0.9

Verb = Literal["take", "look", "renew", "leave"]


@dataclass(frozen=True)
class Standing:
    """What the script answered. `at_ms` is when the last message or marker was registered, 0: never."""

    verdict: Literal["free", "taken", "held", "mine", "lost"]
    fence: int
    place: FeedPlace
    at_ms: int
    now_ms: int
    others: int
    # False from a restart of Redis until a bridge has said that it listens: then no bridge heard everything.
    is_settled: bool


class Lease:
    """One bridge's view of the lease. Everything raises Unavailable."""

    def __init__(self, redis: Redis, namespace: str, *, life_s: float = LEASE_S) -> None:
        self.life_s = life_s
        self.holder = secrets.token_hex(8)
        self._keys = Keys(namespace)
        self._script = Script(redis, "generation.lua", "bridge/lease.lua")

    async def ask(self, verb: Verb) -> Standing:
        """Take the lease if it is free, look, renew it or give it up."""
        answer = await self._script.run(self._key_names(), [verb, self.holder, int(self.life_s * 1000)])
        verdict, fence, mark, count, at, now, others, settled = (part.decode() for part in answer)
        place = FeedPlace(mark, int(count))
        return Standing(verdict, int(fence), place, int(at), int(now), int(others), settled == "1")

    async def tell_unheard(
        self, fence: int, *, since_ms: int, until_ms: int, pattern: str, kept_s: int
    ) -> str:
        """Record and announce what no bridge heard, once; without an interval only say that one listens.

        Answers "told", "nothing", "epoch" (a new epoch tells it already) or "lost".
        """
        settle_ms = int(SETTLE_S * 1000 * _SAME_FAULT)
        spoken = json.dumps(pattern, ensure_ascii=False)
        told: bytes = await self._script.run(
            self._key_names(),
            ["tell", self.holder, 0, str(fence), since_ms, until_ms, spoken, settle_ms, kept_s * 1000],
        )
        return told.decode()

    def _key_names(self) -> list[str]:
        return [self._keys.keys, self._keys.channels, self._keys.lease]
