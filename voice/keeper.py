"""Stores what one call says, behind its back: a slow database delays no limit and no answer.

Order is kept. Piece by piece at most `LIMIT` wait, then the call waits. What the database refuses is
logged and left to the page, which posts what it does not see stored.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import Error

from voice.writer import Writer

logger = logging.getLogger(__name__)

Then = Callable[[Any], None]

LIMIT = 200
FINISH_S = 5.0


class Keeper:
    """One call's queue to the writer; `run()` is its task, `finish()` its end."""

    def __init__(self, conversation_id: uuid.UUID, writer: Writer) -> None:
        self._name = conversation_id
        self._writer = writer
        self._queue: asyncio.Queue[tuple[Callable[[], Any], Then | None]] = asyncio.Queue(LIMIT)

    async def keep(self, work: Callable[..., Any], *args: Any, then: Then | None = None) -> None:
        """Have it stored after everything kept before; `then` is told what `work` returned."""
        await self._queue.put((partial(work, *args), then))

    async def run(self) -> None:
        """Store until cancelled."""
        while True:
            work, then = await self._queue.get()
            try:
                stored = await self._writer.run(work)
                if then is not None:
                    then(stored)
            except (Error, ValueError) as exc:
                logger.error("Call %s: could not store: %s", self._name, type(exc).__name__)
            finally:
                self._queue.task_done()

    async def finish(self) -> None:
        """Wait until all is stored, but not for ever."""
        try:
            async with asyncio.timeout(FINISH_S):
                await self._queue.join()
        except TimeoutError:
            logger.error("Call %s: the database is too slow; its last words are not stored", self._name)
