"""The hub: one a process and event loop, carried by every scope as `scope["rooms_hub"]`.

Holds the process's register, history, registry and presence on one Redis client, and every room that a local
socket has joined. Promises: a room costs one subscription whatever the number of its sockets; a socket in a
room gets every message once and in order, or a gap that tells; nothing a socket does or leaves undone slows
others; `drain` closes every socket with 4001.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import itertools
import json
import logging
import time
from collections.abc import Coroutine
from typing import Any, cast

from channels.layers import get_channel_layer
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from redis.exceptions import RedisError

from rooms.connections import close_redis, open_redis
from rooms.entrance import Entrance
from rooms.errors import NotJoined, RoomsError
from rooms.frames import Position
from rooms.history import History
from rooms.hub.admission import Admission
from rooms.hub.care import Care
from rooms.hub.feed import Feed
from rooms.hub.joins import answer_join
from rooms.hub.local_room import LocalRoom
from rooms.hub.socket import Socket
from rooms.hub.tail import Budget
from rooms.keys import Keys
from rooms.layer import LoopLayer
from rooms.names import Room
from rooms.presence import Presence
from rooms.register import Register, Registered
from rooms.registry import Registry
from rooms.sinks import Sink
from rooms.tasks import end_tasks

logger = logging.getLogger(__name__)

CLOSE_RESTART = 4001
RECHECK_S = 59.0  # looked at each second, so that a lost right lasts a minute at most
_CLOSED_AT_ONCE = 200
_CLOSE_PAUSE_S = 0.02
_ABANDONED_S = 15.0
_LOOK_S = 2.0
_PUBLISHED_AT_ONCE = 32


class Hub:
    """Build it anywhere, `start()` it on the loop that serves. Redis may be away then and come later."""

    def __init__(self, recheck_s: float = RECHECK_S) -> None:
        self.recheck_s = recheck_s
        self.admission = Admission()
        self.sockets: dict[Socket, None] = {}
        self.backlog: set[Sink] = set()  # sinks with something waiting
        self.draining = False
        self._numbers = itertools.count()
        self._tails = Budget()
        self._publishing = asyncio.Semaphore(_PUBLISHED_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = False

    async def start(self) -> None:
        """Open what rooms share. Twice is once. Raises ImproperlyConfigured."""
        if self._started:
            return
        self._started = True
        self.entrance = Entrance()
        self._namespace = settings.ROOMS_NAMESPACE
        self.redis = open_redis(settings.REDIS_URL)
        await self._refuse_cluster()
        self.register = Register(self.redis, self._namespace)
        self.history = History(self.redis, self._namespace)
        self.registry = Registry(self.redis, self._namespace)
        self.presence = Presence(self.redis, self._namespace)
        self.layer = cast(LoopLayer, get_channel_layer())
        self._subscriber = self.layer.subscriber
        self.feed = Feed(self._subscriber, self.register, self.history, self.presence, self._spawn)
        self._care = Care(self, self._namespace)
        self._subscriber.on_restored.append(self._be_restored)
        self._channels = {Keys(self._namespace).gaps_channel.encode(): self._take_gaps, **self._care.channels}
        for channel, handler in self._channels.items():
            self._subscriber.want(channel, handler)
        for duty in self._care.duties():
            self._spawn(duty)

    async def _refuse_cluster(self) -> None:
        try:
            information = await asyncio.wait_for(self.redis.info("cluster"), _LOOK_S)
        except (RedisError, OSError):
            return  # readiness says that Redis is away
        if information.get("cluster_enabled"):
            await close_redis(self.redis)
            raise ImproperlyConfigured(
                "REDIS_URL leads to a Redis Cluster, which rooms cannot use: name one primary, or Sentinels."
            )

    @property
    def is_linked(self) -> bool:
        """Whether everything wanted is subscribed just now."""
        return self._subscriber.is_up

    # Sockets --------------------------------------------------------------------------------------

    def connect(self, sink: Sink) -> Socket:
        """Know a socket from now on; `disconnect` must follow."""
        socket = Socket(next(self._numbers), sink)
        socket.was_looked_at(time.monotonic(), spread_s=self.recheck_s / 2)
        self.sockets[socket] = None
        return socket

    def leave_to_drain(self, socket: Socket) -> None:
        """The server ended the socket's consumer, as daphne does when it stops: only `drain` has it now."""
        for room in tuple(socket.rooms):
            self._let_go(socket, room)
        if not self.draining:
            self._spawn(self._close_abandoned(socket))

    async def _close_abandoned(self, socket: Socket) -> None:
        await asyncio.sleep(_ABANDONED_S)
        socket.sink.close(CLOSE_RESTART)
        self.disconnect(socket)

    def disconnect(self, socket: Socket) -> None:
        """Forget a socket and all it joined. Twice is once."""
        for room in tuple(socket.rooms):
            self._let_go(socket, room)
        self.sockets.pop(socket, None)
        self.backlog.discard(socket.sink)

    async def join(self, socket: Socket, room: Room, *, since: Position | None, last: int) -> None:
        """Answer `joined` on the socket and deliver from there on; a second join begins anew.

        With `more` nothing is delivered until the client has joined again. Raises Unavailable.
        """
        if socket not in self.sockets:
            return
        was_in = room in socket.rooms
        local = self._hold(socket, room)
        local.let_out(socket)
        try:
            answer = await answer_join(self.feed, self.history, local, since, last)
        except BaseException:
            if not was_in:
                self._let_go(socket, room)
            raise
        if socket.rooms.get(room) is not local:
            return  # gone meanwhile
        socket.say_text(answer.as_frame(room, local.watchers), counted=False)
        if local.told_watchers is None:
            local.told_watchers = local.watchers
        if not answer.more:
            local.let_in(socket)

    def leave(self, socket: Socket, room: Room) -> None:
        """Deliver no more of a room. Raises NotJoined."""
        if room not in socket.rooms:
            raise NotJoined("That room is not joined.", field="room")
        self._let_go(socket, room)

    def _hold(self, socket: Socket, room: Room) -> LocalRoom:
        local = self.feed.rooms.get(room)
        if local is None:
            local = LocalRoom(room, self._namespace, self._tails)
            self.feed.add(local)
        if socket not in local.holders:
            local.holders[socket] = None
            socket.rooms[room] = local
            self._care.changed(room)
        return local

    def _let_go(self, socket: Socket, room: Room) -> None:
        local = socket.rooms.pop(room)
        local.let_out(socket)
        local.holders.pop(socket, None)
        self._care.changed(room)
        if not local.holders:
            self.feed.close(local)

    async def publish(self, room: Room, payload: bytes) -> Registered:
        """Register what a socket's client says. Raises RoomsError."""
        async with self._publishing:
            return await self.register.publish(room, payload, source="socket")

    def _be_restored(self) -> None:
        """Redis is back: idle connections may lead to the one that is gone; rooms may have missed some."""
        self._spawn(self.redis.connection_pool.disconnect(inuse_connections=False))
        self._care.settle_all()

    async def _take_gaps(self, channel: bytes, payloads: list[bytes]) -> None:
        for payload in payloads:
            await self.feed.tell_unheard(json.loads(payload))

    # Ends -----------------------------------------------------------------------------------------

    async def drain(self, timeout_s: float) -> None:
        """Close every socket with 4001, some at a time, and wait until they are gone."""
        if not self._started or self.draining:
            return
        self.draining = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.sockets:
                    await self._close_some()

    async def _close_some(self) -> None:
        for count, socket in enumerate(tuple(self.sockets), start=1):
            socket.sink.close(CLOSE_RESTART)
            self.disconnect(socket)
            if count % _CLOSED_AT_ONCE == 0:
                await asyncio.sleep(_CLOSE_PAUSE_S)

    async def aclose(self) -> None:
        """Let go of Redis; after `drain`, when nobody publishes any more."""
        if not self._started:
            return
        for channel, handler in self._channels.items():
            self._subscriber.unsubscribe(channel, handler)
        self._subscriber.on_restored.remove(self._be_restored)
        await end_tasks(*self._tasks)
        with contextlib.suppress(RoomsError):
            await self.presence.beat({})
        await self.entrance.aclose()
        await close_redis(self.redis)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task of this process, held and read; a consumer's context would keep its thread."""
        task = asyncio.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (exc := task.exception()) and not isinstance(exc, RoomsError):
            logger.error("%s", type(exc).__name__, exc_info=exc)
