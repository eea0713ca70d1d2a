"""One thread and one database connection for work that many tasks of a process ask for.

Django's `sync_to_async` gives a task the thread of the context it was made in, and closes its connection
after each visit: a socket or a call would cost a thread, each question a new connection. Here work runs in
the order it is asked for, on a connection that is kept, tested after a pause, and opened anew when it died.
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

STALE_AFTER_S = 30.0
"""A connection unused for so long is tested before it is trusted again."""


class DatabaseThread:
    """Runs database functions that may run twice: where the connection died, the work is done again."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._used_at = 0.0

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` and return its result; its exceptions come back unchanged."""
        guarded = partial(self._guarded, partial(work, *args, **kwargs))
        return await asyncio.get_running_loop().run_in_executor(self._pool, guarded)

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
            connection.close()
            return work()
        finally:
            self._used_at = time.monotonic()
