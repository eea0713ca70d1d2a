"""What is kept of a room, and whether a reader who comes back can be given all it missed.

Promises: recovery is all or nothing. `recovered` is true only when every message after the reader's place
is there (or is fetched by reading on while `more`), false with exactly one gap otherwise, and None when no
place was given. What no bridge heard has no place; its records stand among
the gaps beside what was recovered.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from redis.asyncio import Redis

from rooms.frames import GapReason, Position, gap_frame, head_of, join_frame
from rooms.keys import Keys
from rooms.names import Room, digest_of
from rooms.patterns import Patterns
from rooms.scripts import Argument, Script

JOINED_MESSAGES = 500
JOINED_BYTES = 262_144
# After a restart of Redis the bridge listens again within this time; who asks meanwhile waits, so that one
# restart is one gap and not one more for what was published before the bridge was back.
SETTLE_S = 2.0
_POLL_S = 0.05
# What the epoch, offset and time add to a frame, at most.
_PLACE_BYTES = 90


@dataclass(frozen=True)
class Reading:
    """One answer. `position` is the place of its last message while there is `more`, else the room's."""

    position: Position
    recovered: bool | None
    frames: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    more: bool = False


class History:
    """Reads streams; one for each event loop."""

    def __init__(self, redis: Redis, namespace: str, *, settle_s: float = SETTLE_S) -> None:
        self._keys = Keys(namespace)
        self._script = Script(redis, "generation.lua", "history.lua")
        self._settle_s = settle_s

    async def read(
        self,
        room: Room,
        *,
        since: Position | None = None,
        last: int = 0,
        limit: int = JOINED_MESSAGES,
        max_bytes: int = JOINED_BYTES,
    ) -> Reading:
        """All after `since`, or the newest `last`. A room that is not known answers the empty epoch.

        Raises Unavailable.
        """
        deadline = time.monotonic() + self._settle_s
        while True:
            answer = await self._ask(room, since, last=last, limit=limit, max_bytes=max_bytes)
            if time.monotonic() >= deadline or not self._is_settling(answer, since):
                return _reading(room, since, answer)
            await asyncio.sleep(_POLL_S)

    async def _ask(
        self, room: Room, since: Position | None, *, last: int, limit: int, max_bytes: int
    ) -> _Answer:
        head = len(head_of(room).encode()) + _PLACE_BYTES
        place: list[Argument] = [since.epoch, since.offset] if since else ["", 0]
        ttl_ms = settings.ROOMS_HISTORY_TTL_S * 1000
        keys = [self._keys.keys, self._keys.channels]
        row = await self._script.run(keys, [digest_of(room), *place, last, limit, max_bytes, ttl_ms, head])
        return _Answer.from_row(row)

    def _is_settling(self, answer: _Answer, since: Position | None) -> bool:
        """Whether Redis has just started and the bridge has not said that it listens again."""
        began_ms, heard_ms, is_fresh = answer.run[0], answer.run[1], answer.run[2]
        if heard_ms or answer.now_ms - began_ms > self._settle_s * 1000:
            return False
        # An empty Redis looks like a new deployment; only who comes from an older one must wait.
        return not is_fresh if since is None else since.epoch != answer.position.epoch


@dataclass(frozen=True)
class _Answer:
    """The script's row, read."""

    verdict: str
    position: Position
    now_ms: int
    since_ms: int
    born_ms: int
    more: bool
    random: str
    unheard: list[bytes]
    entries: list[Any]
    run: tuple[int, int, int, int]

    @classmethod
    def from_row(cls, row: Any) -> _Answer:
        began, heard, fresh, proven = (int(value or 0) for value in row[10])
        return cls(
            verdict=row[0].decode(),
            position=Position(row[1].decode(), int(row[2])),
            now_ms=int(row[3]),
            since_ms=int(row[4]),
            born_ms=int(row[5]),
            more=bool(row[6]),
            random=row[7].decode(),
            unheard=row[8],
            entries=row[9],
            run=(began, heard, fresh, proven),
        )


def _reading(room: Room, since: Position | None, answer: _Answer) -> Reading:
    head = head_of(room)
    frames = [_frame(head, answer.random, entry) for entry in answer.entries]
    position = answer.position
    if answer.more:
        position = _position(answer.random, answer.entries[-1])
    if since is None:
        return Reading(position, None, frames, _unheard(room, answer))
    if answer.verdict == "all":
        return Reading(position, True, frames, _unheard(room, answer), answer.more)
    return Reading(position, False, frames, [_gap(room, since, answer)])


def _gap(room: Room, since: Position, answer: _Answer) -> str:
    """The one gap of a reader who cannot be given everything; it ends where what is known begins.

    Messages of an older epoch may stand among the newest, but nothing is known between epochs.
    """
    top = answer.position
    known = (entry for entry in answer.entries if _position(answer.random, entry).epoch == top.epoch)
    first = next(known, None)
    reason: GapReason = "trimmed" if answer.verdict == "trimmed" else "epoch"
    began_ms, _, _, proven_ms = answer.run
    since_ms = answer.since_ms or ((proven_ms or began_ms) if reason == "epoch" else answer.born_ms)
    return gap_frame(
        room,
        from_=since,
        to=_position(answer.random, first) if first else Position(top.epoch, top.offset + 1),
        since_ms=since_ms,
        until_ms=_time(first) if first else answer.now_ms,
        reason=reason,
    )


def _unheard(room: Room, answer: _Answer) -> list[str]:
    return unheard_frames(room, [json.loads(text) for text in answer.unheard])


def unheard_frames(room: Room, records: Sequence[dict[str, Any]]) -> list[str]:
    """The gaps of that room among what no bridge heard: `[{"pattern", "since_ms", "until_ms"}]`."""
    return [
        gap_frame(
            room,
            from_=None,
            to=None,
            since_ms=record["since_ms"],
            until_ms=record["until_ms"],
            reason="not_heard",
        )
        for record in records
        if Patterns.from_text(record["pattern"]).covers(room)
    ]


def _frame(head: str, random: str, entry: Any) -> str:
    return join_frame(head, _position(random, entry), _time(entry), entry[1][5].decode())


def _position(random: str, entry: Any) -> Position:
    generation: bytes = entry[1][1]
    return Position(f"{random}.{generation.decode()}", int(entry[0].partition(b"-")[0]))


def _time(entry: Any) -> int:
    return int(entry[1][3])
