"""Clearing up that a signal cannot break off half-way, and that cannot take for ever either."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

CLEARED_WITHIN_S = 20.0


async def clearing(work: Coroutine[Any, Any, None]) -> None:
    """Do it to its end, also while this task is cancelled. Raises TimeoutError, and what the work raises."""
    task = asyncio.ensure_future(asyncio.wait_for(work, CLEARED_WITHIN_S))
    interrupted: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as exc:
            interrupted = exc
    task.result()
    if interrupted:
        raise interrupted
