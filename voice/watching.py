"""Who may watch a running call: the person in it, and whoever has the permission `voice.watch_call`.

Named in `settings.ROOM_POLICIES` for rooms that begin with `call.`; nobody may publish there but the call.
Promises: whichever way somebody else gets at a call's words, by its room or by the live floor, it is written
down once for each of them and call, and the person in the call is told, unless the site's policy says no.
"""

from __future__ import annotations

import uuid
from typing import Any

from channels.db import database_sync_to_async
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from rooms.names import CALL_PREFIX, Room
from voice import audit
from voice.call_rooms import KEPT_S, tell_from_outside
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

    async def entered(self, user_id: Any, room: Room) -> None:
        """Who reads along without being in the call is written down, and the person is told."""
        conversation_id = conversation_of(room)
        if conversation_id is None:
            return
        if await database_sync_to_async(_note_entered)(user_id, conversation_id):
            await tell_from_outside(conversation_id, WATCHED, WATCHED_WORDS)


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


def _note_entered(user_id: Any, conversation_id: uuid.UUID) -> bool:
    others = Conversation.objects.filter(pk=conversation_id).exclude(user_id=user_id)
    row = others.defer("session", "greeting").first()
    user = get_user_model().objects.filter(pk=user_id).first()
    return row is not None and user is not None and note_watcher(user, row)


def note_watcher(watcher: Any, row: Conversation) -> bool:
    """Write down that somebody opened a call; whether the person in it is to be told that now."""
    if not shows_words(row) or not _is_first_look(watcher, row.pk):
        return False
    return row.ended_at is None and tells_person()


def shows_words(row: Conversation) -> bool:
    """Whether those who may watch (still) read what was said: as long as the call's room has it."""
    if row.erased_at is not None:
        return False
    return row.ended_at is None or (timezone.now() - row.ended_at).total_seconds() < KEPT_S


def _is_first_look(watcher: Any, conversation_id: uuid.UUID) -> bool:
    known = _looks_at(conversation_id).filter(actor=watcher)
    if known.exists():
        return False
    with transaction.atomic():
        # The lock lets two looks of one watcher, in two processes, wait for each other.
        call = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        if call is None or known.exists():
            return False
        audit.record(AuditAction.CALL_WATCHED, actor=watcher, conversation=call)
    return True


def _looks_at(conversation_id: uuid.UUID) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(action=AuditAction.CALL_WATCHED, conversation=conversation_id)


def tells_person() -> bool:
    """Whether people are told that staff watch their call."""
    return CallPolicy.current().tell_watched


def was_told(conversation_id: uuid.UUID) -> bool:
    """Whether the person in a call is to know that somebody has opened it."""
    return _looks_at(conversation_id).exists() and tells_person()
