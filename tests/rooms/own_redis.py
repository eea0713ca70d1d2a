"""A Redis of one test's own, to be stopped, frozen and started again."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from realtime_site.embedded_redis import find_server, server_command
from tests.voice.conftest import free_port

START_S = 10.0


class OwnRedis:
    """One server on a port that stays the same; with a folder it keeps its data."""

    def __init__(self, folder: Path) -> None:
        # A Cluster's node also takes the port ten thousand above.
        self.port = next(port for port in iter(free_port, 0) if port < 55_000)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, empty: bool = False) -> None:
        """Start it, with what the folder holds or with nothing."""
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self.command(empty=empty), stdout=quiet, stderr=quiet)
        deadline = time.monotonic() + START_S
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.RedisError:
                    assert time.monotonic() < deadline
                    time.sleep(0.02)

    def command(self, *, empty: bool = False) -> list[str]:
        return server_command(find_server(), port=self.port, folder=None if empty else self._folder)

    def send(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(START_S)
            self._process = None


@contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    made = OwnRedis(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop(signal.SIGKILL)
