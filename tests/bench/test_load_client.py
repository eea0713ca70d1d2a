"""The load client against a real Redis and a small WebSocket server."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from bench.contest import builds
from bench.contest.load_client import ClientFailed, LoadClient
from bench.contest.machine import share_cores
from bench.contest.servers import Stage
from bench.ports import free_port


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builds, "CACHE", tmp_path_factory.mktemp("bench"))
        return builds.build_client()


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage(share_cores()) as stage:
        yield stage


@pytest.fixture
def client(program: Path, stage: Stage) -> Iterator[LoadClient]:
    with LoadClient(program, redis_port=stage.redis_port, core=share_cores().others) as client:
        yield client


def listen_to_redis(client: LoadClient, stage: Stage) -> None:
    """One reader hears the plain channels themselves."""
    heard = client.ask("connect", protocol="redis", port=stage.redis_port, set="*")
    assert heard.ready == 1


def test_open_loop_keeps_its_rate_and_hears_every_message(client: LoadClient, stage: Stage):
    listen_to_redis(client, stage)
    client.ask("mark")
    began = client.ask("publish", set="r", rooms=10, rate=2000, audience=1)
    time.sleep(0.05)
    ended, found = client.ask("close"), client.ask("finish")
    due = 2000 * (ended.at_ns - began.at_ns) / 1e9
    assert 0.5 * due < ended.published <= due + 1
    # One may still go out between the window's end and the stop; what is waited for is the window's own.
    assert ended.published <= found.delivered <= found.published
    assert (found.missing, found.refused) == (0, 0)
    assert found.p50_ms > 0


def test_closed_loop_keeps_so_many_messages_under_way(client: LoadClient, stage: Stage):
    listen_to_redis(client, stage)
    client.ask("publish", set="r", rooms=1, window=8, audience=1)
    time.sleep(0.05)
    found = client.ask("close")
    assert found.published > 100
    assert 0 <= found.published - found.delivered <= 8


def test_waiting_to_be_sent_counts_as_latency(client: LoadClient, stage: Stage):
    """A Redis that stands still delays all that was due meanwhile, not one message."""
    listen_to_redis(client, stage)
    client.ask("publish", set="r", rooms=1, rate=1000, audience=1)
    client.ask("mark")
    stage.signal("redis", signal.SIGSTOP)
    time.sleep(0.05)
    stage.signal("redis", signal.SIGCONT)
    time.sleep(0.05)
    client.ask("close")
    found = client.ask("finish")
    assert found.delivered == found.published
    assert found.longest_ms > 45
    assert found.p99_ms > 40


def test_what_is_due_while_redis_is_away_is_counted_as_refused(client: LoadClient, stage: Stage):
    listen_to_redis(client, stage)
    client.ask("publish", set="r", rooms=1, rate=1000, audience=0)
    stage.stop("redis")
    time.sleep(0.05)
    back_ns = stage.start_redis()
    time.sleep(0.05)
    found = client.ask("close")
    assert found.refused > 20
    assert found.at_ns > back_ns
    assert found.dead == 1


def test_command_that_does_not_exist_ends_the_client(client: LoadClient):
    with pytest.raises(ClientFailed, match="no such command: dance"):
        client.ask("dance")


async def answer_in_pieces(socket: ServerConnection) -> None:
    """Joins are answered; the first room's only message comes to everybody in the most awkward pieces."""
    async for text in socket:
        assert isinstance(text, str)
        await socket.send(f"joined {text.removeprefix('join ')}")
        if text != "join one.0":
            continue
        stamp = f"@T{time.monotonic_ns():016x}S00000000"
        frame = bytes([0x81, len(stamp)]) + stamp.encode()
        for start in range(0, 2 * len(frame), 5):
            socket.transport.write((frame + frame)[start : start + 5])
            await asyncio.sleep(0.001)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with serve(answer_in_pieces, "127.0.0.1", 0, compression=None) as server:
        yield next(iter(server.sockets)).getsockname()[1]


async def test_sockets_join_and_read_frames_that_come_in_pieces(client: LoadClient, port: int):
    words = {"protocol": "plain", "port": port, "count": 20, "at_once": 4, "set": "one", "rooms": 2}
    opened = await asyncio.to_thread(client.ask, "connect", **words)
    assert (opened.ready, opened.dead) == (20, 0)
    await asyncio.to_thread(client.ask, "join", set="two", rooms=5)
    await asyncio.sleep(0.05)
    found = await asyncio.to_thread(client.ask, "close")
    assert found.ready == 20
    assert found.delivered == 2 * 10


def test_port_where_nobody_listens_counts_as_dead(client: LoadClient):
    refused = client.ask("connect", protocol="plain", port=free_port(), count=3)
    assert (refused.ready, refused.dead) == (0, 3)
