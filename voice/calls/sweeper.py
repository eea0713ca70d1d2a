"""Looks after leases: renews ours, and finds calls whose owner is gone.

A call without a lease is taken only when it had none at two looks in a row: after a Redis restart
its owner writes the lease again in between. Dead owner to new owner: lease (4 s) + two looks (2 s).
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from django.db import Error
from redis.exceptions import RedisError

from voice import records
from voice.calls.handover import take
from voice.leases import BEAT_S
from voice.models import EndReason
from voice.records import Unended

if TYPE_CHECKING:
    from voice.calls.owner import CallOwner

logger = logging.getLogger(__name__)

HANG_UP_EVERY_S = 15.0


class Sweeper:
    """The heartbeat of one process, and its look at everybody's calls: two loops, so that a take-over
    that takes long never delays a beat."""

    def __init__(self, owner: CallOwner) -> None:
        self._owner = owner
        self._seen: set[uuid.UUID] = set()
        self._away: dict[str, str] = {}
        self._next_hang_ups_s = 0.0

    async def beat(self) -> None:
        """Renew our leases until cancelled."""
        await self._for_ever("renewed", self._beat)

    async def look(self) -> None:
        """Find calls without an owner until cancelled."""
        await self._for_ever("looked after", self._look)

    async def _for_ever(self, what: str, step: Callable[[], Awaitable[None]]) -> None:
        """Redis or the database being away is reported once, then waited out."""
        while True:
            try:
                await step()
                self._away.pop(what, None)
            except (RedisError, OSError, Error) as exc:
                name = type(exc).__name__
                if self._away.get(what) != name:
                    self._away[what] = name
                    logger.warning("Calls cannot be %s: %s", what, name)
            await asyncio.sleep(BEAT_S)

    async def _beat(self) -> None:
        owner = self._owner
        await owner.leases.announce()
        for conversation_id in await owner.leases.renew(owner.owned):
            if (call := owner.live.get(conversation_id)) is not None:
                logger.warning("Call %s: another process owns it now", conversation_id)
                call.hand_over()

    async def _look(self) -> None:
        owner = self._owner
        unended = await owner.writer.run(records.unended_calls)
        foreign = {found.id: found for found in unended if found.id not in owner.owned}
        free = await owner.leases.free(foreign)
        for call in free & self._seen:
            owner.spawn(self._take(foreign[call]))
        self._seen = free
        await self._hang_up_again()

    async def _take(self, found: Unended) -> None:
        if found.hopeless:
            await self._owner.force_end(found.id, EndReason.NOT_CONNECTED)
        else:
            await take(self._owner, found.id)

    async def _hang_up_again(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s < self._next_hang_ups_s:
            return
        self._next_hang_ups_s = now_s + HANG_UP_EVERY_S
        for conversation_id, call_id in await self._owner.writer.run(records.not_hung_up):
            self._owner.spawn(self._owner.hang_up(conversation_id, call_id))
