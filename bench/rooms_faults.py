"""Every fault once, while a numbered publisher speaks and sockets listen: who missed what, and was it told?

Starts a Redis, two bridges and one web process of its own, publishes numbers with plain `PUBLISH` at `--rate`
a second and lets `--sockets` WebSocket clients follow the protocol (docs/protocol.md). Then, one after the
other: all sockets are cut, web is killed, Redis is stopped for 5 s and comes back with its data, Redis is
killed and comes back empty, the active bridge is frozen for 10 s, the active bridge is killed.

After each fault every client's numbers must be contiguous, or lack one stretch of which it was told by
exactly one gap; no number may reach the application twice or out of order. Prints the table, leaves with 1
when anything else happened. Run: `make drill-rooms`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import redis
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.ports import free_port  # noqa: E402
from realtime_site.embedded_redis import find_server, server_command  # noqa: E402

ROOM = "drill/numbers"
START_S, SETTLE_S = 60.0, 8.0
MAKE_SESSION = """
from django.contrib.auth import get_user_model, SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.create_superuser("drill", password="x")
s = SessionStore()
s[SESSION_KEY], s[BACKEND_SESSION_KEY] = str(user.pk), "django.contrib.auth.backends.ModelBackend"
s[HASH_SESSION_KEY] = user.get_session_auth_hash()
s.save()
print("session", s.session_key)
"""


@dataclass
class Watcher:
    """One page: follows the protocol, keeps what its application would see."""

    url: str
    session: str
    numbers: list[int] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    position: dict[str, Any] | None = None
    socket: Any = None
    joining: bool = False

    async def run(self) -> None:
        headers = {"Cookie": f"sessionid={self.session}", "Origin": self.url}
        address = f"{self.url.replace('http', 'ws')}/ws/rooms/"
        while True:
            try:
                async with connect(
                    address, additional_headers=headers, compression=None, proxy=None, max_size=None
                ) as self.socket:
                    await self.join()
                    async for text in self.socket:
                        await self.hear(json.loads(text))
            except (OSError, WebSocketException, TimeoutError):
                pass
            self.joining = False
            await asyncio.sleep(0.2)

    async def join(self) -> None:
        if self.joining:
            return
        self.joining = True
        since = {"since": self.position} if self.position else {"last": 0}
        await self.socket.send(json.dumps({"type": "join", "room": ROOM, **since}))

    async def hear(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "joined":
                self.joining = False
                self.gaps += frame["gaps"]
                for message in frame["messages"]:
                    self.take(message)
                self.position = {"epoch": frame["epoch"], "offset": frame["offset"]}
                if frame.get("more"):
                    await self.join()
            case "message" if self.position and not self.joining:
                await self.follow(frame)
            case "gap":
                self.gaps.append(frame)
                if to := frame["to"]:
                    self.position = {"epoch": to["epoch"], "offset": to["offset"] - 1}
            case "heartbeat" if ROOM in frame["rooms"] and not self.joining:
                if frame["rooms"][ROOM] != self.position:
                    await self.join()
            case "error" if frame["code"] == "unavailable":
                self.joining = False
                await asyncio.sleep(0.2)
                await self.join()

    async def follow(self, frame: dict[str, Any]) -> None:
        assert self.position is not None
        if frame["epoch"] != self.position["epoch"] or frame["offset"] > self.position["offset"] + 1:
            await self.join()
        elif frame["offset"] == self.position["offset"] + 1:
            self.position = {"epoch": frame["epoch"], "offset": frame["offset"]}
            self.take(frame)

    def take(self, message: dict[str, Any]) -> None:
        self.numbers.append(int(message["data"]))


class Stage:
    """The processes of the drill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.redis_port, self.web_port = free_port(), free_port()
        self.redis_url = f"redis://127.0.0.1:{self.redis_port}/0"
        self.web_url = f"http://127.0.0.1:{self.web_port}"
        self.environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{folder}/drill.sqlite3",
            "DJANGO_SECRET_KEY": "only-for-drills",
            "DJANGO_SETTINGS_MODULE": "realtime_site.settings",
            "REDIS_URL": self.redis_url,
            "REALTIME_PROVIDER": "local",
            "ROOMS_NAMESPACE": "drill",
            "ROOMS_HISTORY_SIZE": "20000",
        }
        self.bridges: list[subprocess.Popen[bytes]] = []

    def start_redis(self, *, empty: bool = False) -> None:
        data = self.folder / ("empty" if empty else "redis")
        data.mkdir(exist_ok=True)
        command = server_command(find_server(), port=self.redis_port, folder=data)
        quiet = subprocess.DEVNULL
        self.redis = subprocess.Popen(command, stdout=quiet, stderr=quiet)

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=True
        )
        return done.stdout

    def spawn(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}.log").open("ab")
        return subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=self.environment, stdout=log, stderr=log
        )

    def start_bridge(self) -> None:
        self.bridges.append(self.spawn(f"bridge{len(self.bridges)}", "manage.py", "runbridge"))

    def start_web(self) -> None:
        port = str(self.web_port)
        site = "realtime_site.asgi:application"
        self.web = self.spawn("web", "-m", "daphne", "-b", "127.0.0.1", "-p", port, site)

    async def web_answers(self) -> None:
        async with httpx.AsyncClient() as http:
            async with asyncio.timeout(START_S):
                while True:
                    try:
                        await http.get(f"{self.web_url}/healthz")
                        return
                    except httpx.TransportError:
                        await asyncio.sleep(0.05)

    def active_bridge(self) -> subprocess.Popen[bytes]:
        """The one that said last that it leads."""
        led = [self._led_at(number) for number in range(len(self.bridges))]
        return self.bridges[led.index(max(led))]

    def _led_at(self, number: int) -> str:
        lines = (self.folder / f"bridge{number}.log").read_text().splitlines()
        return max((line[:8] for line in lines if "This bridge leads" in line), default="")

    def close(self) -> None:
        for process in [*self.bridges, self.web, self.redis]:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait(10)


