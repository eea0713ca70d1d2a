"""What a process does rooms with, in one hand: register, history, registry and presence on one client."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis

from rooms.history import History
from rooms.presence import Presence
from rooms.register import Register
from rooms.registry import Registry


@dataclass(frozen=True)
class Parts:
    """One set for one event loop; whoever opened the Redis client closes it."""

    redis: Redis
    register: Register
    history: History
    registry: Registry
    presence: Presence


def parts_on(redis: Redis, namespace: str) -> Parts:
    """A set that shares one client."""
    return Parts(
        redis,
        Register(redis, namespace),
        History(redis, namespace),
        Registry(redis, namespace),
        Presence(redis, namespace),
    )
