"""The processes of one machine in their order: Redis, bridge, engine, web; when each is ready."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

from django.conf import settings

from realtime_site.embedded_redis import find_server, free_port, server_command
from realtime_site.local_state import write_private
from realtime_site.processes import Child, Processes
from realtime_site.readiness import (
    NotReady,
    require_free_port,
    wait_for_bridge,
    wait_for_http,
    wait_for_redis,
)
from voice.engine.config import is_loopback

REDIS_PORT = 6379
REDIS_START_S = 15.0
BRIDGE_START_S = 30.0
# The engine loads its speech models first; a slow disk and two cores take a while.
ENGINE_START_S = 120.0
WEB_START_S = 30.0
STOP_MARGIN_S = 5.0


class Stack:
    """Starts and stops what this machine runs."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._wrote_redis_url = False
        # Known for certain once Redis runs; the embedded one takes the next free port.
        self.redis_url: str = settings.REDIS_URL

    async def start(self) -> None:
        """Everything in order, the web port last. Raises NotReady, also when a child dies meanwhile."""
        if settings.REDIS_EMBEDDED:
            await self._start_redis()
        else:
            await wait_for_redis(settings.REDIS_URL, within_s=REDIS_START_S)
        bridge = [sys.executable, "manage.py", "runbridge"]
        await self._processes.start("bridge", bridge, stop_within_s=STOP_MARGIN_S)
        if runs_engine():
            await self._start_engine()
        await self._until(wait_for_bridge(self.redis_url, within_s=BRIDGE_START_S))
        await self._start_web()

    async def first_failure(self) -> str:
        """Wait until a child ends, and say which and how."""
        return describe_end(await self._processes.first_to_end())

    async def stop(self) -> list[str]:
        """Stop in reverse order; the names of those that had to be killed."""
        killed = await self._processes.stop_all()
        if self._wrote_redis_url:
            settings.LOCAL.redis_url_file.unlink(missing_ok=True)
        return killed

    async def _start_redis(self) -> None:
        port = free_port(REDIS_PORT)
        folder = settings.LOCAL.folder / "redis"
        folder.mkdir(exist_ok=True)
        command = server_command(find_server(), port=port, folder=folder)
        # Even at its lowest level Redis advises on servers' kernels, which is no use to a newcomer.
        await self._processes.start("redis", command, stop_within_s=STOP_MARGIN_S, is_quiet=True)
        url = f"redis://127.0.0.1:{port}/0"
        write_private(settings.LOCAL.redis_url_file, url)
        self._wrote_redis_url = True
        self.redis_url = url
        await self._until(wait_for_redis(url, within_s=REDIS_START_S))

    async def _start_engine(self) -> None:
        command = [sys.executable, "manage.py", "runengine"]
        await self._processes.start("engine", command, stop_within_s=STOP_MARGIN_S)
        address = f"http://{settings.ENGINE_HOST}:{settings.ENGINE_PORT}/healthz"
        await self._until(wait_for_http(address, within_s=ENGINE_START_S))

    async def _start_web(self) -> None:
        await self._processes.start(
            "web", web_command(), stop_within_s=settings.SHUTDOWN_SECONDS + STOP_MARGIN_S
        )
        address = f"http://127.0.0.1:{settings.ROOMTONE_PORT}/readyz"
        await self._until(wait_for_http(address, within_s=WEB_START_S, host=_own_host_name()))

    async def _until(self, ready: Coroutine[Any, Any, None]) -> None:
        """Wait, but not past the first death among the children."""
        waiting = asyncio.create_task(ready)
        dying = asyncio.create_task(self._processes.first_to_end())
        try:
            await asyncio.wait((waiting, dying), return_when=asyncio.FIRST_COMPLETED)
            if dying.done():
                raise NotReady(describe_end(dying.result()))
            waiting.result()
        finally:
            for task in (waiting, dying):
                task.cancel()
            await asyncio.gather(waiting, dying, return_exceptions=True)


def require_ports() -> None:
    """Raises NotReady when a port that is ours to open is taken."""
    require_free_port(settings.WEB_BIND, settings.ROOMTONE_PORT, "ROOMTONE_PORT")
    if runs_engine():
        require_free_port(settings.ENGINE_BIND, settings.ENGINE_PORT, "ENGINE_PORT")


def runs_engine() -> bool:
    """Whether the engine in the box is ours to start."""
    return settings.REALTIME_PROVIDER == "local" and is_loopback(settings.ENGINE_HOST)


def web_command() -> list[str]:
    """Daphne on our port; refusals are logged by Django, so its own access lines are left out."""
    proxied = ["--proxy-headers"] if settings.RTHOST else []
    return [
        *(sys.executable, "-m", "daphne", "--verbosity", "0", "--no-server-name", *proxied),
        *("--bind", settings.WEB_BIND, "--port", str(settings.ROOMTONE_PORT)),
        "realtime_site.asgi:application",
    ]


def describe_end(child: Child) -> str:
    """Which process ended and how, with its last lines."""
    last = "".join(f"\n    {line}" for line in child.last_lines)
    said = f" It said last:{last}" if last else " It said nothing."
    return f"{child.name} ended by itself ({child.how_it_ended()}), so everything was stopped.{said}"


def _own_host_name() -> str:
    """A name that the site answers to, for asking it ourselves."""
    name = next(iter(settings.ALLOWED_HOSTS), "localhost")
    return "localhost" if name == "*" else str(name).lstrip(".")
