"""Processes to break: a Redis, bridges, a numbered publisher, and a watcher that recovers as a hub does."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from redis.exceptions import RedisError

from realtime_site.embedded_redis import find_server, server_command
from rooms.connections import open_redis, open_redis_sync
from rooms.errors import Unavailable
from rooms.frames import Position
from rooms.history import History, unheard_frames
from rooms.keys import Keys
from rooms.names import group_channel_of, room_from_text
from rooms.register import Register
from tests.rooms.bridge.conftest import until
from tests.rooms.conftest import make_limits

ROOT = Path(__file__).resolve().parents[3]
ROOM = room_from_text("device01")
NAMESPACE = "drill:"
RATE_PER_S = 250


class OwnRedis:
    """A Redis of the drill's own, with or without a folder to come back from."""

    def __init__(self, port: int, folder: Path | None) -> None:
        self.url = f"redis://127.0.0.1:{port}/0"
        self._command = server_command(find_server(), port=port, folder=folder)
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._begin()
        await until(self._answers)

    def _begin(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _answers(self) -> bool:
        with open_redis_sync(self.url) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    def end(self, number: signal.Signals) -> None:
        if self.process:
            self.process.send_signal(number)
            self.process.wait(timeout=10)


class BridgeProcess:
    """One bridge; its log says what it does."""

    def __init__(self, url: str, log: Path, *, lease_s: float) -> None:
        self._log = log
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.rooms.drills.bridge_process", url, NAMESPACE, str(lease_s)],
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def said(self, words: str) -> int:
        return self._log.read_text(encoding="utf-8").count(words)

    async def leads(self) -> None:
        await until(lambda: self.said("This bridge leads"), 15)

    async def is_warm(self) -> None:
        await until(lambda: self.said("stands by and can go on"), 15)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait(timeout=10)


class Publisher:
    """Raw PUBLISH of 1, 2, 3…; what Redis did not confirm is not repeated and counts as not published."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.published: dict[int, float] = {}
        self.failed = 0

    async def run(self) -> None:
        client = open_redis(self._url, timeout_s=1.0)
        number, began = 0, time.monotonic()
        try:
            while True:
                number += 1
                try:
                    await client.publish(ROOM, str(number))
                    self.published[number] = time.time() * 1000
                except (RedisError, OSError):
                    self.failed += 1
                await asyncio.sleep(max(0.0, began + number / RATE_PER_S - time.monotonic()))
        finally:
            await client.aclose()


class Watcher:
    """Subscribes first, reads second, merges by offset; comes back after every break of its link."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._position: Position | None = None
        self.places: list[tuple[str, int]] = []
        self.numbers: list[int] = []
        self.gaps: list[dict] = []
        self.watches = asyncio.Event()

    async def run(self) -> None:
        while True:
            client = open_redis(self._url, timeout_s=2.0)
            try:
                await self._watch(client)
            except (RedisError, OSError, Unavailable):
                await asyncio.sleep(0.05)
            finally:
                await client.aclose()

    async def _watch(self, client) -> None:
        history = History(client, NAMESPACE)
        if self._position is None:
            self._position = await Register(client, NAMESPACE, make_limits()).enter(ROOM)
        async with client.pubsub() as heard:
            await heard.subscribe(group_channel_of(ROOM, NAMESPACE), Keys(NAMESPACE).gaps_channel)
            await heard.get_message(timeout=2)
            await self._recover(history)
            self.watches.set()
            while True:
                message = await heard.get_message(ignore_subscribe_messages=True, timeout=1.0)
                if message is None:
                    await heard.ping()
                elif message["type"] == "message" and message["channel"].endswith(b"gaps"):
                    self._take_gaps(unheard_frames(ROOM, [json.loads(message["data"])]))
                elif message["type"] == "message":
                    await self._take_live(history, json.loads(message["data"]))

    async def _take_live(self, history, frame) -> None:
        here = self._position
        assert here
        if frame["epoch"] == here.epoch and frame["offset"] <= here.offset:
            return
        if (frame["epoch"], frame["offset"]) == (here.epoch, here.offset + 1):
            self._take(frame)
        else:
            await self._recover(history)

    async def _recover(self, history) -> None:
        more = True
        while more:
            reading = await history.read(ROOM, since=self._position)
            self._take_gaps(reading.gaps)
            for frame in reading.frames:
                self._take(json.loads(frame))
            self._position, more = reading.position, reading.more

    def _take(self, frame) -> None:
        self.places.append((frame["epoch"], frame["offset"]))
        self.numbers.append(int(frame["data"]))
        self._position = Position(frame["epoch"], frame["offset"])

    def _take_gaps(self, texts) -> None:
        for gap in map(json.loads, texts):
            if gap not in self.gaps:
                self.gaps.append(gap)
