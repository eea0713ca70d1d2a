"""The one thread that stores what calls do.

A task started inside a view would otherwise keep that request's thread for all its database work,
so calls would cost a thread and a connection each. Here all calls of a process share one of both.

Guarantees: work runs in the order it is asked for; at most `LIMIT` pieces wait, then callers wait
(a sideband that outruns the database is slowed down, not buffered without end).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections

P = ParamSpec("P")
T = TypeVar("T")

LIMIT = 256
STALE_AFTER_S = 30.0
"""A connection unused for so long is tested before it is trusted again."""


class Writer:
    """Runs database functions in one thread; belongs to one event loop, closed by `aclose()`."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="calls-writer")
        self._slots = asyncio.Semaphore(LIMIT)
        self._used_at = 0.0

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` and return its result; its exceptions come back unchanged."""
        async with self._slots:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                self._pool, partial(self._guarded, partial(work, *args, **kwargs))
            )

    async def aclose(self) -> None:
        """Let what was asked for finish, then close the thread's connections."""
        await asyncio.get_running_loop().run_in_executor(self._pool, connections.close_all)
        self._pool.shutdown(wait=False)

    def _guarded(self, work: Callable[[], T]) -> T:
        connection = connections["default"]
        stale = time.monotonic() - self._used_at > STALE_AFTER_S
        if stale and connection.connection is not None and not connection.is_usable():
            connection.close()
        try:
            return work()
        except (OperationalError, InterfaceError):
            if connection.is_usable():
                raise
            # The connection died, not the work: what calls store may be stored twice without harm.
            connection.close()
            return work()
        finally:
            self._used_at = time.monotonic()
