"""Bridges inside the test's own event loop."""

import asyncio
import json
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from rooms.bridge.bridge import Bridge
from tests.rooms.conftest import make_limits


@pytest.fixture
def start_bridge(redis_server, namespace):
    """A context in which a bridge runs, on channels of this namespace only."""

    @asynccontextmanager
    async def start(*, patterns=None, lease_s=1.0, url=redis_server):
        bridge = Bridge(
            url,
            namespace,
            patterns=patterns or [f"{namespace}*"],
            ignore=["*ignored*"],
            limits=make_limits(),
            lease_s=lease_s,
        )
        running = asyncio.create_task(bridge.run())
        try:
            yield bridge
        finally:
            bridge.stop()
            async with asyncio.timeout(8):
                await running

    return start


@asynccontextmanager
async def passing_on(url):
    """A door before Redis: its URL, and a set; links named there get no more of Redis' words."""
    target = urlsplit(url)
    mute: set[int] = set()
    links: dict[int, bytes] = {}

    async def pump(reader, writer, number, answers):
        while data := await reader.read(65536):
            links[number] = links.get(number, b"") + (b"" if answers else data)
            if not answers or number not in mute:
                writer.write(data)
        writer.close()

    async def serve(reader, writer):
        number = len(links)
        links[number] = b""
        from_redis, to_redis = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(
            pump(reader, to_redis, number, False),
            pump(from_redis, writer, number, True),
            return_exceptions=True,
        )

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", mute, links
    finally:
        server.close()


async def until(condition, within_s=8.0):
    """Wait until the condition holds; it may be a coroutine function."""
    async with asyncio.timeout(within_s):
        while True:
            result = condition()
            if await result if asyncio.iscoroutine(result) else result:
                return
            await asyncio.sleep(0.02)


async def numbers_in(history, room):
    reading = await history.read(room, last=500)
    return [int(json.loads(frame)["data"]) for frame in reading.frames]
