"""One room as this process knows it: who is in it, where it stands, what it delivered last. No I/O.

A room is settled when its position is known and nothing is being read for it; only then do frames go through
at once. Else they wait here, and whoever reads the history puts the two together by offset.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rooms import names
from rooms.frames import Position
from rooms.hub.tail import Budget, Frame, Tail, is_unseen
from rooms.names import Room
from rooms.sinks import Sink

if TYPE_CHECKING:
    from rooms.hub.socket import Socket

LONGEST_WAIT_FRAMES = 2000
LONGEST_WAIT_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What a join is told."""

    position: Position
    recovered: bool | None
    frames: Sequence[Frame]
    gaps: Sequence[str] = ()
    more: bool = False

    def as_frame(self, room: Room, watchers: int) -> bytes:
        """`{"type":"joined", …}`, put together from finished texts."""
        head = {"type": "joined", "room": room, **self.position.as_body(), "recovered": self.recovered}
        more = b',"more":true' if self.more else b""
        return b"".join(
            (
                json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1].encode(),
                b',"messages":[',
                b",".join(frame.body for frame in self.frames),
                b'],"watchers":%d,"gaps":[' % watchers,
                ",".join(self.gaps).encode(),
                b"]",
                more,
                b"}",
            )
        )


@dataclass
class Waiting:
    """Frames that arrived while the room was not settled."""

    frames: list[Frame] = field(default_factory=list)
    size: int = 0
    overflowed: bool = False

    def add(self, frame: Frame) -> None:
        self.size += len(frame.body)
        if len(self.frames) >= LONGEST_WAIT_FRAMES or self.size > LONGEST_WAIT_BYTES:
            self.overflowed = True
            return
        self.frames.append(frame)

    def drop_older_epochs(self, first: int, epoch: str) -> None:
        """Of the first so many, which came before a reading found that epoch, drop those of any other.

        Theirs is over, as when a room was forgotten behind them: no reading will ever lead up to them.
        """
        before = self.frames[:first]
        self.size -= sum(len(frame.body) for frame in before if frame.position.epoch != epoch)
        self.frames[:first] = [frame for frame in before if frame.position.epoch == epoch]


class LocalRoom:
    """State of one room; `holders` have joined or are joining, `members` get what is delivered."""

    def __init__(self, room: Room, namespace: str, budget: Budget) -> None:
        self.room = room
        self.channel = names.group_channel_of(room, namespace).encode()
        self.holders: dict[Socket, None] = {}
        self.members: dict[Socket, Sink] = {}
        self._fan_outs: list[set[Sink]] = []
        self.delivering = asyncio.Lock()  # later frames must not overtake a fan-out that let others run
        self.position: Position | None = None
        self.tail = Tail(budget)
        self.settling: asyncio.Task[None] | None = None
        self.readings: dict[tuple[Position | None, int], asyncio.Task[Answer]] = {}
        self.waiting = Waiting()
        self.unheard_until_ms = 0
        self.others = 0  # watchers in other processes
        self.told_watchers: int | None = None

    def let_in(self, socket: Socket) -> None:
        """Deliver to the socket from the room's position on."""
        self.let_out(socket)
        self.members[socket] = socket.sink

    def let_out(self, socket: Socket) -> None:
        """Deliver nothing more to it, not even of a fan-out that is under way. Twice is once."""
        if sink := self.members.pop(socket, None):
            for gone in self._fan_outs:
                gone.add(sink)

    @contextmanager
    def fan_out(self) -> Iterator[set[Sink]]:
        """Who goes, or joins anew, while a fan-out over the members of now lets others run."""
        gone: set[Sink] = set()
        self._fan_outs.append(gone)
        try:
            yield gone
        finally:
            self._fan_outs = [one for one in self._fan_outs if one is not gone]

    @property
    def watchers(self) -> int:
        return self.others + len(self.holders)

    @property
    def is_settled(self) -> bool:
        return self.position is not None and self.settling is None

    def take(self, frames: Sequence[Frame]) -> list[Frame]:
        """What may be delivered now; after a hole the rest waits, and `is_broken` says so."""
        if not self.is_settled:
            for frame in frames:
                self.waiting.add(frame)
            return []
        return self.splice(frames)

    def splice(self, frames: Sequence[Frame]) -> list[Frame]:
        """Go on from the position: drop what is known, stop before a hole."""
        fresh: list[Frame] = []
        for index, frame in enumerate(frames):
            assert self.position is not None
            here, place = self.position, frame.position
            if not is_unseen(place, here):
                continue
            if place.epoch != here.epoch or place.offset != here.offset + 1:
                for later in frames[index:]:
                    self.waiting.add(later)
                break
            self.position = place
            self.tail.append(frame)
            fresh.append(frame)
        return fresh

    @property
    def is_broken(self) -> bool:
        """A settled room whose next message is not the one that came."""
        return self.is_settled and bool(self.waiting.frames or self.waiting.overflowed)

    def take_waiting(self) -> Waiting:
        waiting, self.waiting = self.waiting, Waiting()
        return waiting

    def answer_from_tail(self, since: Position | None, last: int) -> Answer | None:
        """A join's answer without Redis, when everything it needs is here."""
        here = self.position
        assert here is not None
        if since is None:
            frames = self.tail.last(last)
            oldest = frames[0] if frames else None
            recovered = None
        else:
            if since.epoch != here.epoch:
                return None
            frames = self.tail.after(since.offset, here.offset)
            oldest = self.tail.frame_at(since.offset, here.offset)
            recovered = True
        if frames is None or not self._is_after_unheard(oldest):
            return None
        return Answer(here, recovered, frames)

    def _is_after_unheard(self, oldest: Frame | None) -> bool:
        """What no bridge heard is told from the history, where it is recorded."""
        return not self.unheard_until_ms or (oldest is not None and oldest.at_ms >= self.unheard_until_ms)
