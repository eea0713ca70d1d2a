"""The rooms that exist: found by their messages, with last value, age, rate and learned interval.

Calls' rooms and rooms that were only joined are not listed. A room that is silent for 30 days makes place for
others when the list is full; at most ROOMS_MAX are listed.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from rooms.errors import BadMessage
from rooms.frames import Position
from rooms.keys import Keys
from rooms.names import Room
from rooms.scripts import unavailable

LATE_INTERVALS = 3
LATE_AT_LEAST_MS = 5000
_SCAN = 500
_Found = list[tuple[Room, int]]
_FIELDS = ("random", "offset", "at", "rate", "interval", "count", "payload", "flags", "kept")


@dataclass(frozen=True)
class RoomState:
    """One room as it was at `now_ms` (Redis' clock). `too_large` is the size of a last payload not kept."""

    room: Room
    position: Position
    at_ms: int
    payload: bytes
    too_large: int
    rate_per_min: float
    interval_ms: float
    now_ms: int
    kept: bool

    def is_late(self, expected_ms: float = 0) -> bool:
        """Whether more than three intervals are over; the learned one, unless one is expected."""
        interval = expected_ms or self.interval_ms
        return interval > 0 and self.now_ms - self.at_ms > max(LATE_INTERVALS * interval, LATE_AT_LEAST_MS)


@dataclass(frozen=True)
class Page:
    """Rooms, newest activity first, and where to go on (None: that was all)."""

    rooms: list[RoomState]
    next: str | None


_LONGEST_TIME = 15


@dataclass(frozen=True)
class Fill:
    """How full the registry is; `unkept` messages were relayed without history for want of room."""

    rooms: int
    unkept: int


class Registry:
    """Reads what the register script wrote; one for each event loop."""

    def __init__(self, redis: Redis, namespace: str) -> None:
        self._redis = redis
        self._keys = Keys(namespace)

    async def list(self, *, search: str = "", after: str = "", limit: int = 100) -> Page:
        """Rooms whose name contains the text (whatever its case). Raises BadMessage for a wrong `after`."""
        start = _read_cursor(after) if after else (math.inf, "")
        try:
            found = await self._scan(search.casefold(), start, limit + 1)
            states = await self.states([room for room, _ in found[:limit]])
        except (RedisError, OSError) as exc:
            raise unavailable(exc) from exc
        next_ = _write_cursor(*found[limit - 1]) if len(found) > limit else None
        return Page([states[room] for room, _ in found[:limit] if room in states], next_)

    async def states(self, rooms: Sequence[Room]) -> dict[Room, RoomState]:
        """The rooms that have had a message, by name. Raises Unavailable."""
        if not rooms:
            return {}
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.time()
                pipe.hget(f"{self._keys.keys}gen", "g")
                for room in rooms:
                    pipe.hmget(self._keys.meta(room), *_FIELDS)
                (seconds, micros), generation, *rows = await pipe.execute()
        except (RedisError, OSError) as exc:
            raise unavailable(exc) from exc
        now_ms = seconds * 1000 + micros // 1000
        known = zip(rooms, rows, strict=True)
        epoch = (generation or b"0").decode()
        return {room: _state(room, row, epoch, now_ms) for room, row in known if int(row[1] or 0)}

    async def fill(self) -> Fill:
        """How many rooms are kept, and how many messages were not. Raises Unavailable."""
        try:
            rooms = await self._redis.zcard(self._keys.index)
            unkept: Any = await self._redis.get(self._keys.unkept)
        except (RedisError, OSError) as exc:
            raise unavailable(exc) from exc
        return Fill(int(rooms), int(unkept or 0))

    async def _scan(self, needle: str, start: tuple[float, str], wanted: int) -> _Found:
        """Walk the index from the newest; a room that moves up meanwhile is not shown a second time."""
        found: _Found = []
        top: Any = "+inf" if math.isinf(start[0]) else int(start[0])
        skipped = 0
        while len(found) < wanted:
            rows: Any = await self._redis.zrevrangebyscore(
                self._keys.index, top, "-inf", start=skipped, num=_SCAN, withscores=True
            )
            for name, score in rows:
                room = Room(name.decode())
                is_after = not start[1] or (score, name) < (start[0], start[1].encode())
                if is_after and needle in room.casefold():
                    found.append((room, int(score)))
            if len(rows) < _SCAN:
                break
            skipped += _SCAN
        return found[:wanted]


def _state(room: Room, row: list[Any], generation: str, now_ms: int) -> RoomState:
    random, offset, at, rate, interval, count, payload, flags, kept = row
    at_ms = int(at or 0)
    is_large = b"z" in (flags or b"")
    age_min = max(0, now_ms - at_ms) / 60000
    return RoomState(
        room=room,
        position=Position(f"{random.decode()}.{generation}", int(offset)),
        at_ms=at_ms,
        payload=b"" if is_large else (payload or b""),
        too_large=int(payload) if is_large else 0,
        rate_per_min=round(float(rate or 0) * math.exp(-age_min), 1),
        interval_ms=float(interval or 0) if int(count or 0) > 2 else 0.0,
        now_ms=now_ms,
        kept=kept == b"1",
    )


def _write_cursor(room: Room, at_ms: int) -> str:
    return base64.urlsafe_b64encode(f"{at_ms}:{room}".encode()).decode()


def _read_cursor(text: str) -> tuple[float, str]:
    try:
        at, _, room = base64.urlsafe_b64decode(text.encode()).decode().partition(":")
    except (binascii.Error, ValueError) as exc:
        raise BadMessage("This is no place in the list.", field="after") from exc
    # A time in ms; a longer number would be more than a float can hold.
    if not (at.isascii() and at.isdigit() and len(at) <= _LONGEST_TIME):
        raise BadMessage("This is no place in the list.", field="after")
    return int(at), room
