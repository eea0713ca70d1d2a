"""A browser's half of the rooms socket, for tests: says objects, hears objects."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asgiref.sync import sync_to_async
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.voice.conftest import log_in

WITHIN_S = 10.0
BY_THE_CLOCK = ("heartbeat", "presence")


class Browser:
    """One socket. What comes by the clock is kept in `clockwork`, everything else is heard in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.clockwork: list[dict[str, Any]] = []
        self._heard: deque[dict[str, Any]] = deque()

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def hear(self, within_s: float = WITHIN_S) -> dict[str, Any]:
        """The next frame that does not come by the clock."""
        async with asyncio.timeout(within_s):
            while True:
                found: dict[str, Any] = json.loads(await self.connection.recv())
                if found["type"] not in BY_THE_CLOCK:
                    return found
                self.clockwork.append(found)

    async def hear_clockwork(self, kind: str, within_s: float = 30, **wanted: Any) -> dict[str, Any]:
        """The next heartbeat or presence that looks so."""
        async with asyncio.timeout(within_s):
            while True:
                found: dict[str, Any] = json.loads(await self.connection.recv())
                if found["type"] == kind and all(found[key] == value for key, value in wanted.items()):
                    return found

    async def ask(self, **message: Any) -> dict[str, Any]:
        await self.say(**message)
        return await self.hear()

    async def join(self, room: str, **more: Any) -> dict[str, Any]:
        found = await self.ask(type="join", room=room, **more)
        assert found["type"] == "joined", found
        return found

    async def silent(self, for_s: float = 0.3) -> bool:
        """Whether nothing is heard for so long."""
        try:
            await self.hear(for_s)
        except TimeoutError:
            return True
        return False

    async def close_code(self, within_s: float = WITHIN_S) -> int | None:
        """Wait for the end, whatever is heard before; its code."""
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(within_s):
                while True:
                    await self.connection.recv()
        return self.connection.close_code


def data_of(*messages: dict[str, Any]) -> list[str]:
    return [message["data"] for message in messages]


@asynccontextmanager
async def opened(url: str, user: Any = None, **headers: str) -> AsyncIterator[Browser]:
    """A socket of that site, with this person's session; welcome is not yet heard."""
    cookies = await sync_to_async(log_in)(user) if user else {}
    given = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if user else {}
    origin = headers.pop("Origin", url)
    async with connect(
        f"{url.replace('http', 'ws')}/ws/rooms/",
        additional_headers=given | headers | ({"Origin": origin} if origin else {}),
        compression=None,
        proxy=None,
        max_size=None,
    ) as connection:
        yield Browser(connection)


@asynccontextmanager
async def welcomed(url: str, user: Any) -> AsyncIterator[Browser]:
    """A socket that has heard its welcome."""
    async with opened(url, user) as browser:
        assert (await browser.hear())["type"] == "welcome"
        yield browser