def publish(url: str, rate: float, target: str) -> None:
    """Numbers with plain PUBLISH until terminated; those that Redis took stand in the file."""
    client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=None)
    began = time.monotonic()
    number = 0
    with open(target, "a", buffering=1) as log:
        while True:
            number += 1
            try:
                client.publish(ROOM, str(number))
                log.write(f"{number}\n")
            except redis.RedisError:
                time.sleep(0.01)
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            if began + number / rate < time.monotonic() - 1:
                began = time.monotonic() - number / rate


@dataclass(frozen=True)
class Verdict:
    """How one fault went for all watchers."""

    name: str
    complete: int
    told: int
    wrong: int
    missing: int
    reasons: str


def judge(name: str, watchers: list[Watcher], marks: list[tuple[int, int]], taken: list[int]) -> Verdict:
    """Compare what each application saw since its mark with what Redis took."""
    complete = told = wrong = missing = 0
    reasons: set[str] = set()
    for watcher, (seen, gaps) in zip(watchers, marks, strict=True):
        new, new_gaps = watcher.numbers[seen:], watcher.gaps[gaps:]
        first, last = watcher.numbers[seen - 1], watcher.numbers[-1]
        wanted = [number for number in taken if first < number <= last]
        lost = sorted(set(wanted) - set(new))
        in_order = all(one < other for one, other in zip([first, *new], new, strict=False))
        between = [number for number in new if lost and lost[0] < number < lost[-1]]
        missing = max(missing, len(lost))
        reasons |= {gap["reason"] for gap in new_gaps}
        if not in_order or len(new_gaps) > 1 or (lost and not new_gaps) or between:
            wrong += 1
            explain(name, lost, between, in_order, new_gaps)
        elif new_gaps:
            told += 1
        else:
            complete += 1
    return Verdict(name, complete, told, wrong, missing, ", ".join(sorted(reasons)) or "-")


