"""Drives one call: feeds its inputs to the pure core and performs the effects, until it is over.

Owns everything the call has open (line, timers, tool runs, what is still to be stored) and closes
all of it, whatever the reason.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from django.db import Error
from django.utils import timezone

from voice import tampering, transcripts
from voice.call import (
    Arm,
    Call,
    Effect,
    EndRequested,
    HangUp,
    Input,
    LineRejoined,
    ProviderEvent,
    RunTool,
    Send,
    StoreTampering,
    StoreTurn,
    StoreUsage,
    Tell,
    TimerFired,
    ToolFinished,
)
from voice.call_rooms import CallRooms
from voice.errors import VoiceError
from voice.events import parse_event
from voice.keeper import Keeper
from voice.line import Line, Lost, Rejoined
from voice.models import EndReason, ToolRun
from voice.provider import Provider, Sideband
from voice.records import CallRecord, close_conversation, mark_hung_up
from voice.tool_runs import ToolRuns
from voice.tools.executor import failure
from voice.writer import Writer

logger = logging.getLogger(__name__)

LAST_WORD_S = 0.5
INBOX_LIMIT = 1000


@dataclass(frozen=True)
class Services:
    """What every call of a process shares."""

    provider: Provider
    writer: Writer
    tool_runs: ToolRuns
    call_rooms: CallRooms


class LiveCall:
    """One running call of this process. `post()` from anywhere on its loop; `run()` by its owner, once."""

    def __init__(self, record: CallRecord, core: Call, services: Services, sideband: Sideband | None) -> None:
        self.record = record
        self.over = asyncio.Event()
        self._core = core
        self._services = services
        self._line = Line(record.id, record.call_id, services.provider, sideband)
        self._keeper = Keeper(record.id, services.writer)
        self._inbox: asyncio.Queue[Input] = asyncio.Queue(INBOX_LIMIT)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._armed: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reason = ""
        self._handed_over = False

    def post(self, what: Input) -> None:
        """Give the call an input; one that is over ignores it."""
        try:
            self._inbox.put_nowait(what)
        except asyncio.QueueFull:
            self._spawn(self._inbox.put(what))

    @property
    def heeds(self) -> bool:
        """Whether what is posted now is still acted on here."""
        return not (self._handed_over or self._reason)

    def end(self, reason: str) -> None:
        """End it for this reason; the first one stays."""
        self.post(EndRequested(reason, timezone.now()))

    def hand_over(self) -> None:
        """Stop driving and leave the call running for another process."""
        self._handed_over = True
        self.end(EndReason.SHUTDOWN)

    async def run(self) -> None:
        """Drive until the end; afterwards the provider has hung up and the record says why."""
        keeping = asyncio.create_task(self._keeper.run())
        try:
            for effect in self._core.begin():
                await self._perform(effect)
            if self._line.exists:
                self._spawn(self._follow())
            while not self._reason:
                what = await self._inbox.get()
                if not self._is_stale(what):
                    for effect in self._core.handle(what):
                        await self._perform(effect)
        finally:
            await self._close()
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            self.over.set()

    async def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(event):
                await self._line.send(event)
            case RunTool():
                self._spawn(self._run_tool(effect))
            case StoreTurn(turn):
                await self._keeper.keep(
                    transcripts.store_turn, self.record.id, turn, then=self._services.call_rooms.tell_turn
                )
            case StoreUsage(usage):
                model = self.record.model_for(usage.kind)
                then = self._services.call_rooms.tell_usage
                await self._keeper.keep(transcripts.meter, self.record.id, model, usage, then=then)
            case StoreTampering(what):
                tell = self._services.call_rooms.tell_tampering
                await self._keeper.keep(tampering.note, self.record.id, what, then=tell)
            case Arm():
                self._arm(effect)
            case Tell(code, words):
                self._services.call_rooms.tell_notice(self.record.id, code, words)
            case HangUp(reason):
                self._reason = reason

    def _arm(self, timer: Arm) -> None:
        if running := self._timers.pop(timer.timer, None):
            running.cancel()
        number = self._armed[timer.timer] = self._armed.get(timer.timer, 0) + 1
        loop = asyncio.get_running_loop()
        self._timers[timer.timer] = loop.call_later(
            max(0.0, timer.after_s), lambda: self.post(TimerFired(timer.timer, timezone.now(), number))
        )

    def _is_stale(self, what: Input) -> bool:
        """A timer that fired, but was armed anew before anybody looked."""
        return isinstance(what, TimerFired) and what.number != self._armed.get(what.timer)

    async def _run_tool(self, effect: RunTool) -> None:
        runs = self._services.tool_runs
        try:
            output = await runs.output_of(self.record, effect.call_id, effect.name, effect.arguments)
        except (Error, ValueError) as exc:
            logger.error("Call %s: no tool can run: %s", self.record.id, type(exc).__name__)
            output = failure("The site's database is away, so no tool can run.")
        self.post(ToolFinished(effect.call_id, output, timezone.now()))

    def resume(self, run: ToolRun) -> None:
        """Go on with a run that waits for a person's word since before this process had the call."""
        self._spawn(self._resume(run))

    async def _resume(self, run: ToolRun) -> None:
        output = await self._services.tool_runs.resume(self.record, run)
        self.post(ToolFinished(run.call_id, output, timezone.now()))

    async def _follow(self) -> None:
        async for heard in self._line.follow():
            match heard:
                case Rejoined():
                    await self._inbox.put(LineRejoined(timezone.now()))
                case Lost(reason):
                    # A page that ends its call may close its line first: its own reason is the better one.
                    await asyncio.sleep(LAST_WORD_S)
                    self.end(reason)
                case raw:
                    event = parse_event(raw)
                    if event is not None:
                        await self._inbox.put(ProviderEvent(event, timezone.now()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"call {self.record.id}")
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (exc := task.exception()) is not None:
            logger.error("Call %s: %s", self.record.id, type(exc).__name__, exc_info=exc)
            self.end(EndReason.PROVIDER_LOST)

    async def _close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._line.close()
        if self._handed_over:
            await self._keeper.finish()
            return
        reason = self._reason or EndReason.SHUTDOWN
        await self._keeper.keep(
            close_conversation, self.record.id, reason, then=self._services.call_rooms.tell_state
        )
        await asyncio.gather(self._keeper.finish(), self._hang_up())

    async def _hang_up(self) -> None:
        try:
            await self._services.provider.hang_up(self.record.call_id)
            await self._services.writer.run(mark_hung_up, self.record.id)
        except VoiceError as exc:
            logger.warning("Call %s: not hung up, the sweeper tries again: %s", self.record.id, exc.code)
        except Error as exc:
            logger.error("Call %s: could not store its hang-up: %s", self.record.id, type(exc).__name__)
