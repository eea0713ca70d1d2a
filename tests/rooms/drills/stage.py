"""What a drill stands on: bridges as processes, and a numbered publisher."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

from redis.exceptions import RedisError

from rooms.connections import open_redis
from rooms.names import room_from_text
from tests.rooms.bridge.conftest import until

ROOT = Path(__file__).resolve().parents[3]
ROOM = room_from_text("device01")
NAMESPACE = "drill:"
RATE_PER_S = 250


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
