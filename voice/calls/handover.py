"""How a call changes its owner: left by one that stops, taken from one that died.

Promises: a call that nobody takes within `HANDOVER_S` is hung up by the one that leaves; a call that
cannot be joined is hung up and closed by the one that takes it.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING

from django.utils import timezone
from redis.exceptions import RedisError

from voice import approvals, records
from voice.call import ToolFinished
from voice.errors import CallGone, VoiceError
from voice.live_call import LiveCall
from voice.models import EndReason
from voice.records import CallRecord
from voice.tools.executor import failure
from voice.transcripts import read_run

if TYPE_CHECKING:
    from voice.calls.owner import CallOwner

logger = logging.getLogger(__name__)

HANDOVER_S = 2.0
LOOK_EVERY_S = 0.05


async def leave(owner: CallOwner, call: LiveCall, others: list[str]) -> None:
    """Give a call to one of the `others`, or hang up."""
    if not others:
        call.end(EndReason.SHUTDOWN)
        return
    call.hand_over()
    await call.over.wait()
    await owner.release_lease(call.record.id)
    # All are asked: the last beat of one that died a moment ago still counts, and the lease has one winner.
    mail = {"what": "take", "call": str(call.record.id)}
    await asyncio.gather(*(owner.mailbox.send(name, mail) for name in others))
    if await _is_taken(owner, call.record.id):
        logger.info("Call %s: handed over", call.record.id)
        return
    await owner.force_end(call.record.id, EndReason.SHUTDOWN)


async def _is_taken(owner: CallOwner, conversation_id: uuid.UUID) -> bool:
    """Whether another process holds the lease soon; one that has died since answers nothing."""
    deadline = asyncio.get_running_loop().time() + HANDOVER_S
    while asyncio.get_running_loop().time() < deadline:
        try:
            if await owner.leases.holder(conversation_id) not in ("", owner.leases.owner):
                return True
        except RedisError:
            return False
        await asyncio.sleep(LOOK_EVERY_S)
    return False


async def take(owner: CallOwner, conversation_id: uuid.UUID) -> None:
    """Take a call that its owner leaves to us."""
    if conversation_id in owner.owned:
        return
    with owner.making(conversation_id):
        if not await owner.take_lease(conversation_id):
            return
        record = await owner.writer.run(records.running_record, conversation_id)
        if record is None:
            await owner.release_lease(conversation_id)
            return
        await take_over(owner, record)


async def take_over(owner: CallOwner, record: CallRecord) -> None:
    """Join a call without an owner, whose lease is ours already."""
    record, lost = await owner.writer.run(records.with_known_runs, record)
    try:
        sideband = None
        if owner.provider.config.sideband:
            sideband = await owner.provider.attach(record.call_id, patience_s=0)
    except VoiceError as exc:
        reason = EndReason.BROWSER_LEFT if isinstance(exc, CallGone) else EndReason.PROVIDER_LOST
        await owner.force_end(record.id, reason)
        await owner.release_lease(record.id)
        return
    logger.info("Call %s: taken over", record.id)
    call = owner.drive(record, sideband)
    for run in await owner.writer.run(approvals.waiting_runs, record.id):
        call.resume(run)
    for call_id in lost:
        owner.call_rooms.tell_run(await owner.writer.run(read_run, record.id, call_id))
        call.post(ToolFinished(call_id, failure(records.INTERRUPTED), timezone.now()))
