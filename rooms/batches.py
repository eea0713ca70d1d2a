"""What is asked at the same time is done together: while one batch is under way, the next one gathers.

Who comes alone waits for nobody; a thousand that come at once cost some tens of batches. Nothing is kept.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Batches(Generic[Q, A]):
    """`work` does up to `most` items, in the order they came, and answers each; its fault is everybody's."""

    def __init__(self, work: Callable[[Sequence[Q]], Awaitable[Sequence[A]]], *, most: int) -> None:
        self._work = work
        self._most = most
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._working: asyncio.Task[None] | None = None

    def add(self, item: Q) -> asyncio.Future[A]:
        """Have it done; shield the future when others wait for it too."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._working is None:
            # A task would else keep the context, and with it the database thread, of whoever came first.
            self._working = asyncio.create_task(self._work_off(), context=contextvars.Context())
        return future

    async def aclose(self) -> None:
        """Do nothing more; whoever waits is cancelled."""
        if self._working:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        for _, future in self._waiting:
            future.cancel()

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._do(batch)
        finally:
            self._working = None

    async def _do(self, batch: list[tuple[Q, asyncio.Future[A]]]) -> None:
        items = [item for item, _ in batch]
        try:
            (done,) = await asyncio.gather(self._work(items), return_exceptions=True)
        except asyncio.CancelledError:
            for _, future in batch:
                future.cancel()
            raise
        answers: Sequence[A | BaseException] = (
            [done] * len(batch) if isinstance(done, BaseException) else done
        )
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
                future.exception()  # whoever waits is told; when nobody waits any more, nobody need be
            else:
                future.set_result(answer)
