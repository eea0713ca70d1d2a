"""What the leading bridge does: goes on where the last one stopped, registers what is heard, in order."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from rooms.bridge.feed import Feed
from rooms.bridge.lease import Lease, Standing
from rooms.bridge.ring import Entry, Ring
from rooms.errors import LostLease, PlaceMoved, Unavailable
from rooms.register import FeedPlace, Register

BATCH = 256
_RETRY_S = 0.1
_ECHO_S = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unheard:
    """An interval of Redis' clock in which nobody listened; empty when it ends where it begins."""

    since_ms: int
    until_ms: int


class Leader:
    """One term of one bridge; the fence is its own."""

    def __init__(self, feed: Feed, ring: Ring, lease: Lease, register: Register, fence: int) -> None:
        self._feed = feed
        self._ring = ring
        self._lease = lease
        self._register = register
        self.fence = fence
        # A term ends with the link it began on: what was published between two links, nobody here has heard.
        self._link = ring.link
        self.registered = 0
        self._is_troubled = False
        self._place = FeedPlace("", 0)  # how far the register is, as this leader knows
        # Set while everything that was heard is registered.
        self.is_done = asyncio.Event()

    async def find_start(self, standing: Standing, mark: str) -> Unheard:
        """Drop from the ring what is registered already; what nobody heard between then and here.

        `mark` is our own first marker, on its way. Raises LostLease, Unavailable.
        """
        ring = self._ring
        self._place = standing.place
        if ring.holds(standing.place):
            ring.drop_through(standing.place)
            return Unheard(0, 0)
        # Keys may be lost while links live; then Redis knows of no leader, but this bridge does.
        at_ms = standing.at_ms or ring.registered_at_ms
        if at_ms == 0:
            return Unheard(0, 0)
        if at_ms < ring.heard_from_ms:
            # Nothing has been registered since this link began: all of the ring is new.
            return Unheard(at_ms, ring.heard_all_from_ms)
        # The last leader registered some of what stands here, and it cannot be known which: better a gap that
        # is told than a message twice.
        await self._hear_own(mark)
        if self._is_over:
            raise Unavailable("The bridge's link broke.")
        ring.drop_through(FeedPlace(mark, 0))
        now = await self._lease.ask("look")
        return Unheard(at_ms, now.now_ms)

    @property
    def _is_over(self) -> bool:
        return self._ring.is_broken or self._ring.link != self._link

    async def register_all(self) -> None:
        """Register what is heard, until the link breaks (returns) or the lease is lost (raises LostLease)."""
        while not self._is_over:
            self._feed.news.clear()
            if batch := self._ring.batch(BATCH):
                self.is_done.clear()
                await self._register_batch(batch)
            else:
                self.is_done.set()
                await self._feed.news.wait()

    async def _register_batch(self, batch: list[Entry]) -> None:
        messages = [entry.message for entry in batch if entry.message]
        try:
            await self._register.publish_raw(messages, self.fence, batch[-1].place, after=self._place)
        except PlaceMoved:
            # A batch that was given up came late, but came.
            await self._catch_up()
            return
        except Unavailable:
            if not self._is_troubled:
                log.warning("Redis did not take what was heard; the bridge keeps it and tries again.")
            self._is_troubled = True
            await self._catch_up()
            return
        self._place = batch[-1].place
        self._is_troubled = False
        self.registered += len(messages)
        self._ring.drop_batch(batch)

    async def _catch_up(self) -> None:
        """After an answer that did not come: what was registered is dropped, the rest stays."""
        while not self._is_over:
            await asyncio.sleep(_RETRY_S)
            try:
                standing = await self._lease.ask("look")
            except Unavailable:
                continue
            if standing.fence != self.fence:
                raise LostLease("Another bridge has the lease.")
            self._place = standing.place
            self._ring.drop_through(standing.place)
            return

    async def _hear_own(self, mark: str) -> None:
        place = FeedPlace(mark, 0)
        try:
            async with asyncio.timeout(_ECHO_S):
                while not self._ring.holds(place) and not self._is_over:
                    self._feed.news.clear()
                    await self._feed.news.wait()
        except TimeoutError as exc:
            raise Unavailable("The bridge does not hear itself.") from exc
