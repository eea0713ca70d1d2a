"""One function call, one run, whoever asks: the sideband's driver or a page that reports it.

The row in the database decides who runs it, so the promise holds across processes.
"""

from __future__ import annotations

import asyncio
import logging
import uuid

from django.db import Error

from voice.call_rooms import CallRooms
from voice.models import ToolRun
from voice.models.conversations import Source
from voice.records import CallRecord
from voice.tools.context import CodeTool, Desk, ToolContext
from voice.tools.executor import Executor, failure
from voice.transcripts import claim_run, finish_run, read_run
from voice.writer import Writer

logger = logging.getLogger(__name__)

WAIT_LIMIT_S = 125.0
"""Longer than the longest time limit a tool may have."""
LOOK_EVERY_S = 0.1
OUTPUTS_HELD = 500
NOT_KEPT = "The tool has run, but its answer is not kept. Do not run it again."


class ToolRuns:
    """The tool runs of one process."""

    def __init__(
        self, writer: Writer, desk: Desk, tools: tuple[CodeTool, ...], call_rooms: CallRooms
    ) -> None:
        self._writer = writer
        self._executor = Executor(writer, tools)
        self._desk = desk
        self._call_rooms = call_rooms
        # What is stored may be redacted or left out; the model hears the original.
        self._outputs: dict[tuple[uuid.UUID, str], str] = {}

    async def output_of(
        self, record: CallRecord, call_id: str, name: str, arguments: str, *, source: Source = Source.SIDEBAND
    ) -> str:
        """Run the function call, or wait for the run somebody has begun. Always an output for the model."""
        claimed = await self._writer.run(claim_run, record.id, call_id, name, arguments, source=source)
        if claimed is None:
            return await self._await_other(record, call_id)
        self._call_rooms.tell_run(claimed)
        context = ToolContext(
            record.user_id, record.id, self._desk.http, self._desk.rooms, record.issued_tools
        )
        result = await self._executor.run(context, name, arguments)
        self._hold(record.id, call_id, result.output)
        try:
            finished = await self._writer.run(finish_run, record.id, call_id, result)
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
        deadline = asyncio.get_running_loop().time() + WAIT_LIMIT_S
        while asyncio.get_running_loop().time() < deadline:
            run = await self._writer.run(read_run, record.id, call_id)
            if run is not None and run.status != ToolRun.Status.RUNNING:
                return self._outputs.get((record.id, call_id)) or run.output or failure(NOT_KEPT)
            await asyncio.sleep(LOOK_EVERY_S)
        return failure("The tool did not come back.")
