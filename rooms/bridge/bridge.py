"""One bridge process: hears always, leads when it has the lease, stands by otherwise.

A leader whose link breaks gives the lease up at once, so that a standby that heard everything goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from rooms.bridge.feed import Feed
from rooms.bridge.leading import Leader
from rooms.bridge.lease import LEASE_S, Lease, Standing
from rooms.bridge.ring import Ring
from rooms.bridge.sorting import Sorter
from rooms.connections import open_redis
from rooms.errors import LostLease, Unavailable
from rooms.keys import Keys
from rooms.register import Limits, Register
from rooms.tasks import end_tasks

POLL_S = 0.2
BEAT_S = 1.0
# A bridge that does not know where the last leader stopped lets one that may know go first.
COLD_WAIT_S = 0.6
LEAVE_S = 3.0
# So many probes taken by Redis and not heard make a link mute.
_MUTE_PROBES = 3

log = logging.getLogger(__name__)


class Bridge:
    """Build one a process and `run` it; `stop` lets it leave well."""

    def __init__(
        self,
        url: str,
        namespace: str,
        *,
        patterns: Sequence[str],
        ignore: Sequence[str],
        limits: Limits | None = None,
        lease_s: float = LEASE_S,
        is_scratch: bool = False,
    ) -> None:
        """`is_scratch`: hear a drill's own channels, and nothing that devices publish."""
        self._redis: Redis = open_redis(url)
        self._keys = Keys(namespace)
        scratch = self._keys.scratch_channels if is_scratch else ""
        self._sorter = Sorter(patterns, ignore, self._keys.skip_channel, scratch=scratch)
        self._ring = Ring()
        self._feed = Feed(url, namespace, self._sorter, self._ring)
        self._lease = Lease(self._redis, namespace, life_s=lease_s)
        self._register = Register(self._redis, namespace, limits)
        self._leader: Leader | None = None
        # Whether this bridge, standing by, knows where the leader is: it can take over without a gap.
        self.is_warm = False
        self._marks = 0
        self._probes = 0
        self._registered = 0
        self._stopping = asyncio.Event()

    @property
    def is_leading(self) -> bool:
        """Whether this process registers now, as far as it knows."""
        return self._leader is not None

    def stop(self) -> None:
        """Leave: register what was heard, then give the lease up."""
        self._stopping.set()

    async def run(self) -> None:
        """Until `stop`. What goes wrong with Redis is outlived; anything else ends the process."""
        feeding = asyncio.create_task(self._feed.run())
        tasks = [feeding, asyncio.create_task(self._beat()), asyncio.create_task(self._govern())]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait((*tasks, stopping), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            await self._leave(feeding)
        finally:
            await end_tasks(*tasks, stopping)
            await self._redis.aclose()

    async def _leave(self, feeding: asyncio.Task[None]) -> None:
        """Nothing more is heard; what was heard is registered; the next one may lead."""
        leader = self._leader
        await end_tasks(feeding)
        with contextlib.suppress(TimeoutError, Unavailable):
            async with asyncio.timeout(LEAVE_S):
                if leader:
                    leader.is_done.clear()
                    self._feed.news.set()
                    await leader.is_done.wait()
                await self._lease.ask("leave")
        log.info("The bridge leaves%s.", " and gives up the lease" if leader else "")

    async def _govern(self) -> None:
        """Stand by until the lease is free, lead until it or the link is lost; again and again."""
        cold_s = 0.0
        while True:
            await self._feed.proven.wait()
            try:
                standing = await self._lease.ask("look")
                self._note_warmth(standing)
                self._ring.registered_at_ms = max(self._ring.registered_at_ms, standing.at_ms)
                if standing.verdict == "held":
                    self._ring.drop_through(standing.place)
                    cold_s = 0.0
                elif self._may_take(standing) or cold_s >= COLD_WAIT_S:
                    await self._take_and_lead()
                    continue
                else:
                    cold_s += POLL_S
            except Unavailable:
                log.debug("Redis does not answer the bridge.")
            except LostLease:
                log.warning("Another bridge leads now; this one stands by.")
            await asyncio.sleep(POLL_S)

    def _may_take(self, standing: Standing) -> bool:
        """Whether nobody can know more than this bridge."""
        is_first = standing.at_ms == 0 or standing.others == 0
        return self.is_warm or is_first or not standing.is_settled

    def _note_warmth(self, standing: Standing) -> None:
        is_warm = self._ring.holds(standing.place)
        if is_warm and not self.is_warm and standing.verdict == "held":
            log.info("This bridge stands by and can go on where the leader is.")
        self.is_warm = is_warm

    async def _take_and_lead(self) -> None:
        standing = await self._lease.ask("take")
        if standing.verdict != "taken":
            return
        leader = Leader(self._feed, self._ring, self._lease, self._register, standing.fence)
        log.info("This bridge leads (term %d).", standing.fence)
        try:
            await self._lead(leader, standing)
        finally:
            self._leader = None
            self._registered += leader.registered
            await self._give_up()

    async def _lead(self, leader: Leader, standing: Standing) -> None:
        renewing = asyncio.create_task(self._renew(leader))
        leading = asyncio.create_task(self._start_and_register(leader, standing))
        try:
            await asyncio.wait((renewing, leading), return_when=asyncio.FIRST_COMPLETED)
        finally:
            raised = await end_tasks(renewing, leading)
        for error in raised:
            raise error

    async def _start_and_register(self, leader: Leader, standing: Standing) -> None:
        mark = await self._send_mark(leader)
        unheard = await leader.find_start(standing, mark)
        told = await self._lease.tell_unheard(
            leader.fence,
            since_ms=unheard.since_ms,
            until_ms=unheard.until_ms,
            pattern=self._sorter.patterns.as_text(),
            kept_s=self._register.limits.history_ttl_s,
        )
        if told == "told":
            log.warning("No bridge heard from %d to %d.", unheard.since_ms, unheard.until_ms)
        self._leader = leader
        await leader.register_all()

    async def _renew(self, leader: Leader) -> None:
        while True:
            await asyncio.sleep(self._lease.life_s / 3)
            with contextlib.suppress(Unavailable):
                standing = await self._lease.ask("renew")
                if standing.verdict != "mine" or standing.fence != leader.fence:
                    raise LostLease("Another bridge has the lease.")

    async def _give_up(self) -> None:
        """Let another lead at once; harmless when the lease is not ours any more."""
        with contextlib.suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._lease.ask("leave")

    async def _beat(self) -> None:
        """Every second: a probe of our own link, the leader's marker, and the counts."""
        while True:
            await self._feed.listening.wait()
            self._feed.renewed.clear()
            with contextlib.suppress(RedisError, OSError, Unavailable):
                await self._probe()
                if self._leader:
                    await self._send_mark(self._leader)
                    await self._tell_counts()
            with contextlib.suppress(TimeoutError):
                # A new link is proven at once, not at the next beat.
                async with asyncio.timeout(BEAT_S):
                    await self._feed.renewed.wait()

    async def _probe(self) -> None:
        if self._probes - self._feed.probes_heard >= _MUTE_PROBES:
            log.warning("The bridge's link to Redis is open but mute; it is opened anew.")
            self._feed.cut()
            self._probes = self._feed.probes_heard = 0
            return
        await self._redis.publish(self._keys.probe_channel, f"{self._feed.own_probe}:{self._probes + 1}")
        # Counted only when Redis took it: a Redis that is silent altogether loses nothing.
        self._probes += 1

    async def _send_mark(self, leader: Leader) -> str:
        self._marks += 1
        mark = f"{leader.fence}:{self._marks}"
        try:
            await self._redis.publish(self._keys.mark_channel, mark)
        except (RedisError, OSError) as exc:
            raise Unavailable("Redis did not take the bridge's marker.") from exc
        return mark

    async def _tell_counts(self) -> None:
        counts = self._sorter.counts
        registered = self._registered + (self._leader.registered if self._leader else 0)
        told: dict[Any, Any] = vars(counts) | {"registered": registered, "waiting": len(self._ring)}
        await self._redis.hset(self._keys.bridge_counts, mapping=told)
