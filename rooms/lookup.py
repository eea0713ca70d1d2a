"""Questions to the database that are answered together, equal ones once; read after they were asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from rooms.batches import Batches
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
        self._batches: Batches[Q, A] = Batches(self._read_batch, most=MOST_AT_ONCE)
        self._asked: dict[Q, asyncio.Future[A]] = {}

    async def find(self, question: Q) -> A:
        """The answer, as of now. Raises Unavailable, and what `read` raises."""
        if question not in self._asked:
            self._asked[question] = self._batches.add(question)
        future = self._asked[question]
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await asyncio.shield(future)
        except TimeoutError as exc:
            raise Unavailable("The database does not answer just now.", retry_in_s=1) from exc

    async def aclose(self) -> None:
        """Answer nobody any more."""
        await self._batches.aclose()

    async def _read_batch(self, questions: Sequence[Q]) -> list[A]:
        for question in questions:
            del self._asked[question]  # who asks from now on wants a later answer
        found = await self._thread.run(self._read, questions)
        return [found[question] for question in questions]
