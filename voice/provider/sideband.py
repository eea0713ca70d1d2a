"""The server's own WebSocket into a running call.

Guarantees: `events()` yields what the provider sends, in order, until the socket is closed; a
sideband replays nothing, so what happened while nobody was attached is not heard here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from voice.protocol import JsonObject
from voice.provider.config import ProviderConfig
from voice.provider.faults import ours


class Sideband:
    """One attached call. Owned by whoever attached; close it exactly once (closing twice is harmless)."""

    def __init__(self, socket: ClientConnection, config: ProviderConfig) -> None:
        self._socket = socket
        self._config = config

    async def send(self, event: JsonObject) -> None:
        """Send one client event. Raises ProviderError when the socket is gone or does not drain in time."""
        with ours(self._config):
            async with asyncio.timeout(self._config.timeout_s):
                await self._socket.send(json.dumps(event))

    async def events(self) -> AsyncIterator[str | bytes]:
        """Yield raw events until the provider closes the socket, cleanly or not."""
        try:
            async for message in self._socket:
                yield message
        except ConnectionClosed:
            return

    async def close(self) -> None:
        await self._socket.close()
