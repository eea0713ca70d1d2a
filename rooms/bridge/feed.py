"""The link that hears: one connection to Redis, subscribed to the patterns and the bridges' own channels.

It comes back by itself, at most a fifth of a second after Redis does. Whatever was published in between was
not heard; a new link is a new beginning for the ring, which knows that. A link that is open but mute is found
by probes: each bridge publishes them to itself, and cuts its link when what Redis took does not come back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from rooms.bridge.ring import Ring
from rooms.bridge.sorting import Sorter
from rooms.bridge.wire import BadWire, Part, PushReader
from rooms.connections import open_redis
from rooms.keys import Keys

FIRST_WAIT_S = 0.02
LONGEST_WAIT_S = 0.2
CONNECT_S = 3.0
_CHUNK = 1 << 18

log = logging.getLogger(__name__)


class FeedBroken(Exception):
    """The link ended."""


class Feed:
    """Fills the ring; `run` ends only by being cancelled."""

    def __init__(self, url: str, namespace: str, sorter: Sorter, ring: Ring) -> None:
        self._url = url
        self._keys = Keys(namespace)
        self._sorter = sorter
        self._ring = ring
        self._connection: AbstractConnection | None = None
        self._mark_channel = self._keys.mark_channel.encode()
        self._probe_channel = self._keys.probe_channel.encode()
        self.own_probe = secrets.token_hex(8)
        self.probes_heard = 0
        self._asked = (0, 0.0)
        self._others: set[str] = set()
        # Set while the link is open and subscribed, and when one of our probes came through it.
        self.listening = asyncio.Event()
        self.proven = asyncio.Event()
        # Set by every new link, our own or another bridge's; cleared by who waits for the next.
        self.renewed = asyncio.Event()
        # Set whenever something new stands in the ring, or the ring broke.
        self.news = asyncio.Event()

    async def run(self) -> None:
        """Listen, for ever. Cancelled, it leaves in the ring what was heard."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                async with self._open() as connection:
                    await self._listen(connection)
            except (RedisError, OSError, TimeoutError, BadWire, FeedBroken) as exc:
                wait_s = FIRST_WAIT_S if self.listening.is_set() else min(2 * wait_s, LONGEST_WAIT_S)
                if self.listening.is_set():
                    log.warning("The bridge's link to Redis broke (%s).", type(exc).__name__)
            self._break_off()
            await asyncio.sleep(wait_s)

    def cut(self) -> None:
        """Close a link that is mute; `run` opens another."""
        if self._connection and self._connection._writer:
            self._connection._writer.transport.abort()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[AbstractConnection]:
        # redis-py connects and logs in; `PushReader` reads what comes, at a tenth of the cost.
        client = open_redis(self._url, timeout_s=CONNECT_S, resp=2)
        connection: AbstractConnection = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
            self._connection = connection
            yield connection
        finally:
            self._connection = None
            with contextlib.suppress(RedisError, OSError):
                await connection.disconnect(nowait=True)
            await client.aclose()

    async def _listen(self, connection: AbstractConnection) -> None:
        # Asked before subscribing: nothing in the ring was published before this time.
        await connection.send_command("TIME")
        seconds, micros = await connection.read_response()
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        own = [self._keys.skip_channel, self._keys.mark_channel, self._keys.probe_channel]
        # Our own channels first, so that no command's announcement is missed.
        await connection.send_command("SUBSCRIBE", *own)
        await connection.send_command("PSUBSCRIBE", *self._sorter.subscriptions)
        self._asked = (now_ms, asyncio.get_running_loop().time())
        self._sorter.begin()
        self._ring.begin(now_ms, f"{self.own_probe}:{secrets.token_hex(4)}")
        reader: Any = connection._reader
        pushes = PushReader()
        while data := await reader.read(_CHUNK):
            for push in pushes.feed(data):
                self._take(push)
            if self._ring.is_broken:
                raise FeedBroken("too much was waiting to be registered")
            self.news.set()
        raise FeedBroken("Redis closed the link")

    def _take(self, push: list[Part]) -> None:
        kind = push[0]
        if kind == b"pmessage":
            if message := self._sorter.sort(push):
                self._ring.hear(message)
        elif kind == b"message":
            self._take_internal(push[1], push[2])
        elif kind == b"psubscribe":
            self._begin()

    def _begin(self) -> None:
        now_ms, asked_s = self._asked
        took_ms = (asyncio.get_running_loop().time() - asked_s) * 1000
        self._ring.heard_all_from_ms = now_ms + int(took_ms) + 1
        self.listening.set()
        self.renewed.set()

    def _take_internal(self, channel: Part, data: Part) -> None:
        assert isinstance(channel, bytes) and isinstance(data, bytes)
        if self._sorter.sort_internal(channel, data):
            return
        if channel == self._mark_channel:
            self._ring.hear_mark(data.decode("ascii", "replace"))
        elif channel == self._probe_channel:
            self._take_probe(data.decode("ascii", "replace"))

    def _take_probe(self, probe: str) -> None:
        bridge, _, number = probe.partition(":")
        if bridge == self.own_probe:
            self.probes_heard = int(number)
            self.proven.set()
        elif bridge not in self._others:
            # A newcomer cannot take over before it has heard a marker: it gets one at once.
            self._others.add(bridge)
            self.renewed.set()

    def _break_off(self) -> None:
        self.listening.clear()
        self.proven.clear()
        self._ring.break_off()
        self.news.set()