def explain(
    name: str, lost: list[int], between: list[int], in_order: bool, gaps: list[dict[str, Any]]
) -> None:
    told = [(gap["reason"], gap["from"], gap["to"], gap["since_ms"], gap["until_ms"]) for gap in gaps]
    print(
        f"  {name}: lost {lost[:1]}..{lost[-1:]} ({len(lost)}), heard within {len(between)}, "
        f"in order {in_order}, told {told}"
    )


async def cut_sockets(stage: Stage, watchers: list[Watcher]) -> None:
    for watcher in watchers:
        watcher.socket.transport.abort()


async def kill_web(stage: Stage, watchers: list[Watcher]) -> None:
    stage.web.kill()
    stage.web.wait(10)
    stage.start_web()
    await stage.web_answers()


async def stop_redis(stage: Stage, watchers: list[Watcher]) -> None:
    stage.redis.terminate()
    stage.redis.wait(20)
    await asyncio.sleep(5)
    stage.start_redis()


async def empty_redis(stage: Stage, watchers: list[Watcher]) -> None:
    stage.redis.kill()
    stage.redis.wait(20)
    stage.start_redis(empty=True)


async def freeze_bridge(stage: Stage, watchers: list[Watcher]) -> None:
    frozen = stage.active_bridge()
    frozen.send_signal(signal.SIGSTOP)
    await asyncio.sleep(10)
    frozen.send_signal(signal.SIGCONT)


async def kill_bridge(stage: Stage, watchers: list[Watcher]) -> None:
    killed = stage.active_bridge()
    killed.kill()
    killed.wait(10)


FAULTS: tuple[tuple[str, Callable[[Stage, list[Watcher]], Awaitable[None]]], ...] = (
    ("all sockets cut", cut_sockets),
    ("web killed -9", kill_web),
    ("Redis stopped 5 s, back with its data", stop_redis),
    ("Redis killed, back empty", empty_redis),
    ("active bridge frozen 10 s", freeze_bridge),
    ("active bridge killed -9", kill_bridge),
)


async def drill(stage: Stage, sockets: int, rate: float) -> list[Verdict]:
    session = stage.manage("shell", "-c", MAKE_SESSION).split("session ")[-1].strip()
    stage.start_bridge()
    stage.start_bridge()
    stage.start_web()
    await stage.web_answers()
    target = stage.folder / "taken"
    numbers = ("--publish-to", stage.redis_url, "--rate", str(rate), "--log", str(target))
    publisher = stage.spawn("publisher", __file__, *numbers)
    watchers = [Watcher(stage.web_url, session) for _ in range(sockets)]
    tasks = [asyncio.create_task(watcher.run()) for watcher in watchers]
    verdicts = []
    try:
        await asyncio.sleep(SETTLE_S)
        for name, fault in FAULTS:
            marks = [(len(watcher.numbers), len(watcher.gaps)) for watcher in watchers]
            await fault(stage, watchers)
            await asyncio.sleep(SETTLE_S)
            taken = [int(line) for line in target.read_text().split("\n")[:-1]]
            verdicts.append(judge(name, watchers, marks, taken))
            print(row(verdicts[-1]), flush=True)
    finally:
        publisher.terminate()
        publisher.wait(10)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return verdicts


def row(verdict: Verdict) -> str:
    return (
        f"{verdict.name:40} {verdict.complete:8} {verdict.told:9} {verdict.wrong:6} {verdict.missing:13}  "
        f"{verdict.reasons}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Every fault once, and who was told of what.")
    parser.add_argument("--sockets", type=int, default=50)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--publish-to", help=argparse.SUPPRESS)
    parser.add_argument("--log", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.publish_to:
        publish(wanted.publish_to, wanted.rate, wanted.log)
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        stage.start_redis()
        stage.manage("migrate", "--verbosity", "0")
        print(f"{wanted.sockets} sockets, {wanted.rate:g} messages a second, load {os.getloadavg()[0]:.1f}")
        print(f"{'fault':40} complete  one gap   wrong  missing (max)  reasons")
        try:
            verdicts = asyncio.run(drill(stage, wanted.sockets, wanted.rate))
        finally:
            stage.close()
    return int(any(verdict.wrong for verdict in verdicts))


if __name__ == "__main__":
    raise SystemExit(main())
