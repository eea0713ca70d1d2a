"""Rooms for hours: does anything grow, and is anybody told a wrong thing?

Starts a Redis, two bridges and one web process of its own (as `make drill-rooms` does). A numbered
publisher speaks, `--sockets` watchers follow and are cut now and then, `--guests` come and go all the
while: they join some of thirty rooms, publish, leave, vanish, or read nothing. Every few seconds memory,
descriptors and threads of the processes and keys, memory and clients of Redis are noted; every watcher's
sequence is judged as in the drill. At the end each figure's line after the warm-up must be flat. Prints
both, leaves with 1 when something grows or a sequence is wrong. Run: `make soak`, `make soak SOAK_ARGS="--
minutes 3"`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.flatness import Trend  # noqa: E402
from bench.rooms_faults import OwnServer  # noqa: E402
from bench.soak_guests import Guest  # noqa: E402
from bench.soak_samples import Samples  # noqa: E402

KEPT = 500
LOOKS = 120
JUDGED_EVERY_S = 30.0


@dataclass(frozen=True)
class Size:
    """How long and how much."""

    minutes: float = 60
    sockets: int = 30
    guests: int = 15
    rate: float = 50
    warm_up: float = 0.4


@dataclass(frozen=True)
class Outcome:
    """`wrong` sentences about sequences; none when all were told the truth."""

    trends: list[Trend]
    wrong: list[str]
    visits: int
    judged: int

    @property
    def passed(self) -> bool:
        return not self.wrong and all(trend.is_flat for trend in self.trends)


async def soak(url: str, size: Size) -> Outcome:
    """Run it on the Redis at `url`, which must be nobody else's."""
    from rooms.drill.scratch import ROOM, Scratch
    from rooms.drill.stage import Sizes, own_stage
    from rooms.sizes import write_sizes

    scratch = Scratch.make()
    async with own_stage(Sizes(size.sockets, size.rate), scratch, url) as stage:
        # Histories must be full soon, or their filling would look like a leak.
        await write_sizes(stage.redis, scratch.namespace, {ROOM: KEPT})
        door = stage.crowd.door
        guests = [Guest(door.url, door.cookie, lambda number: f"drill/{number}") for _ in range(size.guests)]
        tasks = [asyncio.create_task(guest.run()) for guest in guests]
        try:
            samples, wrong, judged = await _watch(stage, size)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    trends = samples.trends(warm_up=size.warm_up)
    return Outcome(trends, wrong, sum(guest.visits for guest in guests), judged)


async def _watch(stage: Any, size: Size) -> tuple[Samples, list[str], int]:
    samples, wrong, judged = Samples(), [], 0
    loop = asyncio.get_running_loop()
    began = loop.time()
    pause_s = size.minutes * 60 / LOOKS
    stage.crowd.mark()
    judge_at = began + min(JUDGED_EVERY_S, size.minutes * 20)
    while (now := loop.time()) - began < size.minutes * 60:
        await _look(samples, now - began, stage)
        for watcher in random.sample(stage.crowd.watchers, 2):
            watcher.cut()
        if now >= judge_at:
            judged += len(stage.crowd.watchers)
            wrong += await _judge(stage)
            judge_at = loop.time() + JUDGED_EVERY_S
        await asyncio.sleep(pause_s)
    return samples, wrong + await _judge(stage), judged + len(stage.crowd.watchers)


async def _look(samples: Samples, at_s: float, stage: Any) -> None:
    samples.look_at(at_s, "web", stage.own.web.child.process.pid)
    for number, post in enumerate(stage.own.bridges):
        samples.look_at(at_s, f"bridge {number}", post.child.process.pid)
    await samples.look_at_redis(at_s, stage.redis)


async def _judge(stage: Any) -> list[str]:
    """Nothing was broken but sockets, so everybody must have everything."""
    findings = await stage.crowd.judge()
    stage.crowd.forget()
    return [
        finding.wrong or f"told of {', '.join(finding.reasons)}"
        for finding in findings
        if not finding.is_complete
    ]


def main() -> int:
    """Read the command line, and be a site of the soak's own."""
    parser = argparse.ArgumentParser(description="Rooms for hours: does anything grow?")
    for name, kind in (("minutes", float), ("sockets", int), ("guests", int), ("rate", float)):
        parser.add_argument(f"--{name}", type=kind, default=getattr(Size, name))
    size = Size(**vars(parser.parse_args()))
    os.environ |= {"DJANGO_SETTINGS_MODULE": "realtime_site.settings", "DJANGO_SECRET_KEY": "only-for-drills"}
    import django

    django.setup()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        outcome = asyncio.run(_on_own_redis(Path(folder), size))
    show(outcome)
    return 0 if outcome.passed else 1


async def _on_own_redis(folder: Path, size: Size) -> Outcome:
    server = OwnServer(folder)
    await server.start()
    try:
        return await soak(server.url, size)
    finally:
        await server.stop(gently=False)


def show(outcome: Outcome) -> None:
    print(f"{outcome.visits} visits; {outcome.judged} sequences judged, {len(outcome.wrong)} wrong")
    for sentence in outcome.wrong[:10]:
        print(f"  {sentence}")
    print(f"{'figure':26} {'after warm-up':>12} {'at the end':>12} {'line':>12} {'allowed':>12}")
    for trend in outcome.trends:
        print(trend.as_row())


if __name__ == "__main__":
    raise SystemExit(main())
