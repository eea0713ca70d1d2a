"""What mail between owners of calls says, and what is done when it arrives."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.utils import timezone

from voice.call import Asked, BrowserReady, HumanActed, Whispered
from voice.calls import handover, staff
from voice.live_call import LiveCall
from voice.protocol import JsonObject

if TYPE_CHECKING:
    from voice.calls.owner import CallOwner


def deliver(owner: CallOwner, mail: JsonObject) -> None:
    """A message for one of this process' calls, a call left to it, or the receipt of a whisper."""
    conversation_id = uuid.UUID(mail["call"])
    if mail["what"] == "take" and not owner.draining and conversation_id not in owner.owned:
        owner.spawn(handover.take(owner, conversation_id))
    if mail["what"] == "whispered":
        owner.receipts.came(mail["number"])
    call = owner.live.get(conversation_id)
    if call is not None:
        _hand_on(owner, call, mail)


def _hand_on(owner: CallOwner, call: LiveCall, mail: JsonObject) -> None:
    match mail["what"]:
        case "ready":
            call.post(BrowserReady(timezone.now()))
        case "human":
            call.post(HumanActed(timezone.now()))
        case "asked":
            call.post(Asked(timezone.now()))
        case "answered":
            call.post(HumanActed(timezone.now()))
            owner.asking.answered(call.record.id, mail["run"])
        case "whisper" if call.heeds:
            call.post(Whispered(mail["text"], bool(mail["respond"]), timezone.now()))
            owner.spawn(staff.send_receipt(owner, mail))
        case "end":
            call.end(mail["reason"])
