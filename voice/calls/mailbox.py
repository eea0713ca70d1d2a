"""How another process reaches the owner of a call: a channel of the channel layer.

Delivery is at most once; who sends must cope without an answer.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import Any

from channels.exceptions import ChannelFull
from redis.exceptions import RedisError

from voice.protocol import JsonObject

logger = logging.getLogger(__name__)
PAUSE_S = 0.2


class Mailbox:
    """One process's mailbox; `name` is its channel."""

    def __init__(self, layer: Any, take: Callable[[JsonObject], None]) -> None:
        self.name = f"calls.{uuid.uuid4().hex}"
        self._layer = layer
        self._take = take

    async def run(self) -> None:
        """Hand on what arrives until cancelled; a layer that is away is asked again."""
        while True:
            try:
                message = await self._layer.receive(self.name)
            except (RedisError, OSError) as exc:
                logger.debug("Mailbox: %s", type(exc).__name__)
                await asyncio.sleep(PAUSE_S)
                continue
            self._take(message["mail"])

    async def send(self, name: str, mail: JsonObject) -> bool:
        """Put mail into another process's box; False when that cannot be."""
        try:
            await self._layer.send(name, {"type": "call.mail", "mail": mail})
        except (RedisError, OSError, ChannelFull) as exc:
            logger.warning("Mailbox: not sent: %s", type(exc).__name__)
            return False
        return True
