"""What a room is, and what one reader was told of it: two sides that fuzz tests hold against each other.

`RoomModel` knows all that was ever registered and what must still be kept. `Ledger` takes what a reader is
told, word by word, and fails at the first that breaks the promise: every message once and in order, or one
gap from where the reader stood to where it goes on.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from rooms.frames import Position, message_frame, tail_of
from rooms.names import Room
from rooms.register import Registered


@dataclass
class RoomModel:
    """One room. `kept` holds indices into what was ever registered, oldest first."""

    room: Room
    history_size: int
    history_bytes: int
    is_kept: bool = True
    frames: dict[Position, str] = field(default_factory=dict)
    indices: dict[Position, int] = field(default_factory=dict)
    kept: list[Position] = field(default_factory=list)
    sizes: dict[Position, int] = field(default_factory=dict)
    top: Position | None = None

    def registered(self, done: Registered, payload: bytes, *, too_large: int = 0) -> None:
        """Enter one message; its place must be the next one, and one that nothing else ever had."""
        place = done.position
        assert place not in self.frames, f"{place} was given twice"
        assert done.kept == self.is_kept
        assert place.offset == (self.top.offset if self.top else 0) + 1, f"{place} after {self.top}"
        self.indices[place] = len(self.frames)
        self.frames[place] = message_frame(self.room, place, done.at_ms, payload, too_large=too_large)
        self.sizes[place] = len(tail_of(payload, too_large=too_large).encode())
        self.top = place
        if self.is_kept:
            self.kept.append(place)
            self._trim()

    def saved(self) -> tuple[Position | None, list[Position], int]:
        """What a copy of Redis' data knows of the room."""
        return self.top, list(self.kept), self.history_size

    def restore(self, top: Position | None, kept: list[Position], history_size: int) -> None:
        """Redis is back with what it had then, or with nothing."""
        self.top, self.kept, self.history_size = top, list(kept), history_size

    def _trim(self) -> None:
        while len(self.kept) > 1 and (
            len(self.kept) > self.history_size
            or sum(self.sizes[place] for place in self.kept) > self.history_bytes
        ):
            del self.kept[0]

    def after(self, since: Position, now: Position) -> list[Position] | None:
        """All that a reader at `since` lacks, or None when it is not all kept."""
        if since.epoch != now.epoch or since.offset > now.offset:
            return None
        missing = [place for place in self.kept if place.offset > since.offset]
        return missing if len(missing) == now.offset - since.offset else None


class Ledger:
    """What one reader was given since it began."""

    def __init__(self, model: RoomModel) -> None:
        self._model = model
        self.place: Position | None = None
        self._index = -1
        self._unchecked: deque[str | None] = deque()

    def begin(self, top: Position, texts: list[str]) -> None:
        """A first join: the newest messages, then from the top on."""
        self._unchecked.append(None)
        if texts:
            first = position_of(texts[0])
            self.place = Position(first.epoch, first.offset - 1)
            self.newest(texts, top)
        self.place = top

    def newest(self, texts: list[str], top: Position) -> None:
        """Messages that end at the top; epochs may follow one another in them, offsets may not lack."""
        for text in texts:
            self._check_text(text)
        offsets = [position_of(text).offset for text in texts]
        assert offsets == list(range(top.offset - len(texts) + 1, top.offset + 1)), (offsets, top)

    def message(self, text: str) -> None:
        """One message that must be the next."""
        place = position_of(text)
        assert self.place is not None
        assert place == Position(self.place.epoch, self.place.offset + 1), f"{place} after {self.place}"
        self._check_text(text)
        self.place = place

    def _check_text(self, text: str) -> None:
        self._unchecked.append(text)
        self.check()

    def check(self, *, every: bool = False) -> None:
        """Against what was published; a reader may hear a message before its publisher is told its place."""
        while self._unchecked:
            text = self._unchecked[0]
            place = position_of(text) if text else None
            if place and place not in self._model.frames:
                assert not every, f"{place} was never published"
                return
            self._unchecked.popleft()
            if text is None or place is None:
                self._index = -1
                continue
            assert text == self._model.frames[place], "not as it was published"
            assert self._model.indices[place] > self._index, f"{place} twice or out of order"
            self._index = self._model.indices[place]

    def gap(self, gap: dict[str, Any], top: Position) -> None:
        """One gap, from where the reader stands."""
        assert self.place is not None
        assert gap["from"] == self.place.as_body(), f"{gap} for who stands at {self.place}"
        to = Position(**gap["to"])
        is_of_one_epoch = to.epoch == self.place.epoch
        assert not is_of_one_epoch or to.offset > self.place.offset + 1, f"nothing lies in {gap}"
        assert gap["reason"] == ("trimmed" if is_of_one_epoch else "epoch")
        assert to.epoch == top.epoch and to.offset <= top.offset + 1
        assert gap["since_ms"] <= gap["until_ms"]
        self.place = Position(to.epoch, to.offset - 1)


def position_of(text: str) -> Position:
    """Where a message's text says that it stands."""
    body = json.loads(text)
    return Position(body["epoch"], body["offset"])
