"""A deployment to drill: a Redis of its own, a real bridge, and real rooms that must stay as they are."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client

from tests.rooms.own_redis import OwnRedis, own_redis
from tests.voice.conftest import ROOT

NAMESPACE = "site"
REAL = b"\x01site:r:"
WITHIN_S = 60.0
# What the site's own bridge writes while nothing is published: where it is, and that it lives.
CLOCKWORK = (REAL + b"bridge", REAL + b"bridges", REAL + b"lease", REAL + b"gen")


class Deployment:
    """What an operator has; `drill` runs the command there as an operator would."""

    def __init__(self, redis: OwnRedis, folder: Path) -> None:
        self.redis = redis
        self.folder = folder / "temporary"
        self.folder.mkdir()
        self.client = redis_client.Redis.from_url(redis.url)
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "realtime_site.settings",
            "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3",
            "REDIS_URL": redis.url,
            "ROOMS_NAMESPACE": NAMESPACE,
            "TMPDIR": str(self.folder),
        }
        self._started: list[subprocess.Popen[str]] = []

    def manage(self, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._started.append(process)
        return process

    def drill(self, *words: str) -> tuple[int, str]:
        """The exit code and all it said."""
        process = self.manage("rooms_drill", *words)
        output, _ = process.communicate(timeout=WITHIN_S)
        return process.returncode, output

    def real_rooms(self) -> dict[Any, Any]:
        """Every key of the deployment's own, but for its bridge's clockwork."""
        found: set[Any] = set(self.client.scan_iter(b"\x01site:*"))
        return {key: self.client.dump(key) for key in found - {*CLOCKWORK, REAL + b"bridge.counts"}}

    def bridge_counts(self) -> dict[Any, Any]:
        """What the bridge heard and registered; its own markers wait now and then."""
        counts = self.client.hgetall(REAL + b"bridge.counts")
        return {name: count for name, count in counts.items() if name != b"waiting"}

    def scratch_keys(self) -> list[bytes]:
        return list(self.client.scan_iter(b"*drill-*"))

    def leftovers(self) -> list[str]:
        """Scratch keys, child processes and folders of drills."""
        keys = [repr(key) for key in self.scratch_keys()]
        return [*keys, *self.children(), *(str(path) for path in self.folder.iterdir())]

    def children(self) -> list[str]:
        """The command lines of processes that drills started here: this is their temporary folder."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # gone while we look, or somebody else's
                is_ours = f"TMPDIR={self.folder}".encode() in (path / "environ").read_bytes()
                command = (path / "cmdline").read_bytes().decode()
                if is_ours and "rooms.drill.child" in command:
                    found.append(command)
        return found

    def end(self) -> None:
        self.client.close()
        for process in self._started:
            process.kill()
            process.communicate()


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    folder = tmp_path / "redis"
    folder.mkdir()
    with own_redis(folder) as redis:
        made = Deployment(redis, tmp_path)
        yield made
        made.end()


@pytest.fixture
async def busy_deployment(deployment: Deployment) -> Deployment:
    """Its bridge leads and has registered one message of a real room."""
    deployment.manage("runbridge")
    async with asyncio.timeout(WITHIN_S):
        while deployment.client.exists(REAL + b"lease", REAL + b"bridge.counts") != 2:
            await asyncio.sleep(0.05)
        while not deployment.client.zcard(REAL + b"index"):
            deployment.client.publish("device01", "21.5")
            await asyncio.sleep(0.05)
    # The counts are told with the next beat.
    await asyncio.sleep(2.1)
    return deployment
