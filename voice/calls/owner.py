"""The owner of live calls: one a process (one an event loop), carried by every request's scope.

Promises: a call once asked for is either answered, or hung up and closed, whatever becomes of the
browser that asked; every call has one owner, known by its lease; a call whose owner died is joined
again or closed within 10 s (`voice.calls.sweeper`); `drain()` leaves nothing of ours open.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import uuid
from collections.abc import Coroutine, Iterator
from functools import partial
from typing import Any, TypeVar, cast

import httpx
from channels.layers import get_channel_layer
from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from rooms.connections import open_redis
from rooms.parts import parts_on
from voice import records
from voice.asking import Asking
from voice.call import Call, OnTampering
from voice.call_rooms import CallRooms
from voice.calls import creation, handover, questions
from voice.calls.creation import Creation, NewCall
from voice.calls.delivery import deliver
from voice.calls.mailbox import Mailbox
from voice.calls.meter import Meter
from voice.calls.staff import Receipts
from voice.calls.sweeper import Sweeper
from voice.errors import ShuttingDown, VoiceError
from voice.leases import Leases
from voice.live_call import LiveCall, Services
from voice.models import EndReason
from voice.outbound.transport import Outbound
from voice.protocol import JsonObject
from voice.provider import Provider, Sideband, provider_config
from voice.records import CallRecord
from voice.session_config import plan_for
from voice.tool_runs import ToolRuns
from voice.tools.context import CodeTool, Desk
from voice.tools.registry import CODE_TOOLS
from voice.writer import Writer

logger = logging.getLogger(__name__)
T = TypeVar("T")

END_PATIENCE_S = 3.0
FLUSH_S = 2.0
TOOL_HTTP_TIMEOUT_S = 10.0


class CallOwner:
    """Owns every live call of this process. Build it anywhere, `start()` it on the loop that serves."""

    def __init__(self, tools: tuple[CodeTool, ...] = CODE_TOOLS) -> None:
        self._code_tools = tools
        self.live: dict[uuid.UUID, LiveCall] = {}
        self.receipts = Receipts()
        self._making: set[uuid.UUID] = set()
        self.draining = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._care: list[asyncio.Task[None]] = []
        self._started = False

    async def start(self) -> None:
        """Open what calls share and begin to look after them. Twice is once."""
        if self._started:
            return
        self._started = True
        self.writer = Writer()
        self.provider = Provider(provider_config())
        self.http = httpx.AsyncClient(timeout=TOOL_HTTP_TIMEOUT_S)
        self.outbound = Outbound()
        self._redis = open_redis(settings.REDIS_URL)
        rooms = parts_on(self._redis, settings.ROOMS_NAMESPACE)
        self.call_rooms = CallRooms(rooms.register)
        desk = Desk(self.http, rooms, self.outbound)
        self.asking = Asking(self.writer, self.call_rooms, partial(questions.tell_asked, self))
        self.tool_runs = ToolRuns(self.writer, desk, self._code_tools, self.call_rooms, asking=self.asking)
        self._services = Services(self.provider, self.writer, self.tool_runs, self.call_rooms)
        self.mailbox = Mailbox(get_channel_layer(), partial(deliver, self))
        self.leases = Leases(self._redis, owner=self.mailbox.name, namespace=settings.ROOMS_NAMESPACE)
        self.call_rooms.start()
        sweeper = Sweeper(self)
        care = (self.mailbox.run(), sweeper.beat(), sweeper.look(), Meter(self).run())
        self._care = [self.spawn(work) for work in care]

    async def drain(self, timeout_s: float) -> None:
        """Take no new call; hand live ones to another process, or hang them up when there is none."""
        if not self._started or self.draining:
            return
        self.draining = True
        try:
            async with asyncio.timeout(timeout_s):
                await self._leave()
        except TimeoutError:
            logger.warning(
                "Left with %d calls open; the sweeper of the next process closes them", len(self.live)
            )
        finally:
            await self._close()

    async def _leave(self) -> None:
        for task in self._care:
            task.cancel()
        others = await self._others()
        calls = list(self.live.values())
        await asyncio.gather(*(handover.leave(self, call, others) for call in calls))
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self.call_rooms.flush(FLUSH_S)

    async def _others(self) -> list[str]:
        try:
            await self.leases.withdraw()
            return await self.leases.others()
        except RedisError:
            return []

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.call_rooms.aclose()
        await self.provider.aclose()
        await self.http.aclose()
        await self.outbound.aclose()
        await self._redis.aclose()
        await self.writer.aclose()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task of this process, held and read; a view's context would keep that request's thread."""
        task = asyncio.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (exc := task.exception()) is not None and not isinstance(exc, VoiceError):
            logger.error("%s", type(exc).__name__, exc_info=exc)

    # Starting -------------------------------------------------------------------------------------

    def begin(self, new: NewCall) -> Creation:
        """Start a call in a task that outlives the request. Raises ShuttingDown."""
        if self.draining:
            raise ShuttingDown("The site is restarting. Try again in a few seconds.", retry_after_s=5)
        gone = asyncio.Event()
        return Creation(self.spawn(creation.create(self, new, gone)), gone)

    def abandon(self, begun: Creation) -> None:
        """The browser left before it got its answer: end whatever the creation makes."""
        begun.gone.set()
        self.spawn(self._end_when_made(begun))

    async def _end_when_made(self, begun: Creation) -> None:
        made = await begun.task
        await self.end(made.record.id, EndReason.BROWSER_LEFT)

    @contextlib.contextmanager
    def making(self, conversation_id: uuid.UUID) -> Iterator[None]:
        """While inside, the call is ours though nobody drives it yet: its lease is kept."""
        self._making.add(conversation_id)
        try:
            yield
        finally:
            self._making.discard(conversation_id)

    @property
    def owned(self) -> set[uuid.UUID]:
        """Calls of this process: driven, or being made."""
        return self._making | set(self.live)

    def drive(
        self, record: CallRecord, sideband: Sideband | None, *, waits_for_browser: bool = True
    ) -> LiveCall:
        """Own a call from now on."""
        plan = plan_for(
            left_s=(record.expires_at - timezone.now()).total_seconds(),
            greeting=record.greeting,
            opening=record.opening,
            paced=self.provider.config.paced,
            waits_for_browser=waits_for_browser,
            session=record.session,
            on_tampering=cast(OnTampering, record.on_tampering),
        )
        core = Call(plan, ready=record.ready, known_calls=record.known_calls)
        assert record.id not in self.live, "a call has one driver"
        call = LiveCall(record, core, self._services, sideband)
        self.live[record.id] = call
        self.spawn(self._run(call))
        if self.draining:
            call.end(EndReason.SHUTDOWN)
        return call

    async def _run(self, call: LiveCall) -> None:
        try:
            await call.run()
        finally:
            self.live.pop(call.record.id, None)
            await self.release_lease(call.record.id)

    # Running --------------------------------------------------------------------------------------

    async def ready(self, conversation_id: uuid.UUID) -> None:
        """The browser's channel is open: tell whoever owns the call. Saying it twice greets once."""
        self.call_rooms.tell_state(await self.writer.run(records.mark_ready, conversation_id))
        await self.tell(conversation_id, {"what": "ready"})

    async def human_acted(self, conversation_id: uuid.UUID) -> None:
        """The page reported words of the person, so the call is not idle."""
        await self.tell(conversation_id, {"what": "human"})

    async def tell(self, conversation_id: uuid.UUID, message: JsonObject) -> bool:
        """Hand a message to the call, here or in the process that owns it; False when nobody does."""
        mail = {**message, "call": str(conversation_id)}
        holder = await self.holder_of(conversation_id)
        if holder == self.leases.owner:
            deliver(self, mail)
            return True
        return bool(holder) and await self.mailbox.send(holder, mail)

    async def holder_of(self, conversation_id: uuid.UUID) -> str:
        """Whose mailbox reaches the call; nothing when nobody drives it, or that cannot be known."""
        if conversation_id in self.live:
            return self.leases.owner
        try:
            holder = await self.leases.holder(conversation_id)
        except RedisError as exc:
            logger.warning("Call %s: its owner cannot be found: %s", conversation_id, type(exc).__name__)
            return ""
        return "" if holder == self.leases.owner else holder

    async def end(self, conversation_id: uuid.UUID, reason: str) -> None:
        """End a call wherever it lives; when its owner does not answer, end it over the owner's head."""
        told = await self.tell(conversation_id, {"what": "end", "reason": reason})
        deadline = asyncio.get_running_loop().time() + END_PATIENCE_S
        while told and asyncio.get_running_loop().time() < deadline:
            if not await self.writer.run(records.is_running, conversation_id):
                return
            await asyncio.sleep(0.02)
        await self.force_end(conversation_id, reason)

    async def force_end(self, conversation_id: uuid.UUID, reason: str) -> None:
        """Hang up and close the record without its owner."""
        row = await self.writer.run(records.close_conversation, conversation_id, reason)
        self.call_rooms.tell_state(row)
        if row is not None and row.provider_call_id and row.hung_up_at is None:
            await self.hang_up(conversation_id, row.provider_call_id)

    async def hang_up(self, conversation_id: uuid.UUID, call_id: str) -> None:
        """End it at the provider; what cannot be confirmed now is tried again by the sweeper."""
        try:
            await self.provider.hang_up(call_id)
        except VoiceError as exc:
            logger.warning("Call %s: not hung up yet: %s", conversation_id, exc.code)
            return
        await self.writer.run(records.mark_hung_up, conversation_id)

    # Leases ---------------------------------------------------------------------------------------

    async def take_lease(self, conversation_id: uuid.UUID) -> bool:
        """A Redis that is away does not stop a call; the heartbeat writes the lease when it is back."""
        try:
            return await self.leases.take(conversation_id)
        except RedisError as exc:
            logger.warning("Call %s: no lease: %s", conversation_id, type(exc).__name__)
            return True

    async def release_lease(self, conversation_id: uuid.UUID) -> None:
        """Let others take the call; a lease that cannot be released runs out by itself."""
        try:
            await self.leases.release(conversation_id)
        except RedisError as exc:
            logger.warning("Call %s: lease not released: %s", conversation_id, type(exc).__name__)
