"""The drill's own processes: two bridges, one web and the publisher, each behind a door of its own to Redis.

They run the site's code with the drill's namespace and a database of their own in a folder that goes with
them; nothing they do reaches the site's database, its rooms or its bridges.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from rooms.drill.child import Child
from rooms.drill.errors import StepFailed
from rooms.drill.relay import Relay
from rooms.drill.scratch import Scratch
from rooms.drill.waiting import until

START_S = 60.0
# More than is published while the slowest fault lasts, so that whoever comes back can be given all of it.
HISTORY = {"ROOMS_HISTORY_SIZE": "50000", "ROOMS_HISTORY_BYTES": str(64 << 20), "ROOMS_HISTORY_TTL_S": "3600"}
# Set to nothing they count as unset: a public name, a TLS proxy and providers are the site's, not the
# drill's.
_UNSET = ("RTHOST", "DJANGO_ALLOWED_HOSTS", "DJANGO_CSRF_TRUSTED_ORIGINS", "ROOMS_PATTERN", "ROOMS_IGNORE")


@dataclass
class Post:
    """One child at its place: the door stays, whoever stands behind it."""

    child: Child
    door: Relay


class OwnProcesses:
    """Started by `start`, ended by `end` whatever happened in between."""

    def __init__(self, redis: Redis, url: str, scratch: Scratch, folder: Path) -> None:
        self.redis = redis
        self.scratch = scratch
        self._url = url
        self._folder = folder
        self._database = folder / "drill.sqlite3"
        self._secret = secrets.token_hex(32)
        self._port = _free_port()
        self._children: list[Child] = []
        self._doors: list[Relay] = []
        self.bridges: list[Post] = []
        self.web_url = f"http://127.0.0.1:{self._port}"

    async def start(self) -> str:
        """All but the publisher; the cookie of a session that may see all rooms."""
        # Bridges need no table, and come up while the tables are made.
        self.bridges = [await self._add_bridge(number) for number in range(2)]
        session = await self._make_database()
        door = await self._open_door("web")
        self.web = Post(await self._start_web(door), door)
        await self.web_answers()
        await self.bridges_stand()
        return f"{settings.SESSION_COOKIE_NAME}={session}"

    async def start_publisher(self) -> Child:
        """It goes to Redis directly, as devices do."""
        return await self._start("publisher", ("rooms.drill.publisher",), is_told=True)

    async def end(self) -> None:
        """Kill what runs, frozen or not, and shut the doors."""
        for child in self._children:
            await child.kill()
        for door in self._doors:
            await door.close()

    # What faults ask for --------------------------------------------------------------------------

    @property
    def doors(self) -> list[Relay]:
        """Of all that are in use."""
        return [post.door for post in (*self.bridges, self.web)]

    @property
    def leader(self) -> Post:
        """The bridge that said last that it leads."""
        running = (post for post in self.bridges if post.child.is_running)
        return max(running, key=lambda post: post.child.led_at_s)

    async def replace_bridge(self, post: Post, *, shift_s: int = 0) -> None:
        """End that one and put a new one in its place."""
        await post.child.kill()
        post.child = await self._start_bridge(post.door, shift_s)

    async def replace_web(self, *, shift_s: int = 0) -> None:
        """Kill web and start another at the same address."""
        await self.web.child.kill()
        self.web.child = await self._start_web(self.web.door, shift_s)
        await self.web_answers()

    async def web_answers(self) -> None:
        """Wait until web serves. Raises StepFailed."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:

            async def answers() -> bool:
                self._expect_running(self.web.child)
                try:
                    return (await http.get(f"{self.web_url}/healthz")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(answers, START_S, "the drill's web process did not answer")

    async def bridges_stand(self) -> None:
        """Wait until one bridge leads and the other is alive beside it. Raises StepFailed."""

        async def stand() -> bool:
            for post in self.bridges:
                self._expect_running(post.child)
            try:
                has_leader = await self.redis.exists(self.scratch.keys.lease)
                alive = await self.redis.zcard(f"{self.scratch.keys.keys}bridges")
            except (RedisError, OSError):
                return False
            return bool(has_leader) and alive >= len(self.bridges) and self.leader.child.led_at_s > 0

        await until(stand, START_S, "the drill's bridges did not come to stand by one another")

    # Starting -------------------------------------------------------------------------------------

    async def _make_database(self) -> str:
        child = await self._start("database", ("rooms.drill.login", str(self._database)))
        async with asyncio.timeout(START_S):
            code = await child.ended()
        if code:
            raise StepFailed(f"the drill's database could not be made: {_words(child)}")
        return child.last_lines[-1]

    async def _add_bridge(self, number: int) -> Post:
        door = await self._open_door(f"bridge{number}")
        return Post(await self._start_bridge(door), door)

    async def _start_bridge(self, door: Relay, shift_s: int = 0) -> Child:
        return await self._start("bridge", ("django", "runbridge", "--scratch"), door=door, shift_s=shift_s)

    async def _start_web(self, door: Relay, shift_s: int = 0) -> Child:
        application = ":".join(settings.ASGI_APPLICATION.rsplit(".", 1))
        command = ("daphne", "-b", "127.0.0.1", "-p", str(self._port), application)
        return await self._start("web", command, door=door, shift_s=shift_s)

    async def _open_door(self, name: str) -> Relay:
        door = Relay(self._url, self._folder / name)
        await door.start()
        self._doors.append(door)
        return door

    async def _start(
        self, name: str, command: tuple[str, ...], *, door: Relay | None = None, **how: Any
    ) -> Child:
        values = self._environment() | ({"REDIS_URL": door.url} if door else {})
        child = await Child.start(name, command, folder=settings.BASE_DIR, environment=values, **how)
        self._children.append(child)
        return child

    def _environment(self) -> dict[str, str]:
        return {
            **dict.fromkeys(_UNSET, ""),
            **HISTORY,
            "DATABASE_URL": f"sqlite:///{self._database}",
            "DJANGO_SECRET_KEY": self._secret,
            "DJANGO_DEBUG": "",
            "REALTIME_PROVIDER": "local",
            "ROOMS_NAMESPACE": self.scratch.name,
        }

    def _expect_running(self, child: Child) -> None:
        if not child.is_running:
            raise StepFailed(f"the drill's {child.name} ended by itself: {_words(child)}")


def freeze(child: Child) -> None:
    """Let it not run, and keep all it has."""
    child.send(signal.SIGSTOP)


def thaw(child: Child) -> None:
    """Let it run again."""
    child.send(signal.SIGCONT)


def _words(child: Child) -> str:
    return " / ".join(child.last_lines) or "it said nothing"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
