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


async def hear_until(browser: Browser, text: str) -> list[dict[str, Any]]:
    """Everything up to the message with that text."""
    found = [await browser.hear()]
    while found[-1].get("data") != text:
        found.append(await browser.hear())
    return found


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
        hearing = [asyncio.create_task(hear_until(one, "end")) for one in readers]
        most = before
        for number in range(count):
            await publish(register, f"{number:06}" + "x" * (size - 6))
            if number % 20 == 0:
                most = max(most, resident_bytes(web))
        await publish(register, "end")
        for heard in await asyncio.gather(*hearing):
            assert [message["offset"] for message in heard] == list(range(6, count + 7))
        slow.connection.transport.resume_reading()
        assert await slow.close_code() in (4000, 1006)
        assert most - before < 5 * 512 * 1024 + 5 * 1024 * 1024
