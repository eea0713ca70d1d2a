"""What a fault finds: the crowd, the publisher, and the drill's own processes where it has some.

`own_stage` runs everything itself; `site_stage` opens its sockets at a running site, in a room that nobody
can find by looking and that is gone afterwards. Both clear up however they are left.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings
from redis.asyncio import Redis

from rooms.connections import close_redis, open_redis
from rooms.drill.child import Child
from rooms.drill.clearing import clearing
from rooms.drill.crowd import Crowd
from rooms.drill.errors import StepFailed
from rooms.drill.processes import OwnProcesses
from rooms.drill.publisher import Publisher
from rooms.drill.scratch import ROOM, Scratch
from rooms.drill.watcher import Door
from rooms.names import Room
from rooms.register import Register, limits_from_settings

# Whatever becomes of the drill, its room at a running site is gone after this time.
SITE_ROOM_S = 3600


class Server(Protocol):
    """A Redis that is the drill's own, so that it may be stopped (`make drill-rooms`)."""

    url: str

    async def stop(self, *, gently: bool) -> None:
        """End it and wait."""

    async def start(self, *, empty: bool = False) -> None:
        """Start it, with its data or without, and wait until it answers."""


@dataclass(frozen=True)
class Sizes:
    """How large the drill is."""

    sockets: int = 20
    rate: float = 100
    storm: int = 1000


@dataclass
class Stage:
    """One drill in its running state."""

    sizes: Sizes
    crowd: Crowd
    publisher: Publisher
    redis: Redis
    scratch: Scratch
    _own: OwnProcesses | None = None
    _server: Server | None = None

    @property
    def is_own(self) -> bool:
        """Whether bridges and web are the drill's."""
        return self._own is not None

    @property
    def own(self) -> OwnProcesses:
        """Bridges and web. Raises StepFailed at a running site, whose processes are not to be touched."""
        if self._own is None:
            raise StepFailed("this fault needs processes of the drill's own")
        return self._own

    @property
    def server(self) -> Server:
        """Raises StepFailed where the Redis is somebody else's."""
        if self._server is None:
            raise StepFailed("this fault needs a Redis of the drill's own")
        return self._server


@asynccontextmanager
async def own_stage(
    sizes: Sizes, scratch: Scratch, url: str, server: Server | None = None
) -> AsyncIterator[Stage]:
    """Two bridges and one web of the drill's own, on the site's Redis."""
    with tempfile.TemporaryDirectory(prefix="drill-", ignore_cleanup_errors=True) as folder:
        redis = open_redis(url)
        own = OwnProcesses(redis, url, scratch, Path(folder))
        try:
            cookie = await own.start()
            child = await own.start_publisher()
            publisher = Publisher(child, rate=sizes.rate)
            publisher.begin({"url": url, "channel": scratch.channel})
            crowd = Crowd(Door(own.web_url, cookie, ROOM), publisher)
            try:
                await crowd.gather(sizes.sockets)
                yield Stage(sizes, crowd, publisher, redis, scratch, own, server)
            finally:
                await clearing(crowd.dismiss(0))
        finally:
            await clearing(own.end())
            await clearing(scratch.clear(redis))
            await close_redis(redis)


@asynccontextmanager
async def site_stage(
    sizes: Sizes, scratch: Scratch, url: str, *, web: str, session: str
) -> AsyncIterator[Stage]:
    """Sockets at the running site `web`; only they are broken."""
    redis = open_redis(url)
    limits = limits_from_settings()
    register = Register(redis, settings.ROOMS_NAMESPACE, limits)
    room = Room(scratch.name)
    child: Child | None = None
    try:
        await register.enter(room)
        await register.limit_life(room, SITE_ROOM_S)
        child = await Child.start(
            "publisher", ("rooms.drill.publisher",), folder=settings.BASE_DIR, is_told=True
        )
        publisher = Publisher(child, rate=sizes.rate)
        where = {"room": room, "namespace": settings.ROOMS_NAMESPACE, "limits": asdict(limits)}
        publisher.begin({"url": url, **where})
        cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
        crowd = Crowd(Door(web.rstrip("/"), cookie, room), publisher)
        try:
            await crowd.gather(sizes.sockets)
            yield Stage(sizes, crowd, publisher, redis, scratch)
        finally:
            await clearing(crowd.dismiss(0))
    finally:
        if child is not None:
            await clearing(child.kill())
        await clearing(register.forget(room))
        await close_redis(redis)
