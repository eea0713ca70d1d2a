"""What staff do to a call, whichever process owns it: end it, whisper into it.

Promises: each is written down before it is tried; an end comes also when the owner is dead or silent; a
whisper that was not refused has reached whoever drives the call, once. Mail itself is at most once, so the
owner answers a whisper with a receipt; without one (`SILENT`) it is not known whether the model reads it.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from voice import audit
from voice.errors import NoControl
from voice.models import AuditAction, EndReason
from voice.protocol import JsonObject

if TYPE_CHECKING:
    from voice.calls.owner import CallOwner

PATIENCE_S = 2.0
NOBODY = "Nobody holds the line into this call just now. Try again in a few seconds."
SILENT = "The process that holds the line into this call does not answer. Try again in a few seconds."


class Receipts:
    """Whispers of this process that wait for the word of their call's owner."""

    def __init__(self) -> None:
        self._awaited: dict[str, asyncio.Event] = {}

    def expect(self, number: str) -> asyncio.Event:
        """What is set when the receipt comes; `forget` it afterwards."""
        return self._awaited.setdefault(number, asyncio.Event())

    def came(self, number: str) -> None:
        """A receipt; one that nobody waits for any more is nothing."""
        if number in self._awaited:
            self._awaited[number].set()

    def forget(self, number: str) -> None:
        self._awaited.pop(number, None)


async def end(owner: CallOwner, conversation_id: uuid.UUID, actor: Any) -> None:
    """Write it down and begin to end the call; its end may take a few seconds more."""
    await owner.writer.run(_note, AuditAction.CALL_ENDED, actor, conversation_id, {})
    owner.spawn(owner.end(conversation_id, EndReason.OPERATOR))


async def whisper(
    owner: CallOwner, conversation_id: uuid.UUID, actor: Any, *, text: str, respond: bool
) -> None:
    """Have the model read this before its next answer. Raises NoControl when no owner took it."""
    if not await owner.holder_of(conversation_id):
        raise NoControl(NOBODY)
    detail = {"text": text, "respond": respond}
    await owner.writer.run(_note, AuditAction.CALL_WHISPERED, actor, conversation_id, detail)
    number = uuid.uuid4().hex
    mail = {"what": "whisper", **detail, "number": number, "answer_to": owner.mailbox.name}
    taken = owner.receipts.expect(number)
    try:
        if not await owner.tell(conversation_id, mail):
            raise NoControl(NOBODY)
        async with asyncio.timeout(PATIENCE_S):
            await taken.wait()
    except TimeoutError:
        raise NoControl(SILENT) from None
    finally:
        owner.receipts.forget(number)


async def send_receipt(owner: CallOwner, mail: JsonObject) -> None:
    """Tell the process that sent a whisper that its call has it."""
    receipt = {"what": "whispered", "call": mail["call"], "number": mail["number"]}
    if mail["answer_to"] == owner.mailbox.name:
        owner.receipts.came(mail["number"])
    else:
        await owner.mailbox.send(mail["answer_to"], receipt)


def _note(action: AuditAction, actor: Any, conversation_id: uuid.UUID, detail: JsonObject) -> None:
    audit.record(action, actor=actor, conversation=conversation_id, **detail)
