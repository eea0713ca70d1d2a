"""One function call, one run, whoever asks: the sideband's driver or a page that reports it.

The row in the database decides who runs it, so the promise holds across processes. A tool that asks first
waits here for the person's word; a no is an output like any other.
"""

from __future__ import annotations

import asyncio
import logging
import uuid

from django.db import Error

from voice.approvals import claim_approved
from voice.asking import Asking
from voice.call_rooms import CallRooms
from voice.models import Decision, ToolApproval, ToolRun
from voice.models.conversations import OPEN_RUNS, Source
from voice.records import CallRecord
from voice.tools.context import CodeTool, Desk, ToolContext
from voice.tools.executor import Executor, failure, storable
from voice.transcripts import claim_run, finish_run, read_run
from voice.writer import Writer

logger = logging.getLogger(__name__)

WAIT_LIMIT_S = 425.0
"""Longer than the longest time to answer and the longest time limit a tool may have."""
LOOK_EVERY_S = (0.1, 1.0)
"""At first, and after a while: who waits for a person need not look ten times a second."""
OUTPUTS_HELD = 500
NOT_KEPT = "The tool has run, but its answer is not kept. Do not run it again."


class ToolRuns:
    """The tool runs of one process; `executor` and `desk` also serve who runs a tool outside of calls."""

    def __init__(
        self,
        writer: Writer,
        desk: Desk,
        tools: tuple[CodeTool, ...],
        call_rooms: CallRooms,
        *,
        asking: Asking,
    ) -> None:
        self._writer = writer
        self.executor = Executor(writer, tools, desk.outbound)
        self.desk = desk
        self._call_rooms = call_rooms
        self._asking = asking
        # What is stored may be redacted or left out; the model hears the original.
        self._outputs: dict[tuple[uuid.UUID, str], str] = {}

    async def output_of(
        self, record: CallRecord, call_id: str, name: str, arguments: str, *, source: Source = Source.SIDEBAND
    ) -> str:
        """Run the function call, or wait for the run somebody has begun. Always an output for the model."""
        arguments = storable(arguments)  # as a question would show them
        claimed = await self._writer.run(claim_run, record.id, call_id, name, arguments, source=source)
        if claimed is None:
            return await self._await_other(record, call_id)
        asked = await self._asking.ask(record, claimed, arguments)
        if asked is None:
            self._call_rooms.tell_run(claimed)
            return await self._run(record, claimed, arguments, approved=False)
        return await self._after(record, claimed, asked)

    async def resume(self, record: CallRecord, run: ToolRun) -> str:
        """Go on with a run whose question was put by a process that is gone."""
        asked = await self._asking.await_end(run)
        if asked is None:
            return failure("The record of this run is gone.")
        return await self._after(record, run, asked)

    async def _after(self, record: CallRecord, run: ToolRun, asked: ToolApproval) -> str:
        """What the answer leads to: the run, by one process only, or its refusal."""
        if not asked.is_granted:
            ended = await self._writer.run(read_run, record.id, run.call_id)
            self._call_rooms.tell_run(ended)
            if asked.decision == Decision.UNANSWERED:
                self._call_rooms.tell_approval(asked)  # an answer was told by who took it
            return ended.output if ended else failure("The record of this run is gone.")
        claimed = await self._writer.run(claim_approved, run.pk)
        if claimed is None:
            return await self._await_other(record, run.call_id)
        self._call_rooms.tell_run(claimed.run)
        return await self._run(record, claimed.run, claimed.arguments, approved=True)

    async def _run(self, record: CallRecord, run: ToolRun, arguments: str, *, approved: bool) -> str:
        desk = self.desk
        context = ToolContext(
            record.user_id, record.id, desk.http, desk.rooms, record.issued_tools, approved=approved
        )
        result = await self.executor.run(context, run.name, arguments)
        self._hold(record.id, run.call_id, result.output)
        try:
            finished = await self._writer.run(finish_run, record.id, run.call_id, result)
        except Error as exc:
            # It has run; telling the model otherwise would make it run again.
            logger.error("Call %s: a tool's end is not stored: %s", record.id, type(exc).__name__)
        else:
            self._call_rooms.tell_run(finished)
        return result.output

    def _hold(self, conversation_id: uuid.UUID, call_id: str, output: str) -> None:
        self._outputs[conversation_id, call_id] = output
        if len(self._outputs) > OUTPUTS_HELD:
            del self._outputs[next(iter(self._outputs))]

    async def _await_other(self, record: CallRecord, call_id: str) -> str:
        pause_s, longest_s = LOOK_EVERY_S
        deadline = asyncio.get_running_loop().time() + WAIT_LIMIT_S
        while asyncio.get_running_loop().time() < deadline:
            run = await self._writer.run(read_run, record.id, call_id)
            if run is not None and run.status not in OPEN_RUNS:
                return self._outputs.get((record.id, call_id)) or run.output or failure(NOT_KEPT)
            await asyncio.sleep(pause_s)
            pause_s = min(longest_s, pause_s * 1.2)
        return failure("The tool did not come back.")
