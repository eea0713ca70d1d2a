"""Waits for a person's word before a tool runs: one process's open questions.

Promises: the database's row decides, so an answer given at any process, before or after a hand-over, is
found; a word to this process (`answered`) only makes it quick. The wait ends by the question's own time,
which lies inside the call's limits.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from voice import approvals
from voice.call_rooms import CallRooms
from voice.models import ToolApproval, ToolRun
from voice.records import CallRecord
from voice.writer import Writer

LOOK_EVERY_S = 1.0
"""How late an answer is found whose word got lost between processes."""
LAST_MOMENTS_S = 1.0
"""A question ends this much before its call, so that its end is still told."""

TellAsked = Callable[[uuid.UUID], Awaitable[object]]


class Asking:
    """The questions this process waits for. `tell_asked`: have the person's idle time begin anew."""

    def __init__(self, writer: Writer, call_rooms: CallRooms, tell_asked: TellAsked) -> None:
        self._writer = writer
        self._call_rooms = call_rooms
        self._tell_asked = tell_asked
        self._waiting: dict[tuple[uuid.UUID, str], asyncio.Event] = {}

    def answered(self, conversation_id: uuid.UUID, call_id: str) -> None:
        """Somebody has answered this question: look at once."""
        if (event := self._waiting.get((conversation_id, call_id))) is not None:
            event.set()

    async def ask(self, record: CallRecord, run: ToolRun, arguments: str) -> ToolApproval | None:
        """Put the run's question, if it needs one, and return its end. None: it needs none.

        `arguments`: the original, which the question shows; of `run` they may be redacted or left out.
        """
        until = _end_of_patience(record)
        asked = await self._writer.run(
            approvals.ask, run, record.user_id, record.issued_tools, arguments=arguments, until=until
        )
        if asked is None:
            return None
        self._call_rooms.tell_run(run)
        self._call_rooms.tell_approval(asked)
        if asked.decision:
            return asked
        await self._tell_asked(record.id)
        return await self.await_end(run)

    async def await_end(self, run: ToolRun) -> ToolApproval | None:
        """Wait for the end of a question that was put, by whatever process. None: the record was erased."""
        place = (run.conversation_id, run.call_id)
        event = self._waiting.setdefault(place, asyncio.Event())
        try:
            while (approval := await self._writer.run(approvals.look, run.pk)) is not None:
                if approval.decision:
                    return approval
                event.clear()
                await _wait(event, approval.expires_at)
            return None
        finally:
            self._waiting.pop(place, None)


def _end_of_patience(record: CallRecord) -> datetime:
    idle = timezone.now() + timedelta(seconds=settings.CALL_IDLE_SECONDS - LAST_MOMENTS_S)
    return min(record.expires_at - timedelta(seconds=LAST_MOMENTS_S), idle)


async def _wait(event: asyncio.Event, until: datetime) -> None:
    left_s = (until - timezone.now()).total_seconds()
    try:
        async with asyncio.timeout(max(0.01, min(LOOK_EVERY_S, left_s))):
            await event.wait()
    except TimeoutError:
        return
