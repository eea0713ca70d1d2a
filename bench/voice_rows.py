"""The measurements of the voice bench with the scripted provider: the floor, and the site at growing counts.

Latency is the provider's: from `response.done` with a function call given to its socket until the output came
back, both sockets and both processes included.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.figures import latency_of
from bench.process_figures import footprint
from bench.voice_people import People
from bench.voice_row import Held, Meter, Row, Talked, talked_of
from bench.voice_stage import Stage

SETTLE_S = 2.0
"""After the last call was made: its records, rooms and leases are written by then."""
HOLD_S = 5.0
TALK_S = 20.0
FLOOR_S = 5.0
STEP_S = 6.0
FLOOD_S = 6.0
FLOOD_CALLS = 20
EVERY_S = 5.0
FEWEST_TURNS_A_SECOND = 5.0
"""Few calls talk faster than `EVERY_S`, so that there are enough samples."""
LATE_MS = 100.0
LATE_SHARE = 0.01
MOST_STEPS = 8
FASTER = 1.5
PROCESSES = ("web", "provider", "redis")


@dataclass
class Bench:
    """A stage with the scripted provider and one web process, ready to be measured."""

    stage: Stage
    provider_url: str
    people: People
    connections: Callable[[], int]
    set_up_ms: list[float] = field(default_factory=list)

    async def hold(self, calls: int) -> Held:
        """Have that many calls running and look at the process while nobody speaks."""
        self.set_up_ms += await self.people.call_until(calls)
        await joined(self.provider_url, calls)
        await asyncio.sleep(SETTLE_S)
        meter = Meter(self.stage, PROCESSES)
        await asyncio.sleep(HOLD_S)
        shares, found = meter.shares(), footprint(self.stage.pid("web"))
        return Held(shares, found.pss_kib, found.threads, self.connections())

    async def talk(self, what: str, plan: dict[str, Any], held: Held) -> Row:
        """Have them speak, and say what it took."""
        meter = Meter(self.stage, PROCESSES)
        talked = await talk(self.provider_url, plan)
        return Row("scripted", what, plan["calls"], talked, meter.shares(), held)


async def joined(provider_url: str, calls: int) -> None:
    """Until that many sidebands are there."""
    async with httpx.AsyncClient() as http, asyncio.timeout(30):
        while (await http.get(f"{_root(provider_url)}/state")).json()["calls"] != calls:
            await asyncio.sleep(0.05)


async def talk(provider_url: str, plan: dict[str, Any]) -> Talked:
    """One stretch of talk."""
    async with httpx.AsyncClient(timeout=120) as http:
        reply = await http.post(f"{_root(provider_url)}/talk", json=plan)
        reply.raise_for_status()
    return talked_of(reply.json())


async def floor_rows(stage: Stage, provider_url: str, counts: list[int]) -> list[Row]:
    """The same talk and the same flood with bare clients instead of the site."""
    plans = [talk_plan(calls, FLOOR_S) for calls in counts] + [flood_plan()]
    return [await _floor_row(stage, provider_url, plan) for plan in plans]


async def _floor_row(stage: Stage, provider_url: str, plan: dict[str, Any]) -> Row:
    stage.start_bench("web", "voice_bare.py", provider_url, str(plan["calls"]))
    try:
        await joined(provider_url, plan["calls"])
        await talk(provider_url, plan | {"for_s": 0.5})
        meter = Meter(stage, ("web", "provider"))
        talked = await talk(provider_url, plan)
        shares = meter.shares()
    finally:
        stage.stop("web")
    await joined(provider_url, 0)
    what = "floor" if plan["spoken"] else "floor of the flood"
    return Row("scripted", what, plan["calls"], talked, shares)


async def site_rows(bench: Bench, counts: list[int]) -> list[Row]:
    """Held and talking at each count; then faster and faster at the largest; then nothing but tools."""
    await bench.hold(FLOOD_CALLS)
    await talk(bench.provider_url, flood_plan() | {"for_s": 2.0})
    await bench.people.hang_up()
    nothing = await bench.hold(0)
    rows = [Row("scripted", "nobody", 0, Talked(latency_of([]), 0, 0.0, 0), nothing.shares, nothing)]
    for calls in counts:
        held = await bench.hold(calls)
        rows.append(await bench.talk("talk", talk_plan(calls, TALK_S), held))
    rows += await _faster(bench, rows[-1])
    rows.append(await bench.talk("flood", flood_plan(counts[-1]), held))
    await bench.people.hang_up()
    return rows


async def _faster(bench: Bench, slowest: Row) -> list[Row]:
    """More turns a second until the outputs come late."""
    rows = [slowest]
    plan = talk_plan(slowest.calls, STEP_S)
    while not is_late(rows[-1].talked) and len(rows) <= MOST_STEPS:
        plan = plan | {"every_s": plan["every_s"] / FASTER}
        assert slowest.held
        rows.append(await bench.talk("faster", plan, slowest.held))
    return rows[1:]


def is_late(talked: Talked) -> bool:
    """Whether one output in twenty takes longer than `LATE_MS`, or turns could not begin in time."""
    return talked.latency.p95_ms > LATE_MS or talked.late > LATE_SHARE * talked.turns


def talk_plan(calls: int, for_s: float) -> dict[str, Any]:
    """Every call says a turn with one function call each `EVERY_S`."""
    every_s = min(EVERY_S, calls / FEWEST_TURNS_A_SECOND)
    return {"calls": calls, "every_s": every_s, "for_s": for_s, "spoken": True}


def flood_plan(most: int = FLOOD_CALLS) -> dict[str, Any]:
    """Function calls and nothing else, the next one as soon as the last was answered."""
    return {"calls": min(FLOOD_CALLS, most), "every_s": 0.0, "for_s": FLOOD_S, "spoken": False}


def _root(provider_url: str) -> str:
    return provider_url.removesuffix("/v1")
