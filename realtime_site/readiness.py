"""Waits of `manage.py up`: for Redis, for the bridge, for an address, and whether a port is free."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable

import httpx
import redis.exceptions
from django.conf import settings

from rooms.bridge.state import read_state
from rooms.connections import open_redis
from rooms.errors import Unavailable

POLL_S = 0.05
PROBE_TIMEOUT_S = 2.0


class NotReady(RuntimeError):
    """Something did not come up; the message is for the person at the terminal."""


def require_free_port(host: str, port: int, variable: str) -> None:
    """Raises NotReady, naming the variable that chooses another port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            if exc.errno == errno.EADDRINUSE:
                cure = f"Stop what uses it, or choose another: {variable}={port + 1}."
                raise NotReady(f"Port {port} on {host} is taken. {cure}") from exc
            raise NotReady(f"Port {port} on {host} cannot be used: {exc.strerror} ({variable}).") from exc


async def wait_for_redis(url: str, *, within_s: float) -> None:
    """Until PING is answered. Raises NotReady."""
    client = open_redis(url, timeout_s=PROBE_TIMEOUT_S)

    async def answers() -> bool:
        try:
            return bool(await client.ping())
        except (redis.exceptions.RedisError, OSError):
            return False

    try:
        await _wait("Redis did not answer PING", answers, within_s)
    finally:
        await client.aclose()


async def wait_for_bridge(url: str, *, within_s: float) -> None:
    """Until a bridge leads and has heard itself. Raises NotReady."""
    client = open_redis(url, timeout_s=PROBE_TIMEOUT_S)

    async def answers() -> bool:
        try:
            return not (await read_state(client, settings.ROOMS_NAMESPACE)).fault()
        except Unavailable:
            return False

    try:
        await _wait("The bridge did not hear its own probe", answers, within_s)
    finally:
        await client.aclose()


async def wait_for_http(address: str, *, within_s: float, host: str = "") -> None:
    """Until GET answers 200. Raises NotReady, with the last answer's words."""
    last = "no answer"
    headers = {"Host": host} if host else {}
    async with httpx.AsyncClient(timeout=PROBE_TIMEOUT_S, trust_env=False, headers=headers) as client:

        async def answers() -> bool:
            nonlocal last
            try:
                answer = await client.get(address)
            except httpx.HTTPError as exc:
                last = type(exc).__name__
                return False
            last = f"{answer.status_code} {answer.text[:300]}"
            return answer.status_code == 200

        try:
            await _wait(f"{address} did not answer 200", answers, within_s)
        except NotReady as exc:
            raise NotReady(f"{exc} The last answer: {last}") from exc


async def _wait(what: str, answers: Callable[[], Awaitable[bool]], within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            while not await answers():  # noqa: ASYNC110  (another process' state: there is no event to await)
                await asyncio.sleep(POLL_S)
    except TimeoutError as exc:
        raise NotReady(f"{what} within {within_s:g} s.") from exc
