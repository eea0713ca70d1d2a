"""The sink for servers that are not known: ordinary events of the consumer's channel.

The consumer sends each event's texts by ASGI and then calls `sent`; a server that makes `send` wait thereby
makes frames wait here, where they are counted. Where the transport's queue can be seen, it counts as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rooms.sinks.batch import Batch
from rooms.sinks.waiting import CLOSE_SLOW, BoundedSink


class EventSink(BoundedSink):
    """`deliver` puts an event on the consumer's channel, `abort` ends a consumer that is stuck in `send`."""

    def __init__(
        self,
        deliver: Callable[[dict[str, Any]], None],
        abort: Callable[[], object],
        gauge: Callable[[], int],
        backlog: set[Any],
    ) -> None:
        super().__init__(backlog)
        self._gauge = gauge
        self._pending = 0
        self._closed = False
        self._deliver = deliver
        self._abort = abort

    def give(self, batch: Batch, counted: bool = True) -> None:
        if self._closed or not self.admit(batch.size, counted=counted):
            return
        self._pending += batch.size
        self._deliver({"type": "room.frames", "texts": batch.texts, "size": batch.size})

    def waiting_bytes(self) -> int:
        return self._pending + self._gauge()

    def sent(self, size: int) -> None:
        """The server took so much."""
        self._pending -= size

    def close(self, code: int) -> None:
        if not self._closed:
            self._closed = True
            self._deliver({"type": "room.close", "code": code})

    def cut(self) -> None:
        self.is_cut = True
        if self.waiting_bytes():
            self._closed = True
            self._abort()
        else:
            self.close(CLOSE_SLOW)
