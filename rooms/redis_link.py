"""One bare connection to Redis for a subscription: commands go out, replies come in by the batch.

redis-py opens it (TLS, AUTH, database, Sentinel) and this module takes over its streams, because its own
road costs several awaits a message. A link that fails once is of no more use: open another.
"""

from __future__ import annotations

import asyncio
from typing import Any

import hiredis
from redis.exceptions import ConnectionError as RedisConnectionError

from rooms.connections import close_redis, open_redis

READ_BYTES = 256 * 1024


class RedisLink:
    """Commands out, replies in; build it with `open`."""

    def __init__(self, client: Any, connection: Any) -> None:
        self._client = client
        self._connection = connection
        # The streams have no public name; tests/rooms/test_subscriber.py fails when they are renamed.
        self._reader: asyncio.StreamReader = connection._reader
        self._writer: asyncio.StreamWriter = connection._writer
        self._parser = hiredis.Reader()

    @classmethod
    async def open(cls, url: str) -> RedisLink:
        """Connect and authenticate. Raises RedisError, OSError."""
        client = open_redis(url)
        try:
            pool: Any = client.connection_pool
            return cls(client, await pool.get_connection())
        except BaseException:
            await close_redis(client)
            raise

    @property
    def streams(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The two ends, for who carries bytes and reads no replies."""
        return self._reader, self._writer

    def send(self, *command: bytes) -> None:
        """Put one command on the wire; its reply comes among the others."""
        self._writer.write(hiredis.pack_command(command))  # type: ignore[arg-type]

    async def read(self) -> list[Any]:
        """All replies that have arrived, at least one. Raises OSError, RedisConnectionError, ReplyError."""
        while True:
            data = await self._reader.read(READ_BYTES)
            if not data:
                raise RedisConnectionError("Redis closed the connection")
            self._parser.feed(data)
            if replies := self._parse():
                return replies

    def _parse(self) -> list[Any]:
        replies = []
        while (reply := self._parser.gets()) is not False:
            if isinstance(reply, hiredis.ReplyError):
                raise RedisConnectionError(str(reply))
            replies.append(reply)
        return replies

    def abort(self) -> None:
        """Make the pending read fail now."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Let go of the connection; never waits for the other side."""
        self.abort()
        await self._connection.disconnect(nowait=True)
        await close_redis(self._client)
