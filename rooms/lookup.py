"""Questions to the database that are answered together: while one batch is read, the next one gathers.

A thousand sockets that come at once cost some tens of reads; a single one waits for nobody. Every answer is
read after it was asked for: nothing is kept.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from rooms.database import DatabaseThread
from rooms.errors import Unavailable

Q = TypeVar("Q", bound=Hashable)
A = TypeVar("A")

MOST_AT_ONCE = 200
ANSWER_TIMEOUT_S = 10.0


class Lookup(Generic[Q, A]):
    """`read` answers a batch in the thread; it must answer each question it is given."""

    def __init__(self, thread: DatabaseThread, read: Callable[[Sequence[Q]], Mapping[Q, A]]) -> None:
        self._thread = thread
        self._read = read
        self._waiting: dict[Q, asyncio.Future[A]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def find(self, question: Q) -> A:
        """The answer, as of now. Raises Unavailable, and what `read` raises."""
        future = self._waiting.get(question)
        if future is None:
            future = self._waiting[question] = asyncio.get_running_loop().create_future()
            if self._reading is None:
                # A task would else keep the context, and with it the thread, of whoever asked first.
                self._reading = asyncio.create_task(self._read_all(), context=contextvars.Context())
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await asyncio.shield(future)
        except TimeoutError as exc:
            raise Unavailable("The database does not answer just now.", retry_in_s=1) from exc

    async def aclose(self) -> None:
        """Answer nobody any more."""
        if self._reading:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        for future in self._waiting.values():
            future.cancel()

    async def _read_all(self) -> None:
        try:
            while self._waiting:
                batch = list(self._waiting)[:MOST_AT_ONCE]
                futures = [self._waiting.pop(question) for question in batch]
                await self._read_some(batch, futures)
        finally:
            self._reading = None

    async def _read_some(self, batch: list[Q], futures: list[asyncio.Future[A]]) -> None:
        reading = self._thread.run(self._read, batch)
        (found,) = await asyncio.gather(reading, return_exceptions=True)
        for question, future in zip(batch, futures, strict=True):
            if future.done():
                continue
            if isinstance(found, BaseException):
                future.set_exception(found)
                future.exception()  # whoever waits is told; when nobody waits any more, nobody need be
            else:
                future.set_result(found[question])
