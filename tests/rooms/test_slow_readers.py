"""A socket that stops reading is cut, on every road: the process stays small, the others hear everything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from rooms.names import Room
from rooms.register import Register
from tests.rooms.browser import Browser, welcomed
from tests.rooms.web import ROADS, rooms_web
from tests.voice.conftest import make_user
from tests.voice.web_process import WebProcess

ROOM = Room("device01")


@pytest.fixture
def user(transactional_db: None) -> Any:
    return make_user("ada", is_superuser=True)


@pytest.fixture(params=list(ROADS))
def web(request: Any, namespace: str, user: Any) -> Iterator[WebProcess]:
    with rooms_web(namespace, request.param) as made:
        yield made


async def publish(register: Register, *texts: str) -> None:
    for text in texts:
        await register.publish(ROOM, text.encode(), source="http")


class Reader:
    """Somebody who reads as fast as it comes."""

    def __init__(self, browser: Browser) -> None:
        self.offsets: list[int] = []
        self._task = asyncio.create_task(self._read(browser))

    async def _read(self, browser: Browser) -> None:
        while True:
            self.offsets.append((await browser.hear(60))["offset"])

    async def has(self, offset: int) -> None:
        async with asyncio.timeout(20):
            while not self.offsets or self.offsets[-1] < offset:
                assert not self._task.done(), self._task.exception()
                await asyncio.sleep(0.002)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def resident_bytes(web: WebProcess) -> int:
    status = Path(f"/proc/{web.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


async def test_a_socket_that_stops_reading_is_cut_and_harms_nobody(web, user, register):
    size, count = 60_000, 400
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(welcomed(web.url, user)) for _ in range(3)]
        slow = await stack.enter_async_context(welcomed(web.url, user))
        for one in (*readers, slow):
            await one.join(ROOM)
        await publish(register, *(["warm" * 1000] * 5))
        for one in (*readers, slow):
            for _ in range(5):
                await one.hear()
        slow.connection.transport.pause_reading()
        before = resident_bytes(web)
        healthy = [Reader(one) for one in readers]
        most = before
        for number in range(6, count + 6):
            await publish(register, "x" * size)
            for reader in healthy:
                await reader.has(number - 2)  # a test's readers share one processor with the publisher
            most = max(most, resident_bytes(web))
        for reader in healthy:
            await reader.has(count + 5)
            assert reader.offsets == list(range(6, count + 6))
            await reader.stop()
        slow.connection.transport.resume_reading()
        assert await slow.close_code() in (4000, 1006)
        assert most - before < 5 * 512 * 1024 + 5 * 1024 * 1024
