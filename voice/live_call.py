"""Drives one call: feeds its inputs to the pure core and performs the effects, until it is over.

Owns everything the call has open (sideband, timers, tool runs) and closes all of it, whatever the
reason. A sideband that breaks is joined again; events meanwhile are lost to it (a sideband replays
nothing), what it had to say is kept and said later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from voice import transcripts
from voice.call import (
    Arm,
    Call,
    Effect,
    EndRequested,
    HangUp,
    Input,
    ProviderEvent,
    RunTool,
    Send,
    StoreTurn,
    StoreUsage,
    TimerFired,
    ToolFinished,
)
from voice.errors import CallGone, VoiceError
from voice.events import parse_event
from voice.models import EndReason
from voice.protocol import JsonObject
from voice.provider import Provider, Sideband
from voice.records import CallRecord, close_conversation
from voice.tool_runs import ToolRuns
from voice.tools.executor import failure
from voice.writer import Writer

logger = logging.getLogger(__name__)

REJOIN_PAUSES_S = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
LAST_WORD_S = 0.5
INBOX_LIMIT = 1000
UNSAID_LIMIT = 200


@dataclass(frozen=True)
class Services:
    """What every call of a process shares."""

    provider: Provider
    writer: Writer
    tool_runs: ToolRuns


class LiveCall:
    """One running call of this process. `post()` from anywhere on its loop; `run()` by its owner, once."""

    def __init__(self, record: CallRecord, core: Call, services: Services, sideband: Sideband | None) -> None:
        self.record = record
        self.over = asyncio.Event()
        self._core = core
        self._services = services
        self._sideband = sideband
        self._inbox: asyncio.Queue[Input] = asyncio.Queue(INBOX_LIMIT)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsaid: list[JsonObject] = []
        self._reason = ""
        self._handed_over = False

    def post(self, what: Input) -> None:
        """Give the call an input; one that is over ignores it."""
        try:
            self._inbox.put_nowait(what)
        except asyncio.QueueFull:
            self._spawn(self._inbox.put(what))

    def end(self, reason: str) -> None:
        """End it for this reason; the first one stays."""
        self.post(EndRequested(reason, timezone.now()))

    def hand_over(self) -> None:
        """Stop driving and leave the call running for another process."""
        self._handed_over = True
        self.end(EndReason.SHUTDOWN)

    async def run(self) -> None:
        """Drive until the end; afterwards the provider has hung up and the record says why."""
        try:
            for effect in self._core.begin():
                await self._perform(effect)
            if self._sideband is not None:
                self._spawn(self._follow(self._sideband))
            while not self._reason:
                for effect in self._core.handle(await self._inbox.get()):
                    await self._perform(effect)
        finally:
            await self._close()
            self.over.set()

    async def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(event):
                await self._send(event)
            case RunTool():
                self._spawn(self._run_tool(effect))
            case StoreTurn(turn):
                await self._store(transcripts.store_turn, self.record.id, turn)
            case StoreUsage(usage):
                model = self.record.model_for(usage.kind)
                await self._store(transcripts.store_usage, self.record.id, model, usage)
            case Arm():
                self._arm(effect)
            case HangUp(reason):
                self._reason = reason

    async def _store(self, work: Callable[..., object], *args: Any) -> None:
        """A database that is away must not end a call; the page posts what is not stored."""
        try:
            await self._services.writer.run(work, *args)
        except DatabaseError as exc:
            logger.error("Call %s: could not store: %s", self.record.id, type(exc).__name__)

    async def _send(self, event: JsonObject) -> None:
        if self._sideband is not None:
            try:
                await self._sideband.send(event)
                return
            except VoiceError as exc:
                logger.warning("Call %s: the sideband did not take an event: %s", self.record.id, exc.code)
        if len(self._unsaid) < UNSAID_LIMIT:
            self._unsaid.append(event)

    def _arm(self, timer: Arm) -> None:
        if running := self._timers.pop(timer.timer, None):
            running.cancel()
        loop = asyncio.get_running_loop()
        self._timers[timer.timer] = loop.call_later(
            max(0.0, timer.after_s), lambda: self.post(TimerFired(timer.timer, timezone.now()))
        )

    async def _run_tool(self, effect: RunTool) -> None:
        runs = self._services.tool_runs
        try:
            output = await runs.output_of(self.record, effect.call_id, effect.name, effect.arguments)
        except DatabaseError as exc:
            logger.error("Call %s: no tool can run: %s", self.record.id, type(exc).__name__)
            output = failure("The site's database is away, so no tool can run.")
        self.post(ToolFinished(effect.call_id, output, timezone.now()))

    async def _follow(self, sideband: Sideband) -> None:
        """Read the sideband; join again when it breaks; end the call when there is nothing to join."""
        while True:
            async for raw in sideband.events():
                event = parse_event(raw)
                if event is not None:
                    await self._inbox.put(ProviderEvent(event, timezone.now()))
            await sideband.close()
            self._sideband = None
            rejoined = await self._rejoin()
            if isinstance(rejoined, str):
                # A page that ends its call may close its line first: its own reason is the better one.
                await asyncio.sleep(LAST_WORD_S)
                self.end(rejoined)
                return
            self._sideband = sideband = rejoined
            unsaid, self._unsaid = self._unsaid, []
            for event_unsaid in unsaid:
                await self._send(event_unsaid)

    async def _rejoin(self) -> Sideband | str:
        """A fresh sideband, or the reason why there is none."""
        for pause_s in REJOIN_PAUSES_S:
            await asyncio.sleep(pause_s)
            try:
                return await self._services.provider.attach(self.record.call_id, patience_s=0)
            except CallGone:
                return EndReason.BROWSER_LEFT
            except VoiceError as exc:
                logger.warning("Call %s: cannot rejoin: %s", self.record.id, exc.code)
        return EndReason.PROVIDER_LOST

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
        if self._sideband is not None:
            await self._sideband.close()
        if self._handed_over:
            return
        reason = self._reason or EndReason.SHUTDOWN
        await asyncio.gather(self._store(close_conversation, self.record.id, reason), self._hang_up())

    async def _hang_up(self) -> None:
        try:
            await self._services.provider.hang_up(self.record.call_id)
        except VoiceError as exc:
            logger.warning("Call %s: could not hang up: %s", self.record.id, exc.code)
