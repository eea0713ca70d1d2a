"""The one thread that stores what calls do.

A task started inside a view would otherwise keep that request's thread for all its database work,
so calls would cost a thread and a connection each. Here all calls of a process share one of both.

Guarantees: work runs in the order it is asked for; at most `LIMIT` pieces wait, then callers wait
(a sideband that outruns the database is slowed down, not buffered without end). What calls store may be
stored twice without harm, which `DatabaseThread` wants.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from rooms.database import DatabaseThread

P = ParamSpec("P")
T = TypeVar("T")

LIMIT = 256


class Writer:
    """Runs database functions in one thread; belongs to one event loop, closed by `aclose()`."""

    def __init__(self) -> None:
        self._thread = DatabaseThread("calls-writer")
        self._slots = asyncio.Semaphore(LIMIT)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` and return its result; its exceptions come back unchanged."""
        async with self._slots:
            return await self._thread.run(work, *args, **kwargs)

    async def aclose(self) -> None:
        """Let what was asked for finish, then close the thread's connections."""
        await self._thread.aclose()
