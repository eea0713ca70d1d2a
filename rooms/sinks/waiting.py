"""What waits for one socket, and its bound: 512 KiB and 10 s. Who is over is cut."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from rooms.sinks.batch import Batch

QUEUE_BYTES = 512 * 1024
QUEUE_S = 10.0
CLOSE_SLOW = 4000
_MARK_EVERY_S = 0.25


class Sink(Protocol):
    """One socket's way out. Nothing here waits; a closed socket swallows what it is given."""

    outlives_consumer: bool
    """Whether it works without its consumer."""
    is_cut: bool
    """Whether the socket was got rid of."""

    def give(self, batch: Batch, counted: bool = True) -> None:
        """Hand over a batch; uncounted ones do not use up the bound.

        `counted` is not for keywords only: CPython 3.11 and 3.12 call such functions the long way.
        """

    def waiting_bytes(self) -> int:
        """What has not reached the kernel yet."""

    def cut_if_stuck(self) -> bool:
        """Cut the socket when its oldest bytes waited too long; False when nothing waits any more."""

    def close(self, code: int) -> None:
        """Close in good order, behind what waits."""

    def cut(self) -> None:
        """Get rid of a socket that does not read."""


class Waiting:
    """What waits for one socket: how much of it counts, and since when its oldest bytes wait."""

    def __init__(self, measure: Callable[[], int]) -> None:
        self.measure = measure
        self._queued = 0  # all bytes that ever had to wait
        self._marks: deque[tuple[int, float]] = deque()  # bytes queued before, and when
        self._uncounted: deque[tuple[int, int]] = deque()  # where an uncounted piece ends, and its size

    def add(self, size: int, *, counted: bool) -> None:
        now = time.monotonic()
        if not self._marks or now - self._marks[-1][1] > _MARK_EVERY_S:
            self._marks.append((self._queued, now))
        self._queued += size
        if not counted:
            self._uncounted.append((self._queued, size))

    def counted_bytes(self) -> int:
        """What waits, without the uncounted pieces."""
        waiting = self.measure()
        gone = self._queued - waiting
        while self._uncounted and self._uncounted[0][0] <= gone:
            self._uncounted.popleft()
        return waiting - sum(size for _, size in self._uncounted)

    def age_s(self) -> float:
        """How long the oldest waiting bytes have waited; 0 when none do."""
        gone = self._queued - self.measure()
        while len(self._marks) > 1 and self._marks[1][0] <= gone:
            self._marks.popleft()
        if gone >= self._queued:
            self._marks.clear()
            return 0.0
        return time.monotonic() - self._marks[0][1] if self._marks else 0.0


class BoundedSink:
    """The bound and its ends. `backlog` collects who has something waiting; only they keep books of it."""

    __slots__ = ("_waiting", "backlog", "is_cut")

    outlives_consumer = False

    def __init__(self, backlog: set[Any]) -> None:
        self.backlog = backlog
        self.is_cut = False
        self._waiting: Waiting | None = None

    def waiting_bytes(self) -> int:
        raise NotImplementedError

    def cut_if_stuck(self) -> bool:
        age_s = self._waiting.age_s() if self._waiting else 0.0
        if age_s > QUEUE_S:
            self.cut()
        if 0 < age_s <= QUEUE_S:
            return True
        self._waiting = None
        return False

    def cut(self) -> None:
        raise NotImplementedError

    def admit(self, size: int, *, counted: bool) -> bool:
        """Whether so much more may wait; cuts the socket when not."""
        if self._waiting is None:
            self._waiting = Waiting(self.waiting_bytes)
        if counted and self._waiting.counted_bytes() + size > QUEUE_BYTES:
            self.cut()
            return False
        self._waiting.add(size, counted=counted)
        self.backlog.add(self)
        return True
