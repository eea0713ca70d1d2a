"""The link that hears: one connection to Redis, subscribed to the patterns and the bridges' own channels.

It comes back by itself, at most a fifth of a second after Redis does. Whatever was published in between was
not heard; a new link is a new beginning for the ring, which knows that. A link that is open but mute is found
by probes: each bridge publishes them to itself, and cuts its link when what Redis took does not come back.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Any

from redis.exceptions import RedisError

from rooms.bridge.ring import Ring
from rooms.bridge.sorting import Sorter
from rooms.connections import CONNECT_TIMEOUT_S
from rooms.keys import Keys
from rooms.redis_link import RedisLink

FIRST_WAIT_S = 0.02
LONGEST_WAIT_S = 0.2

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
        self._link: RedisLink | None = None
        self._mark_channel = self._keys.mark_channel.encode()
        self._probe_channel = self._keys.probe_channel.encode()
        self.own_probe = secrets.token_hex(8)
        self.probes_heard = 0
        self._asked = (0, 0.0)
        self._others: set[str] = set()
        self._reported = ""
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
                await self._listen()
            except (RedisError, OSError, TimeoutError, FeedBroken) as exc:
                wait_s = FIRST_WAIT_S if self.listening.is_set() else min(2 * wait_s, LONGEST_WAIT_S)
                self._report(exc)
            self._break_off()
            await asyncio.sleep(wait_s)

    def _report(self, cause: Exception) -> None:
        """Say it once, not five times a second."""
        what = f"{type(cause).__name__}: {cause}"
        if self.listening.is_set() or what != self._reported:
            log.warning("The bridge's link to Redis broke (%s).", what)
        self._reported = what

    def cut(self) -> None:
        """Close a link that is mute; `run` opens another."""
        if self._link:
            self._link.abort()

    async def _listen(self) -> None:
        link = await RedisLink.open(self._url)
        try:
            self._link = link
            await self._subscribe(link)
            while True:
                for push in await link.read():
                    self._take(push)
                if self._ring.is_broken:
                    raise FeedBroken("too much was waiting to be registered")
                self.news.set()
        finally:
            self._link = None
            await link.close()

    async def _subscribe(self, link: RedisLink) -> None:
        # Asked before subscribing: nothing in the ring was published before this time.
        link.send(b"TIME")
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            ((seconds, micros),) = await link.read()
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        self._asked = (now_ms, asyncio.get_running_loop().time())
        self._sorter.begin()
        self._ring.begin(now_ms, f"{self.own_probe}:{secrets.token_hex(4)}")
        own = [self._keys.skip_channel, self._keys.mark_channel, self._keys.probe_channel]
        # Our own channels first, so that no command's announcement is missed.
        link.send(b"SUBSCRIBE", *(channel.encode() for channel in own))
        link.send(b"PSUBSCRIBE", *self._sorter.subscriptions)

    def _take(self, push: list[Any]) -> None:
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

    def _take_internal(self, channel: bytes, data: bytes) -> None:
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
