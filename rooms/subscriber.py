"""The process's one subscription connection to Redis, shared by the channel layer and the rooms hub.

Promises: a channel is subscribed as long as it has a handler, across reconnects; handlers get the payloads
that one read brought, together and in order; after a lost link every channel is subscribed again before
`on_restored` is told, so that what was missed can be read. What is published while the link is away is
lost here. Handlers run one after another and hold up the reading, so that Redis buffers and not this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from redis.exceptions import RedisError

from rooms.connections import close_redis, open_redis
from rooms.redis_link import RedisLink

logger = logging.getLogger(__name__)

Handler = Callable[[bytes, list[bytes]], Awaitable[None]]

SUBSCRIBE_TIMEOUT_S = 2.0
FIRST_PAUSE_S = 0.02
LONGEST_PAUSE_S = 0.2
PROBE_EVERY_S = 5.0
PROBE_TIMEOUT_S = 5.0
_BATCH = 500
_SHORTEST_WAIT_S = 0.1


class Subscriber:
    """Built anywhere; connects when the first channel is wanted, on the loop that wants it."""

    def __init__(self, url: str, namespace: str) -> None:
        self._url = url
        self._handlers: dict[bytes, list[Handler]] = {}
        # One future for each SUBSCRIBE on the wire, in order: Redis confirms each of them.
        self._unconfirmed: dict[bytes, deque[asyncio.Future[None]]] = {}
        self._probe = f"\x01{namespace}probe:{uuid.uuid4().hex}".encode()
        self._echoed_at = 0.0
        self._link: RedisLink | None = None
        self._up = asyncio.Event()
        self._was_up = False
        self._down_since = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []
        self.on_restored: list[Callable[[], None]] = []

    @property
    def is_up(self) -> bool:
        """Whether every wanted channel is subscribed now."""
        return self._up.is_set()

    def want(self, channel: bytes, handler: Handler) -> asyncio.Future[None]:
        """Hear a channel from now on; the future is done when Redis has confirmed it on this link."""
        self._start()
        handlers = self._handlers.setdefault(channel, [])
        handlers.append(handler)
        if len(handlers) > 1 and not self._unconfirmed.get(channel):
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done
        if len(handlers) > 1:
            return self._unconfirmed[channel][-1]
        return self._send_subscribe(channel)

    async def subscribe(self, channel: bytes, handler: Handler) -> None:
        """Hear a channel, from when this returns. Raises TimeoutError when Redis is away."""
        confirmed = self.want(channel, handler)
        try:
            await asyncio.wait_for(asyncio.shield(confirmed), self._patience_s())
        except BaseException:
            self.unsubscribe(channel, handler)
            raise

    def _patience_s(self) -> float:
        """A blip is waited out; a Redis that has been away for longer is not waited for by each in turn."""
        if self.is_up:
            return SUBSCRIBE_TIMEOUT_S
        return max(_SHORTEST_WAIT_S, SUBSCRIBE_TIMEOUT_S - (time.monotonic() - self._down_since))

    def unsubscribe(self, channel: bytes, handler: Handler) -> None:
        """Hear it no more; a handler that is not there is no fault."""
        handlers = self._handlers.get(channel, [])
        if handler in handlers:
            handlers.remove(handler)
            if not handlers:
                del self._handlers[channel]
                if self._link:
                    self._link.send(b"UNSUBSCRIBE", channel)

    async def aclose(self) -> None:
        """Stop; what is still wanted is forgotten."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._handlers.clear()
        for waiting in self._unconfirmed.values():
            for future in waiting:
                future.cancel()
        self._unconfirmed.clear()

    # The link -------------------------------------------------------------------------------------

    def _start(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._keep_link()), asyncio.create_task(self._keep_probing())]

    async def _keep_link(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await self._serve_link()
            except (RedisError, OSError) as exc:
                if self._up.is_set():
                    logger.warning("The subscription to Redis is lost: %s", type(exc).__name__)
                    pause_s = FIRST_PAUSE_S
            except Exception:  # an edge: without this task the process would be deaf for good
                logger.exception("The subscription to Redis failed")
            if self._up.is_set():
                self._up.clear()
                self._down_since = time.monotonic()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _serve_link(self) -> None:
        link = await RedisLink.open(self._url)
        try:
            self._link = link
            self._subscribe_again(link)
            while True:
                await self._take(await link.read())
        finally:
            self._link = None
            await link.close()

    def _subscribe_again(self, link: RedisLink) -> None:
        channels = list(self._handlers)
        for start in range(0, len(channels), _BATCH):
            link.send(b"SUBSCRIBE", *channels[start : start + _BATCH])
        # Who waited for the old link is told by the new one, which confirms each channel once.
        self._unconfirmed = {
            channel: self._merged(waiting)
            for channel, waiting in self._unconfirmed.items()
            if channel in self._handlers
        }
        link.send(b"SUBSCRIBE", self._probe)  # last: its confirmation means that all the others are in

    @staticmethod
    def _merged(waiting: deque[asyncio.Future[None]]) -> deque[asyncio.Future[None]]:
        *earlier, last = waiting

        def tell_earlier(_: asyncio.Future[None]) -> None:
            for future in earlier:
                if not future.done():
                    future.set_result(None)

        last.add_done_callback(tell_earlier)
        return deque([last])

    def _send_subscribe(self, channel: bytes) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unconfirmed.setdefault(channel, deque()).append(future)
        if self._link:
            self._link.send(b"SUBSCRIBE", channel)
        return future

    async def _take(self, replies: list[Any]) -> None:
        batches: dict[bytes, list[bytes]] = {}
        for reply in replies:
            if not isinstance(reply, list):
                continue
            if reply[0] == b"message":
                batches.setdefault(reply[1], []).append(reply[2])
            elif reply[0] == b"subscribe":
                self._confirm(reply[1])
        for channel, payloads in batches.items():
            if channel == self._probe:
                self._echoed_at = time.monotonic()
            for handler in tuple(self._handlers.get(channel, ())):
                await self._hand_over(handler, channel, payloads)

    async def _hand_over(self, handler: Handler, channel: bytes, payloads: list[bytes]) -> None:
        try:
            await handler(channel, payloads)
        except Exception:  # an edge: one channel's fault must not end the subscription of all
            logger.exception("A subscription's handler failed")

    def _confirm(self, channel: bytes) -> None:
        if channel == self._probe:
            self._become_up()
            return
        waiting = self._unconfirmed.get(channel)
        if waiting:
            future = waiting.popleft()
            if not future.done():
                future.set_result(None)
            if not waiting:
                del self._unconfirmed[channel]

    def _become_up(self) -> None:
        self._echoed_at = time.monotonic()
        self._up.set()
        if self._was_up:
            logger.info("The subscription to Redis is back")
            for tell in self.on_restored:
                tell()
        self._was_up = True

    # The probe ------------------------------------------------------------------------------------

    async def _keep_probing(self) -> None:
        """Publish to oneself: a link may look healthy and lead to a Redis that nobody publishes to."""
        client = open_redis(self._url)
        try:
            while True:
                await asyncio.sleep(PROBE_EVERY_S)
                if not self.is_up:
                    continue
                asked_at = time.monotonic()
                with contextlib.suppress(RedisError, OSError):
                    await client.publish(self._probe, b"")
                await self._expect_echo(asked_at)
        finally:
            await close_redis(client)

    async def _expect_echo(self, asked_at: float) -> None:
        while self._link and self.is_up and self._echoed_at < asked_at:
            if time.monotonic() - asked_at > PROBE_TIMEOUT_S:
                logger.warning("The subscription to Redis carries nothing; connecting again")
                self._link.abort()
                return
            await asyncio.sleep(0.1)
