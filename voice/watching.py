"""Who may watch a running call: the person in it, and whoever has the permission `voice.watch_call`.

Named in `settings.ROOM_POLICIES` for rooms that begin with `call.`; nobody may publish there but the call.
"""

from __future__ import annotations

import uuid
from typing import Any

from channels.db import database_sync_to_async

from rooms.names import CALL_PREFIX, Room
from voice.models import Conversation

WATCH = "voice.watch_call"


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
