"""Drives one rehearsal: the same pure core as a call, on a written session of its own.

Promises: it ends by itself (time, silence, turns), nothing of it is stored but the audit of its tools, and
whatever it has open is closed at its end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from django.utils import timezone

from voice import events
from voice.call import (
    Arm,
    BrowserReady,
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
from voice.errors import VoiceError
from voice.events import parse_event
from voice.protocol import JsonObject, client_event, user_text_item
from voice.provider import Sideband
from voice.rehearsal.plan import LONGEST_S, MOST_TURNS, Plan
from voice.rehearsal.tools import RehearsedTools, Tell

logger = logging.getLogger(__name__)


class Rehearsal:
    """One running rehearsal; what happens is told by `tell`, in the shapes of docs/protocol.md."""

    def __init__(self, plan: Plan, line: Sideband, tools: RehearsedTools, tell: Tell) -> None:
        self._plan = plan
        self._line = line
        self._tools = tools
        self._tell = tell
        self._core = Call(plan.limits)
        self._inbox: asyncio.Queue[Input] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._reason = ""
        self._turns = 0
        self._tokens = 0
        self._owed: set[str] = set()
        """What has to come before the person may type again: an answer, or a tool's output."""

    async def run(self) -> None:
        """Drive until the end, and say why it ended."""
        self._spawn(self._follow())
        try:
            await self._line.send(client_event("session.update", session=self._plan.session))
            self._tell(
                {"type": "ready", "model": self._plan.model, "seconds": LONGEST_S, "turns": MOST_TURNS}
            )
            for effect in [*self._core.begin(), *self._core.handle(BrowserReady(timezone.now()))]:
                await self._perform(effect)
            while not self._reason:
                what = await self._inbox.get()
                for effect in self._core.handle(what):
                    await self._perform(effect)
                if isinstance(what, ProviderEvent):
                    self._watch(what.event)  # after its effects: tools that it starts keep the person waiting
        except VoiceError as exc:
            self._tell({"type": "error", "message": exc.message})
            self._reason = "provider_lost"
        finally:
            await self._close()
        self._tell({"type": "over", "reason": self._reason})

    async def say(self, text: str) -> None:
        """The person's words; refused while an answer is under way. Raises ProviderError."""
        if self._owed:
            self._tell({"type": "error", "message": "Wait for the answer first."})
            return
        if self._turns >= MOST_TURNS:
            self._end("turn_limit")
            return
        self._turns += 1
        self._owe("answer")
        await self._line.send(client_event("conversation.item.create", item=user_text_item(text)))
        await self._line.send(client_event("response.create"))

    def decide(self, call_id: str, approved: bool) -> None:
        """The person's answer to a tool that asks first."""
        self._tools.decide(call_id, approved)

    def _end(self, reason: str) -> None:
        self._inbox.put_nowait(EndRequested(reason, timezone.now()))

    async def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(event):
                if event["type"] == "response.create":
                    self._owe("answer")
                await self._line.send(event)
            case RunTool(call_id):
                self._owe(call_id)
                self._spawn(self._run_tool(effect))
            case StoreTurn(turn):
                told: JsonObject = {"item_id": turn.item_id, "role": turn.role, "text": turn.text}
                self._tell({"type": "said", **told})
            case StoreUsage(usage):
                self._tokens += usage.usage.total_tokens
                self._tell({"type": "usage", "total_tokens": self._tokens})
            case Arm(timer, after_s):
                self._arm(timer, after_s)
            case HangUp(reason):
                self._reason = reason

    def _arm(self, timer: Any, after_s: float) -> None:
        if running := self._timers.pop(timer, None):
            running.cancel()
        fired = TimerFired(timer, timezone.now())
        loop = asyncio.get_running_loop()
        self._timers[timer] = loop.call_later(after_s, self._inbox.put_nowait, fired)

    async def _run_tool(self, run: RunTool) -> None:
        output = await self._tools.output_of(run)
        await self._inbox.put(ToolFinished(run.call_id, output, timezone.now()))
        self._owe("answer")
        self._paid(run.call_id)

    async def _follow(self) -> None:
        async for raw in self._line.events():
            event = parse_event(raw)
            if event is not None:
                await self._inbox.put(ProviderEvent(event, timezone.now()))
        self._end("provider")

    def _watch(self, event: events.ServerEvent) -> None:
        match event:
            case events.SpokenDelta(item_id=item_id, delta=delta):
                self._tell({"type": "delta", "item_id": item_id, "text": delta})
            case events.ResponseDone(response=response):
                self._paid("answer")
                if response.status == "failed" and response.status_details and response.status_details.error:
                    self._tell({"type": "error", "message": response.status_details.error.message})
            case events.ErrorEvent(error=error):
                self._paid("answer")
                self._tell({"type": "error", "message": error.message})

    def _owe(self, what: str) -> None:
        was_idle = not self._owed
        self._owed.add(what)
        if was_idle:
            self._tell({"type": "busy", "busy": True})

    def _paid(self, what: str) -> None:
        if what in self._owed:
            self._owed.discard(what)
            if not self._owed:
                self._tell({"type": "busy", "busy": False})

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (exc := task.exception()) is not None:
            logger.error("A rehearsal failed: %s", type(exc).__name__, exc_info=exc)
            self._end("failed")

    async def _close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._line.close()
