"""Watches the money of this process' calls: who spends a budget is told, then led out.

Promises: a call whose person, group or site has nothing left is told to say goodbye within `LOOK_S` of the
usage that spent it, whoever's usage that was, and is written down; its end is the core's business.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING

from django.db import Error
from django.utils import timezone

from voice import budgets
from voice.budgets import Standing
from voice.call import BudgetLow, BudgetReached
from voice.live_call import LiveCall

if TYPE_CHECKING:
    from voice.calls.owner import CallOwner

logger = logging.getLogger(__name__)

LOOK_S = 2.0


class Meter:
    """The look at budgets of one process."""

    def __init__(self, owner: CallOwner) -> None:
        self._owner = owner
        self._reached: set[uuid.UUID] = set()
        self._is_away = False

    async def run(self) -> None:
        """Look until cancelled; a database that is away is reported once, then waited out."""
        while True:
            try:
                await self._look()
                self._is_away = False
            except Error as exc:
                if not self._is_away:
                    logger.warning("Budgets cannot be looked at: %s", type(exc).__name__)
                self._is_away = True
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        calls = list(self._owner.live.values())
        self._reached &= {call.record.id for call in calls}
        if not calls:
            return
        people = {call.record.user_id for call in calls}
        standings = await self._owner.writer.run(budgets.tightest, people)
        for call in calls:
            standing = standings.get(call.record.user_id)
            if standing is not None:
                await self._tell(call, standing)

    async def _tell(self, call: LiveCall, standing: Standing) -> None:
        if not standing.is_spent:
            call.post(BudgetLow(standing.low_sentence, timezone.now()))
        elif call.record.id not in self._reached:
            self._reached.add(call.record.id)
            call.post(BudgetReached(standing.spent_sentence, timezone.now()))
            logger.info("Call %s: a budget is spent", call.record.id)
            note = budgets.note_reached
            await self._owner.writer.run(note, standing.budget.pk, call.record.user_id, call.record.id)
