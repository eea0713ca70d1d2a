"""Who may come in, and where: sessions and rights of a process's sockets, read together on one thread."""

from __future__ import annotations

from typing import Any

from rooms.database import DatabaseThread
from rooms.lookup import Lookup
from rooms.names import Room
from rooms.policies import Question, Rights, policy_for, read_rights, rights_by_policy
from rooms.visitors import NOBODY, Visitor, find_visitors


class Entrance:
    """One for each event loop. Answers are as of now; raises Unavailable and DatabaseError."""

    def __init__(self) -> None:
        self._thread = DatabaseThread("rooms-entrance")
        self._visitors: Lookup[str, Visitor] = Lookup(self._thread, find_visitors)
        self._rights: Lookup[Question, Rights] = Lookup(self._thread, read_rights)

    async def visitor(self, session_key: str) -> Visitor:
        """The person of that session."""
        return await self._visitors.find(session_key) if session_key else NOBODY

    async def rights(self, user_id: Any, room: Room) -> Rights:
        """What that person may do with the room."""
        if policy_for(room) is None:
            return await self._rights.find((user_id, room))
        return (await rights_by_policy(user_id, [room]))[room]

    async def entered(self, user_id: Any, room: Room) -> None:
        """That person, who may, is about to be given what the room says."""
        if (policy := policy_for(room)) is not None:
            await policy.entered(user_id, room)

    async def aclose(self) -> None:
        """Answer nobody any more and close the connection."""
        await self._visitors.aclose()
        await self._rights.aclose()
        await self._thread.aclose()
