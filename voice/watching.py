"""Who may watch a running call: the person in it, and whoever has the permission `voice.watch_call`.

Named in `settings.ROOM_POLICIES` for rooms that begin with `call.`; nobody may publish there but the call.
That somebody watches is written down once for each watcher and call.
"""

from __future__ import annotations

import uuid
from typing import Any

from channels.db import database_sync_to_async
from django.db import transaction

from rooms.names import CALL_PREFIX, Room
from voice import audit
from voice.models import AuditAction, AuditEvent, CallPolicy, Conversation

WATCH = "voice.watch_call"
END = "voice.end_call"
WHISPER = "voice.whisper_call"

WATCHED = "watched"
WATCHED_WORDS = "Staff of this site have opened this call and can read along."
"""What the person in the call is told; nobody knows when staff have stopped reading."""


class CallRoom:
    """The rights in the room `call.<conversation id>` (`rooms.policies.RoomPolicy`)."""

    listed = False

    async def may_view(self, user: Any, room: Room) -> bool:
        """The person in the call and those with the permission, as long as the call has a record."""
        conversation_id = conversation_of(room)
        if conversation_id is None:
            return False
        return bool(await database_sync_to_async(_may_watch)(user, conversation_id))

    async def may_publish(self, user: Any, room: Room) -> bool:
        """Never: what a call's room carries is what is stored of the call."""
        return False


def conversation_of(room: Room) -> uuid.UUID | None:
    """The conversation whose room it is; none when the name is not one we give."""
    try:
        found = uuid.UUID(room.removeprefix(CALL_PREFIX))
    except ValueError:
        return None
    return found if room == f"{CALL_PREFIX}{found}" else None


def _may_watch(user: Any, conversation_id: uuid.UUID) -> bool:
    rows = Conversation.objects.filter(pk=conversation_id)
    if not user.has_perm(WATCH):
        rows = rows.filter(user_id=user.pk)
    return rows.exists()


def note_watcher(watcher: Any, conversation_id: uuid.UUID) -> bool:
    """Write down that somebody opened a call; whether this was the first time."""
    known = AuditEvent.objects.filter(
        action=AuditAction.CALL_WATCHED, conversation=conversation_id, actor=watcher
    )
    if known.exists():
        return False
    with transaction.atomic():
        # The lock lets two looks of one watcher, in two processes, wait for each other.
        call = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        if call is None or known.exists():
            return False
        audit.record(AuditAction.CALL_WATCHED, actor=watcher, conversation=call)
    return True


def tells_person() -> bool:
    """Whether people are told that staff watch their call."""
    return CallPolicy.current().tell_watched


def was_told(conversation_id: uuid.UUID) -> bool:
    """Whether the person in a call is to know that somebody has opened it."""
    watched = AuditEvent.objects.filter(action=AuditAction.CALL_WATCHED, conversation=conversation_id)
    return watched.exists() and tells_person()
