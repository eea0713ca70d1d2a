"""What the hub does by the clock: heartbeats, sessions and rights, position checks, presence, stuck sockets.

Each duty is a loop of its own; a fault in one turn is logged and the next turn comes. Redis that is away is
no fault: rooms are settled when it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from redis.exceptions import RedisError

from rooms.errors import Unavailable
from rooms.hub.local_room import LocalRoom
from rooms.names import INTERNAL_MARK, Room
from rooms.presence import BEAT_S

if TYPE_CHECKING:
    from rooms.hub.hub import Hub

logger = logging.getLogger(__name__)
T = TypeVar("T")

HEARTBEAT_S = 25
POSITION_CHECK_S = 40.0
PRESENCE_S = 1.0
STUCK_CHECK_S = 0.5
_ROOMS_AT_ONCE = 500
_LOOKS_AT_ONCE = 100


class Care:
    """The duties of one hub; `run` each of `duties` as a task."""

    def __init__(self, hub: Hub, namespace: str) -> None:
        self._hub = hub
        self._news = asyncio.Event()
        self._changed: set[Room] = set()  # here: other processes want to know
        self._stale: set[Room] = set()  # anywhere: our view is old
        self._beaten_at = 0.0
        self._presence_channel = f"{INTERNAL_MARK}{namespace}presence".encode()
        self.channels = {self._presence_channel: self._take_presence}

    def duties(self) -> list[Coroutine[Any, Any, None]]:
        """Each to be run as a task of the hub."""
        return [
            self._repeat(1.0, self._beat_hearts),
            self._repeat(min(1.0, self._hub.recheck_s / 4), self._look_again),
            self._repeat(POSITION_CHECK_S, self.check_positions),
            self._repeat(PRESENCE_S, self._update_presence),
            self._repeat(STUCK_CHECK_S, self._cut_stuck),
        ]

    async def _repeat(self, every_s: float, duty: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                await duty()
            except (Unavailable, RedisError, OSError) as exc:
                logger.debug("%s waits for Redis: %s", duty.__name__, type(exc).__name__)
            except Exception:  # an edge: this duty's next turn must come
                logger.exception("%s failed", duty.__name__)

    # Hearts and stuck sockets ---------------------------------------------------------------------

    async def _beat_hearts(self) -> None:
        """Each second to every 25th socket, so that the work is spread."""
        second = int(asyncio.get_running_loop().time()) % HEARTBEAT_S
        for socket in tuple(self._hub.sockets):
            if socket.number % HEARTBEAT_S == second:
                rooms = {
                    local.room: local.position.as_body()
                    for local in socket.rooms.values()
                    if local.position and socket in local.members
                }
                socket.say(type="heartbeat", rooms=rooms)

    async def _look_again(self) -> None:
        """At the sessions and rights of those whose turn it is; questions of the same moment share a read."""
        now = time.monotonic()
        due = [socket for socket in self._hub.sockets if now - socket.looked_at >= self._hub.recheck_s]
        for some in _by(_LOOKS_AT_ONCE, due):
            looks = []
            for socket in some:
                socket.was_looked_at(now)
                if socket.look_again:
                    looks.append(socket.look_again())
            for fault in await asyncio.gather(*looks, return_exceptions=True):
                if isinstance(fault, Exception):
                    logger.error("A socket's rights cannot be seen: %s", type(fault).__name__, exc_info=fault)

    async def _cut_stuck(self) -> None:
        for sink in tuple(self._hub.backlog):
            if not sink.cut_if_stuck():
                self._hub.backlog.discard(sink)

    # Positions ------------------------------------------------------------------------------------

    async def check_positions(self) -> None:
        """Compare every room's position with the register's; read what turns out to be missing."""
        for some in _by(_ROOMS_AT_ONCE, tuple(self._hub.feed.rooms.values())):
            before = {local.room: local.position for local in some}
            tops = await self._hub.register.tops([local.room for local in some])
            for local in some:
                # A room that moved meanwhile is alive; one whose feed lags is read, which does no harm.
                if local.is_settled and local.position == before[local.room] != tops.get(local.room):
                    self._hub.feed.settle(local)

    def settle_all(self) -> None:
        """After a lost subscription: whatever was published meanwhile was not heard."""
        for local in tuple(self._hub.feed.rooms.values()):
            if local.position is not None:
                self._hub.feed.settle(local)

    # Presence -------------------------------------------------------------------------------------

    def changed(self, room: Room) -> None:
        """A socket came or went."""
        self._changed.add(room)
        self._news.set()

    async def _take_presence(self, channel: bytes, payloads: list[bytes]) -> None:
        for payload in payloads:
            self._stale.update(Room(name) for name in json.loads(payload))
        self._news.set()

    async def _update_presence(self) -> None:
        """The first change is told at once, those of the following second together."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), BEAT_S - PRESENCE_S)
        self._news.clear()
        hub = self._hub
        now = asyncio.get_running_loop().time()
        changed, self._changed = self._changed, set()
        is_due = now - self._beaten_at >= BEAT_S - PRESENCE_S
        if changed or is_due:
            await hub.presence.beat({local.room: len(local.holders) for local in hub.feed.rooms.values()})
            self._beaten_at = now
        for some in _by(_ROOMS_AT_ONCE, tuple(changed)):
            await hub.redis.publish(self._presence_channel, json.dumps(some))
        stale, self._stale = self._stale | changed, set()
        rooms: Collection[Room] = hub.feed.rooms.keys() if is_due else stale & hub.feed.rooms.keys()
        for some in _by(_ROOMS_AT_ONCE, tuple(rooms)):
            for room, others in (await hub.presence.watchers(some, elsewhere=True)).items():
                await self._tell_watchers(hub.feed.rooms.get(room), others)

    async def _tell_watchers(self, local: LocalRoom | None, others: int) -> None:
        if local is None:
            return
        local.others = others
        if local.watchers != local.told_watchers:
            local.told_watchers = local.watchers
            body = json.dumps(
                {"type": "presence", "room": local.room, "watchers": local.watchers},
                ensure_ascii=False,
                separators=(",", ":"),
            )
            await self._hub.feed.deliver(local, [body.encode()])


def _by(count: int, items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + count] for start in range(0, len(items), count))
