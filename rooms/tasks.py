"""Ending tasks for certain.

Until Python 3.12 `asyncio.wait_for` loses a cancellation that comes in the moment its own future is done, and
redis-py sends every command through it: a task cancelled once may go on for ever. Delete with Python 3.11.
"""

from __future__ import annotations

import asyncio
from typing import Any

_AGAIN_S = 0.2


async def end_tasks(*tasks: asyncio.Task[Any]) -> list[BaseException]:
    """Cancel the tasks, again if need be, and wait for them; what they raised but for that."""
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=_AGAIN_S)
    raised = [task.exception() for task in tasks if not task.cancelled()]
    return [error for error in raised if error is not None]
