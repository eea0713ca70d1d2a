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
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.rooms_stage import MAKE_SESSION, Stage  # noqa: E402
from bench.rooms_watcher import Watcher, publish  # noqa: E402

SETTLE_S = 8.0


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
