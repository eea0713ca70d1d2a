"""The newest frames of a room in this process, so that joins and reconnects need no Redis.

Frames are contiguous and end at the room's position. At most 300 frames and 128 KiB a room, and 64 MiB for
all rooms together; what does not fit is read from the history instead.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rooms.frames import Position

TAIL_FRAMES = 300
TAIL_BYTES = 128 * 1024
ALL_TAILS_BYTES = 64 * 1024 * 1024
# A reading below this size was not cut short by its limit of bytes, whatever the next message's size.
_SURELY_WHOLE_BYTES = 60 * 1024
_HEAD = re.compile(
    rb'\{"type":"message","room":"(?:[^"\\]|\\.)*","epoch":"([^"\\]*)","offset":(\d+),"at":(\d+),'
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One finished message and its place."""

    position: Position
    at_ms: int
    body: bytes


def parse_frame(body: bytes) -> Frame | None:
    """The place that stands in a message's text; None for any other frame. Payloads are not parsed."""
    found = _HEAD.match(body)
    if found is None:
        return None
    return Frame(Position(found[1].decode(), int(found[2])), int(found[3]), body)


def parse_frames(texts: Iterable[str]) -> list[Frame]:
    """The same for texts of the history."""
    return [frame for text in texts if (frame := parse_frame(text.encode()))]


def is_unseen(position: Position, by: Position) -> bool:
    """Whether who stands at `by` cannot have had that message: it is later, or of a later epoch."""
    life, _, generation = position.epoch.partition(".")
    own_life, _, own_generation = by.epoch.partition(".")
    if life != own_life:
        return True
    if generation != own_generation:
        return (len(generation), generation) > (len(own_generation), own_generation)
    return position.offset > by.offset


def parted(frames: Sequence[Frame], here: Position, top: Position) -> tuple[list[Frame], list[Frame]]:
    """Around the one gap: what still follows `here` without a hole, and what stands in the epoch of now.

    The last messages before Redis went were stored but not heard; told behind the gap they would look like a
    second one, because their epoch is the old one.
    """
    before: list[Frame] = []
    for frame in frames:
        if frame.position != Position(here.epoch, here.offset + 1 + len(before)):
            break
        before.append(frame)
    return before, [frame for frame in frames[len(before) :] if frame.position.epoch == top.epoch]


def gap_between(text: str, top: Position, before: Sequence[Frame], after: Sequence[Frame]) -> bytes:
    """A gap of the history, between what is delivered before and after it."""
    body = json.loads(text)
    if before:
        body["from"], body["since_ms"] = before[-1].position.as_body(), before[-1].at_ms
    body["to"] = (after[0].position if after else Position(top.epoch, top.offset + 1)).as_body()
    if after:
        body["until_ms"] = after[0].at_ms
    body["since_ms"] = min(body["since_ms"], body["until_ms"])
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


class Budget:
    """Bytes in all tails of the process."""

    def __init__(self, limit: int = ALL_TAILS_BYTES) -> None:
        self.limit = limit
        self.used = 0


class Tail:
    """The newest frames of one room."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._is_whole = False  # nothing older is kept anywhere
        self._is_closed = False

    def start(self, frames: Sequence[Frame], *, asked: int) -> None:
        """Begin with what the history gave, `asked` for so many."""
        self.clear()
        self._is_whole = len(frames) < asked and sum(len(f.body) for f in frames) < _SURELY_WHOLE_BYTES
        for frame in frames:
            self.append(frame)

    def append(self, frame: Frame) -> None:
        if self._is_closed:
            return
        self._frames.append(frame)
        self._count(len(frame.body))
        while self._frames and self._is_too_much():
            self._count(-len(self._frames.popleft().body))
            self._is_whole = False

    def clear(self) -> None:
        self._count(-self._bytes)
        self._frames.clear()
        self._is_whole = False

    def close(self) -> None:
        """Give back what it used and hold nothing any more, whoever still has it."""
        self.clear()
        self._is_closed = True

    def last(self, count: int) -> list[Frame] | None:
        """The newest `count`, or all there are; None when they are not all here."""
        if count > len(self._frames) and not self._is_whole:
            return None
        return list(self._frames)[len(self._frames) - min(count, len(self._frames)) :]

    def after(self, offset: int, top: int) -> list[Frame] | None:
        """All after that offset up to the top, where the tail ends; None when they are not all here."""
        count = top - offset
        if not 0 <= count <= len(self._frames):
            return None
        return list(self._frames)[len(self._frames) - count :]

    def frame_at(self, offset: int, top: int) -> Frame | None:
        index = len(self._frames) - 1 - (top - offset)
        return self._frames[index] if 0 <= index < len(self._frames) else None

    def _is_too_much(self) -> bool:
        own = len(self._frames) > TAIL_FRAMES or self._bytes > TAIL_BYTES
        return own or self._budget.used > self._budget.limit

    def _count(self, size: int) -> None:
        self._bytes += size
        self._budget.used += size
