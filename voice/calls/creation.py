"""How a call begins: by our own offer exchange, or by another front end with a minted secret.

Promises: the record exists before the provider is asked; the call id is stored before anything else
happens; a failure closes the record and names its cause.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voice import records
from voice.errors import CallEnded, CallGone, NotFound, TooManyCalls, VoiceError
from voice.models import Conversation, EndReason
from voice.provider import Minted, Sideband
from voice.records import CallRecord

if TYPE_CHECKING:
    from voice.calls.owner import CallOwner

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NewCall:
    """A call as a person asks for it; `offer` is SDP."""

    user_id: int
    offer: str = field(repr=False)
    assistant: str | None = None
    voice: str = ""
    replace: bool = False


@dataclass(frozen=True)
class StartedCall:
    record: CallRecord
    answer: str = field(repr=False)
    control: str
    provider_s: float
    join_s: float


@dataclass(frozen=True)
class Creation:
    """A call on its way: `gone` is set when the browser that asked is no longer there."""

    task: asyncio.Task[StartedCall]
    gone: asyncio.Event


async def create(owner: CallOwner, new: NewCall, gone: asyncio.Event) -> StartedCall:
    """Make one call. Raises AlreadyInCall, TooManyCalls, BadInput, CallEnded, ProviderError and their kin."""
    if new.replace:
        for running in await owner.writer.run(records.running_calls, new.user_id):
            await owner.end(running.pk, EndReason.REPLACED)
    kind = owner.provider.config.kind
    record = await owner.writer.run(
        records.open_conversation, new.user_id, new.assistant, provider=kind, voice=new.voice
    )
    with owner.making(record.id):
        await owner.take_lease(record.id)
        try:
            return await _make(owner, record, new, gone)
        except BaseException as exc:
            reason = EndReason.BROWSER_LEFT if isinstance(exc, CallEnded) else EndReason.FAILED
            await asyncio.shield(owner.spawn(_undo(owner, record.id, reason)))
            raise


async def _make(owner: CallOwner, record: CallRecord, new: NewCall, gone: asyncio.Event) -> StartedCall:
    began = time.monotonic()
    made = await owner.provider.create_call(new.offer, record.session, user_id=new.user_id)
    answered = time.monotonic()
    try:
        running = await owner.writer.run(records.set_call_id, record.id, made.call_id)
        _refuse_ended(running and not gone.is_set())
        record = dataclasses.replace(record, call_id=made.call_id)
        joining = time.monotonic()
        sideband = await _join(owner, record)
        joined = time.monotonic()
        control = Conversation.Control.SIDEBAND if sideband else Conversation.Control.COURIER
        # Somebody may have ended the call while it was being made: then nobody must drive it.
        row = await owner.writer.run(records.set_control, record.id, control)
        _refuse_ended(row is not None)
    except BaseException:
        # Only here is the id known for sure, so only here can it be hung up for sure.
        await asyncio.shield(owner.spawn(owner.hang_up(record.id, made.call_id)))
        raise
    owner.call_rooms.tell_state(row)
    owner.drive(record, sideband)
    return StartedCall(record, made.answer, control, answered - began, joined - joining)


def _refuse_ended(running: bool) -> None:
    if not running:
        raise CallEnded("The call was ended before it had begun.")


async def _undo(owner: CallOwner, conversation_id: uuid.UUID, reason: str) -> None:
    await owner.writer.run(records.close_conversation, conversation_id, reason)
    await owner.release_lease(conversation_id)


async def _join(owner: CallOwner, record: CallRecord) -> Sideband | None:
    """The sideband, before the browser gets its answer; without one the page is the courier."""
    if not owner.provider.config.sideband:
        return None
    try:
        return await owner.provider.attach(record.call_id)
    except VoiceError as exc:
        logger.warning("Call %s: no sideband, the page is courier: %s", record.id, exc.code)
        return None


async def mint(owner: CallOwner, user_id: int, assistant: str | None) -> tuple[CallRecord, Minted]:
    """A secret for another front end, and the record its call will have. Raises BadInput, ProviderError."""
    kind = owner.provider.config.kind
    record = await owner.writer.run(records.open_conversation, user_id, assistant, provider=kind, minted=True)
    try:
        return record, await owner.provider.mint(record.session, user_id=user_id)
    except BaseException:
        await owner.writer.run(records.close_conversation, record.id, EndReason.FAILED)
        raise


async def attach(owner: CallOwner, conversation_id: uuid.UUID, user_id: int, call_id: str) -> str:
    """Give a minted call its tools, limits and record; returns its control.

    Raises NotFound, CallEnded, BadInput, TooManyCalls.
    """
    row = await owner.writer.run(records.find_own, conversation_id, user_id)
    if conversation_id in owner.owned:
        return row.control
    with owner.making(conversation_id):
        # The lease first: a row with a call id and no lease is what the sweeper looks for.
        if not await owner.take_lease(conversation_id):
            return row.control
        try:
            return await _attach(owner, conversation_id, user_id, call_id)
        except BaseException:
            await owner.release_lease(conversation_id)
            raise


async def _attach(owner: CallOwner, conversation_id: uuid.UUID, user_id: int, call_id: str) -> str:
    try:
        record = await owner.writer.run(records.attach_minted, conversation_id, user_id, call_id)
    except TooManyCalls:
        # Its front end has made the call already; beyond a limit nobody leaves it running.
        await owner.hang_up(conversation_id, call_id)
        raise
    control, sideband = Conversation.Control.COURIER, None
    if owner.provider.config.sideband:
        control, sideband = Conversation.Control.SIDEBAND, await _attached(owner, record)
    row = await owner.writer.run(records.set_control, conversation_id, control)
    _refuse_ended(row is not None)
    owner.call_rooms.tell_state(await owner.writer.run(records.mark_ready, conversation_id))
    owner.drive(record, sideband, waits_for_browser=False)
    return control


async def _attached(owner: CallOwner, record: CallRecord) -> Sideband:
    try:
        return await owner.provider.attach(record.call_id)
    except BaseException as exc:
        await owner.writer.run(records.detach_minted, record.id)
        if isinstance(exc, CallGone):
            raise NotFound("The provider knows no such call.", field="call_id") from exc
        raise
