"""Looks after leases: renews ours, and finds calls whose owner is gone.

A call without a lease is taken only when it had none at two looks in a row: after a Redis restart
its owner writes the lease again in between. Dead owner to new owner: lease (4 s) + two looks (2 s).
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING

from django.db import DatabaseError
from redis.exceptions import RedisError

from voice import records
from voice.calls.handover import take
from voice.leases import BEAT_S
from voice.models import EndReason
from voice.records import Unended

if TYPE_CHECKING:
    from voice.calls.owner import CallOwner

logger = logging.getLogger(__name__)


class Sweeper:
    """The heartbeat of one process."""

    def __init__(self, owner: CallOwner) -> None:
        self._owner = owner
        self._seen: set[uuid.UUID] = set()

    async def run(self) -> None:
        """Beat until cancelled. Redis or the database being away is reported once, then waited out."""
        away = ""
        while True:
            try:
                await self._beat()
                await self._look()
                away = ""
            except (RedisError, OSError, DatabaseError) as exc:
                if away != type(exc).__name__:
                    away = type(exc).__name__
                    logger.warning("Calls cannot be looked after: %s", away)
            await asyncio.sleep(BEAT_S)

    async def _beat(self) -> None:
        owner = self._owner
        await owner.leases.announce()
        for call in list(owner.live.values()):
            if not await owner.leases.take(call.record.id):
                logger.warning("Call %s: another process owns it now", call.record.id)
                call.hand_over()

    async def _look(self) -> None:
        owner = self._owner
        unended = await owner.writer.run(records.unended_calls)
        foreign = {found.record.id: found for found in unended if found.record.id not in owner.live}
        free = await owner.leases.free(foreign)
        for call in free & self._seen:
            await self._take(foreign[call])
        self._seen = free

    async def _take(self, found: Unended) -> None:
        owner = self._owner
        if found.hopeless:
            await owner.force_end(found.record.id, EndReason.NOT_CONNECTED)
        else:
            await take(owner, found.record.id)
