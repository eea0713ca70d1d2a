"""A door between one child of the drill and Redis, on a Unix socket that only this user can open.

The door connects to Redis as the site does (TLS, password, Sentinel), so the child needs no password and no
other way. `shut` holds back everything in both directions while all connections stay up: a link that is
silent. `kill` lets Redis end the connections that lead through this door, by their ids, and no others.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from rooms.drill.scratch import kill_link
from rooms.redis_link import READ_BYTES, RedisLink


class Relay:
    """One door; open it with `start`, and `close` it whatever happened."""

    def __init__(self, url: str, path: Path) -> None:
        self._url = url
        self._path = path
        self.url = f"unix://{path}"
        self._open = asyncio.Event()
        self._open.set()
        self._links: dict[int, RedisLink] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Take connections from now on."""
        self._server = await asyncio.start_unix_server(self._serve, self._path)

    def shut(self) -> None:
        """Let nothing through until `reopen`."""
        self._open.clear()

    def reopen(self) -> None:
        """Let through what was held back, and what comes."""
        self._open.set()

    async def kill(self, redis: Redis) -> int:
        """CLIENT KILL for each connection of this door; how many there were."""
        numbers = list(self._links)
        for number in numbers:
            await kill_link(redis, number)
        return len(numbers)

    async def close(self) -> None:
        """Take no more connections, and end those there are."""
        if self._server:
            self._server.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            await self._open.wait()
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self._join_to_redis(reader, writer)
        except asyncio.CancelledError:
            pass  # `close` ends it; nobody else waits for this task
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _join_to_redis(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = await RedisLink.open(self._url)
        number = 0
        try:
            link.send(b"CLIENT", b"ID")
            (number,) = await link.read()
            self._links[number] = link
            await self._carry(link, reader, writer)
        finally:
            self._links.pop(number, None)
            await link.close()

    async def _carry(
        self, link: RedisLink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        from_redis, to_redis = link.streams
        ways = [
            asyncio.create_task(self._pump(reader, to_redis)),
            asyncio.create_task(self._pump(from_redis, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(READ_BYTES):
            await self._open.wait()
            writer.write(data)
            await writer.drain()
