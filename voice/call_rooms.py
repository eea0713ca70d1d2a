"""Tells a running call's room (`call.<id>`) what is stored of the call: turns, tool runs, usage, state, end.

Promises: telling never waits and never fails, so that a Redis that is away hurts no call; messages of one
process keep their order; `LIMIT` of them wait at most, then the newest are dropped. A room lives `KEPT_S`
longer than its call. What is told was stored before; the shapes are in docs/protocol.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import logging
import uuid
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime

from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from rooms.connections import open_redis
from rooms.errors import RoomsError
from rooms.names import CALL_PREFIX, Room
from rooms.register import Register
from voice.costs import Metered
from voice.models import Conversation, ToolApproval, ToolRun, Turn
from voice.protocol import JsonObject

logger = logging.getLogger(__name__)

LIMIT = 1000
KEPT_S = 600
LONGEST_TEXT = 8_000
"""Of one text inside a message, in characters: two of them fit into 64 KiB whatever they are."""
LONGEST_ARGUMENTS = 4_000
"""Beside an output, which the executor has bounded already and which must stay whole to be JSON."""


@dataclass(frozen=True)
class Said:
    """One message on its way; `is_last` ends the room."""

    room: Room
    body: JsonObject
    is_last: bool = False


class CallRooms:
    """The rooms of the calls of one process. Told from anywhere on its loop."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._waiting: asyncio.Queue[Said] = asyncio.Queue(LIMIT)
        self._is_away = False

    @property
    def waits(self) -> int:
        """How many messages wait to be said."""
        return self._waiting.qsize()

    def tell_turn(self, row: Turn | None) -> None:
        """Say one side's words; None: nothing was stored, so nothing is said."""
        if row is not None:
            self._put(Said(room_of(row.conversation_id), turn_body(row)))

    def tell_run(self, row: ToolRun | None) -> None:
        """Say how a function call stands."""
        if row is not None:
            self._put(Said(room_of(row.conversation_id), run_body(row)))

    def tell_approval(self, row: ToolApproval | None) -> None:
        """Say that a person is asked before a tool runs, or how that ended."""
        if row is not None:
            self._put(Said(room_of(row.run.conversation_id), question_body(row)))

    def tell_usage(self, metered: Metered | None) -> None:
        """Say what a response or a transcription used, and what the call has cost with it."""
        if metered is not None and metered.row.call is not None:
            self._put(Said(room_of(metered.row.call), usage_body(metered)))

    def tell_notice(self, conversation_id: uuid.UUID, code: str, words: str) -> None:
        """Say something about the call's limits, in words for the person."""
        self._put(Said(room_of(conversation_id), notice_body(code, words)))

    def tell_tampering(self, row: Conversation | None) -> None:
        """Say that the client has changed its session or conversation."""
        if row is not None:
            self._put(Said(room_of(row.pk), {"type": "tampered", "what": row.tampering}))

    def tell_state(self, row: Conversation | None) -> None:
        """Say how the call stands; an end is the last word of its room."""
        if row is not None:
            self._put(Said(room_of(row.pk), state_body(row), is_last=row.ended_at is not None))

    def start(self) -> None:
        """Begin to say what waits."""
        self._saying = asyncio.create_task(self._run(), context=contextvars.Context())

    async def aclose(self) -> None:
        """Stop, whatever still waits."""
        self._saying.cancel()
        await asyncio.gather(self._saying, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            said = await self._waiting.get()
            try:
                await self._say(said)
            except (RoomsError, RedisError, OSError) as exc:
                self._note(type(exc).__name__)
            else:
                self._note("")
            finally:
                self._waiting.task_done()

    async def flush(self, patience_s: float) -> None:
        """Return when all that waits is said, or nobody should wait for it any longer."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._waiting.join(), patience_s)

    async def _say(self, said: Said) -> None:
        payload = json.dumps(said.body, ensure_ascii=False).encode()
        # Whoever closes a call says so, and two may: the room hears it once.
        once = "ended" if said.is_last else ""
        await self._register.publish(said.room, payload, source="call", idempotency_key=once)
        if said.is_last:
            await self._register.limit_life(said.room, KEPT_S)

    def _put(self, said: Said) -> None:
        try:
            self._waiting.put_nowait(said)
        except asyncio.QueueFull:
            self._note("QueueFull")

    def _note(self, trouble: str) -> None:
        """Log the beginning of a trouble, not each message it costs."""
        if trouble and not self._is_away:
            logger.warning("Rooms of calls do not hear what happens: %s", trouble)
        self._is_away = bool(trouble)


def room_of(conversation_id: uuid.UUID) -> Room:
    """The room of a call."""
    return Room(f"{CALL_PREFIX}{conversation_id}")


def erase_rooms(conversations: Iterable[uuid.UUID]) -> None:
    """Forget at once what these calls' rooms keep; a Redis that is away forgets it in time by itself."""
    try:
        async_to_sync(_forget)([room_of(conversation_id) for conversation_id in conversations])
    except (RoomsError, RedisError, OSError) as exc:
        logger.warning("Rooms of erased calls stay until their time is over: %s", type(exc).__name__)


async def _forget(rooms: list[Room]) -> None:
    async with _own_register() as register:
        for room in rooms:
            await register.forget(room)


async def tell_from_outside(conversation_id: uuid.UUID, code: str, words: str) -> None:
    """Say a notice where no `CallRooms` is at hand; a Redis that is away does not hear it."""
    payload = json.dumps(notice_body(code, words), ensure_ascii=False).encode()
    try:
        async with _own_register() as register:
            await register.publish(room_of(conversation_id), payload, source="call")
    except (RoomsError, RedisError, OSError) as exc:
        logger.warning("Call %s: a notice was not said: %s", conversation_id, type(exc).__name__)


@contextlib.asynccontextmanager
async def _own_register() -> AsyncIterator[Register]:
    redis = open_redis(settings.REDIS_URL)
    try:
        yield Register(redis, settings.ROOMS_NAMESPACE)
    finally:
        await redis.aclose()


def notice_body(code: str, words: str) -> JsonObject:
    """Something for the person in the call."""
    return {"type": "notice", "code": code, "message": words}


def turn_body(row: Turn) -> JsonObject:
    """One side's words; the same `item_id` again replaces them."""
    return {
        "type": "turn",
        "item_id": row.item_id,
        "role": str(row.role),
        "text": _short(row.text),
        "heard_text": _short(row.heard_text),
        "heard_exact": row.heard_exact,
        "interrupted": row.interrupted,
        "started_at": row.started_at.isoformat(),
    }


def run_body(run: ToolRun) -> JsonObject:
    """One function call; `output` is empty while it runs."""
    return {
        "type": "tool_run",
        "call_id": run.call_id,
        "name": run.name,
        "arguments": _short(run.arguments, LONGEST_ARGUMENTS),
        "status": str(run.status),
        "output": run.output,
        "duration_ms": run.duration_ms,
    }


def question_body(row: ToolApproval) -> JsonObject:
    """One question as the room hears it: a room keeps what it is told, so whole arguments are not for it."""
    return {"type": "approval", **_question(row)}


def approval_body(row: ToolApproval) -> JsonObject:
    """One question for the person who is asked: with its arguments, whole, while it is open."""
    return {**_question(row), "arguments": "" if row.decision else row.arguments}


def _question(row: ToolApproval) -> JsonObject:
    """How a question stands: open while `decision` is null."""
    is_open = not row.decision
    return {
        "call_id": row.run.call_id,
        "name": row.run.name,
        "title": row.title,
        "ends_in_s": max(0.0, round((row.expires_at - timezone.now()).total_seconds(), 1)) if is_open else 0,
        "decision": row.decision or None,
        "after_s": None if row.after_s is None else round(row.after_s, 1),
    }


def usage_body(metered: Metered) -> JsonObject:
    """What one response or transcription used; `seconds` where that is billed. `cost` is the call's."""
    row = metered.row
    return {
        "type": "usage",
        "kind": str(row.kind),
        "source_id": row.source_id,
        "model": row.model,
        "total_tokens": row.total_tokens,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "seconds": row.seconds,
        "cost": metered.cost.as_json() if metered.cost else None,
    }


def state_body(row: Conversation) -> JsonObject:
    """State, time left and, at the end, the reason."""
    return {
        "type": "state",
        "state": row.state,
        "control": str(row.control),
        "expires_at": row.expires_at.isoformat(),
        "ends_in_s": 0 if row.ended_at else max(0, round((row.expires_at - timezone.now()).total_seconds())),
        "reason": str(row.end_reason) or None,
        "ended_at": _iso(row.ended_at),
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _short(text: str, most: int = LONGEST_TEXT) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
