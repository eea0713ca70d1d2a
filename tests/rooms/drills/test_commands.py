"""Commands reach devices exactly once and stand in their room exactly once, also while bridges change."""

import asyncio
import signal

import pytest

from rooms.connections import open_redis
from rooms.history import History
from rooms.names import room_from_text
from rooms.register import Register
from rooms.tasks import end_tasks
from tests.rooms.bridge.conftest import until
from tests.rooms.conftest import make_limits
from tests.rooms.drills.stage import NAMESPACE, BridgeProcess
from tests.rooms.own_redis import own_redis

PUMP = room_from_text("pump 3")
PAUSE_S = 0.005


@pytest.fixture
async def redis(tmp_path):
    with own_redis(tmp_path) as server:
        client = open_redis(server.url)
        yield server.url, client
        await client.aclose()


@pytest.fixture
async def bridges(redis, tmp_path):
    """One that leads, one that stands by."""
    url, _ = redis
    made = [BridgeProcess(url, tmp_path / f"bridge{number}.log", lease_s=1.0) for number in range(2)]
    await until(lambda: any(bridge.said("This bridge leads") for bridge in made), 15)
    made.sort(key=lambda bridge: -bridge.said("This bridge leads"))
    await made[1].is_warm()
    yield made
    for bridge in made:
        bridge.end()


async def device(client, heard: list[str]) -> None:
    """What `redis-cli SUBSCRIBE` prints."""
    async with client.pubsub() as pubsub:
        await pubsub.subscribe(PUMP)
        async for message in pubsub.listen():
            if message["type"] == "message":
                heard.append(message["data"].decode())


async def speak(client, register: Register, said: list[str], enough: asyncio.Event) -> None:
    """Commands and raw values in turn, until it is enough."""
    number = 0
    while not enough.is_set():
        number += 1
        text = f"{'command' if number % 2 else 'raw'} {number}"
        if number % 2:
            await register.publish(PUMP, text.encode(), source="http")
        else:
            await client.publish(PUMP, text)
        said.append(text)
        await asyncio.sleep(PAUSE_S)


async def test_takeover_neither_loses_nor_repeats_commands(redis, bridges):
    _, client = redis
    register = Register(client, NAMESPACE, make_limits(history_size=5000))
    heard: list[str] = []
    said: list[str] = []
    enough = asyncio.Event()
    listening = asyncio.create_task(device(client, heard))
    await asyncio.sleep(0.05)
    speaking = asyncio.create_task(speak(client, register, said, enough))
    await until(lambda: len(said) > 100, 15)
    bridges[0].signal(signal.SIGKILL)
    await bridges[1].leads()
    here = len(said)
    await until(lambda: len(said) > here + 100, 15)
    enough.set()
    await speaking
    await until(lambda: len(heard) >= len(said), 5)
    assert heard == said, "the device heard something twice, out of order or not at all"
    top = len(said)
    await until_async(lambda: registered(client, top))
    reading = await History(client, NAMESPACE).read(PUMP, last=5000, limit=5000, max_bytes=10_000_000)
    texts = [frame.split('"data":"')[1].rstrip('"}') for frame in reading.frames]
    assert sorted(texts) == sorted(said), "the room shows something twice or not at all"
    await end_tasks(listening)


async def registered(client, count: int) -> bool:
    tops = await Register(client, NAMESPACE, make_limits()).tops([PUMP])
    return tops[PUMP].offset >= count


async def until_async(what) -> None:
    async with asyncio.timeout(10):
        while not await what():
            await asyncio.sleep(0.02)
