"""The channel layer: rooms' groups carry finished text, everything else is ordinary.

A room's group (`names.group_of`) is one Redis channel that carries finished UTF-8 JSON frames; only the
register publishes there, so `group_send` to it is an error. Its members get the event
`{"type": "room.frames", "texts": [str, …]}`. All other channels and groups carry msgpack under the prefix.

One subscription connection a process serves all of it, and a process's specific channels share one Redis
channel. Delivery is at most once; a queue nobody reads drops its newest. A Redis that is away shows as
RedisError or OSError in `send`, `group_send` and a first `receive`, never in a `receive` that waits.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import Any

from channels.exceptions import ChannelFull
from channels_redis.pubsub import RedisPubSubChannelLayer
from channels_redis.utils import _wrap_close

from rooms import names
from rooms.connections import close_redis, open_redis
from rooms.subscriber import Subscriber

logger = logging.getLogger(__name__)

CAPACITY = 1000
_TO = "__asgi_channel__"

Message = dict[str, Any]


class RoomGroupIsReadOnly(TypeError):
    """Somebody sent to a room's group: publish through `rooms.register`, which gives messages a place."""


class RoomChannelLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """The backend that CHANNEL_LAYERS names; CONFIG has `url`, `namespace` and `prefix`.

    What lives on an event loop stands in `LoopLayer`, one a loop, closed with the loop.
    """

    def _get_layer(self) -> LoopLayer:
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            self._layers[loop] = LoopLayer(*self._args, **self._kwargs, channel_layer=self)
            _wrap_close(self, loop)
        found: LoopLayer = self._layers[loop]
        return found


class LoopLayer:
    """The layer on one event loop."""

    extensions = ("groups", "flush")

    def __init__(self, *, url: str, namespace: str, prefix: str, channel_layer: RoomChannelLayer) -> None:
        self._url = url
        self._namespace = namespace
        self._prefix = prefix
        self._codec = channel_layer
        self._own = f"specific.{uuid.uuid4().hex}!"
        self._queues: dict[str, asyncio.Queue[Message]] = {}
        self._groups: dict[bytes, dict[str, None]] = {}
        self._open()

    def _open(self) -> None:
        self._hears_own = False
        self._client = open_redis(self._url)
        self.subscriber = Subscriber(self._url, self._namespace)

    # Channels -------------------------------------------------------------------------------------

    async def new_channel(self, prefix: str = "specific.") -> str:
        """A name for one consumer of this process. Needs no Redis."""
        if not self._hears_own:
            self._hears_own = True
            self.subscriber.want(self._redis_channel(self._own), self._take_message)
        name = f"{self._own}{uuid.uuid4().hex}"
        self._queues[name] = asyncio.Queue()
        return name

    async def send(self, channel: str, message: Message) -> None:
        """Put a message onto a channel, of any process. Raises ChannelFull, RedisError, OSError."""
        if channel.startswith(self._own):
            self._offer(channel, message, raising=True)
            return
        process, mark, _ = channel.partition("!")
        to = self._redis_channel(process + mark)
        await self._client.publish(to, self._codec.serialize({**message, _TO: channel}))

    def deliver(self, channel: str, message: Message) -> None:
        """Put a message onto a channel of this process, whatever waits there: who calls keeps the bound."""
        if (queue := self._queues.get(channel)) is not None:
            queue.put_nowait(message)

    async def receive(self, channel: str) -> Message:
        """The next message of a channel. Cancelling it gives the channel up. Raises RedisError, OSError."""
        if channel not in self._queues:
            await self.subscriber.subscribe(self._redis_channel(channel), self._take_message)
            self._queues.setdefault(channel, asyncio.Queue())
        try:
            return await self._queues[channel].get()
        except asyncio.CancelledError:
            self.forget(channel)
            raise

    def forget(self, channel: str) -> None:
        """Give a channel of this process up, with what waits there."""
        self._queues.pop(channel, None)
        if not channel.startswith(self._own):
            self.subscriber.unsubscribe(self._redis_channel(channel), self._take_message)
        for group in [group for group, members in self._groups.items() if channel in members]:
            self._discard(group, channel)

    def _offer(self, channel: str, message: Message, *, raising: bool = False) -> None:
        queue = self._queues.get(channel)
        if queue is None:
            return
        if queue.qsize() < CAPACITY:
            queue.put_nowait(message)
        elif raising:
            raise ChannelFull(channel)
        else:
            logger.warning("A channel of the layer is full; a message is dropped")

    async def _take_message(self, channel: bytes, payloads: list[bytes]) -> None:
        for payload in payloads:
            message = self._codec.deserialize(payload)
            self._offer(message.pop(_TO), message)

    # Groups ---------------------------------------------------------------------------------------

    async def group_add(self, group: str, channel: str) -> None:
        """Let a channel of this process hear a group. Raises TimeoutError when Redis is away."""
        if channel not in self._queues:
            raise ValueError("Only a channel that this process made or receives can join a group.")
        key = self._group_channel(group)
        members = self._groups.setdefault(key, {})
        if channel in members:
            return
        members[channel] = None
        if len(members) == 1:
            try:
                await self.subscriber.subscribe(key, self._handler_of(group))
            except BaseException:
                self._groups.pop(key, None)
                raise

    async def group_discard(self, group: str, channel: str) -> None:
        """Let it hear the group no more; no fault when it did not."""
        self._discard(self._group_channel(group), channel)

    def _discard(self, key: bytes, channel: str) -> None:
        members = self._groups.get(key, {})
        members.pop(channel, None)
        if key in self._groups and not members:
            del self._groups[key]
            for handler in (self._take_frames, self._take_group_message):
                self.subscriber.unsubscribe(key, handler)

    async def group_send(self, group: str, message: Message) -> None:
        """Send to all members of an ordinary group. Raises RoomGroupIsReadOnly, RedisError, OSError."""
        if group.startswith(names.GROUP_PREFIX):
            raise RoomGroupIsReadOnly(f"{group} is a room's group: publish through rooms.register.")
        await self._client.publish(self._group_channel(group), self._codec.serialize(message))

    async def _take_frames(self, key: bytes, payloads: list[bytes]) -> None:
        event = {"type": "room.frames", "texts": [payload.decode() for payload in payloads]}
        for channel in tuple(self._groups.get(key, ())):
            self._offer(channel, event)

    async def _take_group_message(self, key: bytes, payloads: list[bytes]) -> None:
        for payload in payloads:
            for channel in tuple(self._groups.get(key, ())):
                self._offer(channel, self._codec.deserialize(payload))

    def _handler_of(self, group: str) -> Any:
        return self._take_frames if group.startswith(names.GROUP_PREFIX) else self._take_group_message

    # Names and ends -------------------------------------------------------------------------------

    def _redis_channel(self, channel: str) -> bytes:
        return f"{self._prefix}{channel}".encode()

    def _group_channel(self, group: str) -> bytes:
        if group.startswith(names.GROUP_PREFIX):
            return names.channel_of_group(group, self._namespace).encode()
        return f"{self._prefix}__group__{group}".encode()

    async def flush(self) -> None:
        """Close every connection and forget who listens; using the layer again opens new ones."""
        self._queues.clear()
        self._groups.clear()
        await self.subscriber.aclose()
        await close_redis(self._client)
        self._open()
