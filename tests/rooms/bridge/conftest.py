"""Bridges inside the test's own event loop."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from rooms.bridge.bridge import Bridge
from tests.rooms.conftest import make_limits


@pytest.fixture
def start_bridge(redis_server, namespace):
    """A context in which a bridge runs, on channels of this namespace only."""

    @asynccontextmanager
    async def start(*, patterns=None, lease_s=1.0):
        bridge = Bridge(
            redis_server,
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
