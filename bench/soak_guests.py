"""Sockets and rooms that come and go, publish, vanish, and sometimes read nothing: what a day brings."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

ROOMS = 30
_STAY_S = (1.0, 4.0)


class Guest:
    """One visitor after another at the same place, until cancelled. `visits` counts them."""

    def __init__(self, url: str, cookie: str, room_of: Callable[[int], str]) -> None:
        self._address = f"{url.replace('http', 'ws', 1)}/ws/rooms/"
        self._headers = {"Cookie": cookie, "Origin": url}
        self._room_of = room_of
        self.visits = 0

    async def run(self) -> None:
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                await self._visit()
            self.visits += 1
            await asyncio.sleep(random.uniform(0.05, 0.3))

    async def _visit(self) -> None:
        async with connect(
            self._address, additional_headers=self._headers, compression=None, proxy=None, close_timeout=1
        ) as socket:
            rooms = [self._room_of(random.randrange(ROOMS)) for _ in range(random.randint(1, 5))]
            for room in rooms:
                await socket.send(
                    json.dumps({"type": "join", "room": room, "last": random.choice((0, 5, 50))})
                )
                await socket.send(json.dumps({"type": "publish", "room": room, "data": "x" * 200, "id": "1"}))
            reads = random.random() < 0.8
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(random.uniform(*_STAY_S)):
                    while reads:
                        await socket.recv()
                    await asyncio.sleep(_STAY_S[1])
            for room in rooms[:2]:
                await socket.send(json.dumps({"type": "leave", "room": room}))
            if random.random() < 0.3:
                socket.transport.abort()
