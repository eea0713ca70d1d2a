"""What one bridge has heard and is not known to be registered, each with its place in the feed. No I/O.

Every bridge hears the same messages in the same order, and the leader's markers between them. So "the third
message after marker 7:12" names the same message in every bridge. The register script stores in these words
how far the leader came; whoever takes over finds the place here and goes on behind it, exactly.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from rooms.register import FeedPlace, RawMessage

MOST_BYTES = 64 << 20
_KEPT_MARKS = 120
_MESSAGE_COST = 200


@dataclass(slots=True)
class Entry:
    """One thing to register in its order: a message, or a marker alone (`message` is None)."""

    place: FeedPlace
    order: tuple[int, int]
    message: RawMessage | None


class Ring:
    """Numbers the feed between two breaks of the link."""

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._entries: deque[Entry] = deque()
        self._marks: dict[str, int] = {}
        self._mark, self._mark_order, self._count = "", 0, 0
        # Nothing here was published before the first; everything since the second is here.
        self.heard_from_ms = 0
        self.heard_all_from_ms = 0
        # When something is known to have been registered, also when Redis has lost it since.
        self.registered_at_ms = 0
        self.is_broken = True
        # Counts the links; who waited meanwhile may find a whole ring and not the one it knew.
        self.link = 0

    def __len__(self) -> int:
        return len(self._entries)

    def begin(self, now_ms: int, mark: str) -> None:
        """The link hears since this time of Redis' clock, or a little later; the mark is this ring's own."""
        self.break_off()
        self.heard_from_ms, self.registered_at_ms = now_ms, 0
        self.link += 1
        self._mark, self._mark_order = mark, self._mark_order + 1
        self._marks[mark] = self._mark_order
        self.is_broken = False

    def break_off(self) -> None:
        """The link is gone, or too much was kept: nothing here can be placed any more."""
        self._entries.clear()
        self._marks.clear()
        self._bytes = 0
        self._mark, self._count = "", 0
        self.is_broken = True

    def hear_mark(self, mark: str) -> None:
        """A leader's marker came."""
        self._mark, self._count = mark, 0
        self._mark_order += 1
        self._marks[mark] = self._mark_order
        if len(self._marks) > _KEPT_MARKS:
            del self._marks[next(iter(self._marks))]
        self._append(None)

    def hear(self, message: RawMessage) -> None:
        """A message to register came."""
        self._count += 1
        self._bytes += len(message.payload) + _MESSAGE_COST
        self._append(message)
        if self._bytes > self._most_bytes:
            self.break_off()

    def holds(self, place: FeedPlace) -> bool:
        """Whether that place is in what was heard, so that all behind it is here."""
        return place.mark in self._marks

    def drop_through(self, place: FeedPlace) -> None:
        """Forget what is registered: everything up to that place."""
        if not self.holds(place):
            return
        through = (self._marks[place.mark], place.count)
        while self._entries and self._entries[0].order <= through:
            self._forget_first()

    def batch(self, most: int) -> list[Entry]:
        """The oldest entries, kept until they are dropped."""
        return [self._entries[i] for i in range(min(most, len(self._entries)))]

    def drop_batch(self, batch: list[Entry]) -> None:
        """Forget a batch that has been registered; the ring may have been broken off meanwhile."""
        for entry in batch:
            if not self._entries or self._entries[0] is not entry:
                return
            self._forget_first()

    def _append(self, message: RawMessage | None) -> None:
        order = (self._mark_order, self._count)
        self._entries.append(Entry(FeedPlace(self._mark, self._count), order, message))

    def _forget_first(self) -> None:
        entry = self._entries.popleft()
        if entry.message:
            self._bytes -= len(entry.message.payload) + _MESSAGE_COST
