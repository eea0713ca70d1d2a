"""The faults, in the order in which they are done. Each breaks one thing and mends it; others judge.

`needs` says what it breaks: sockets (the watchers' own), processes (the drill's own bridges and web, and
their ways to Redis), or a server (a Redis that is the drill's own). Where `may_gap` is false nothing may be
lost: a gap that is told is then a failure too. `setting` is what the fault stands on, made before it
counts.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

from rooms.drill.grounds import storm_crowd, swollen_messages, wrong_clocks
from rooms.drill.processes import freeze, thaw
from rooms.drill.slow_readers import slow_readers
from rooms.drill.stage import Stage

SILENT_S = 8.0
FROZEN_S = 10.0
AWAY_S = 5.0
_AFTER_STEP_S = 3.0

Needs = Literal["sockets", "processes", "server"]


def _nothing(stage: Stage) -> AbstractAsyncContextManager[None]:
    return nullcontext()


@dataclass(frozen=True)
class Fault:
    """One fault; `run` answers complaints about what watchers cannot see."""

    name: str
    says: str
    run: Callable[[Stage], Awaitable[list[str]]]
    needs: Needs = "processes"
    may_gap: bool = False
    setting: Callable[[Stage], AbstractAsyncContextManager[None]] = _nothing


async def cut_sockets(stage: Stage) -> list[str]:
    for watcher in stage.crowd.watchers:
        watcher.cut()
    return []


async def kill_links(stage: Stage) -> list[str]:
    killed = [await door.kill(stage.redis) for door in stage.own.doors]
    return [] if all(killed) else ["a process of the drill had no connection to kill"]


async def silence_links(stage: Stage) -> list[str]:
    doors = stage.own.doors
    for door in doors:
        door.shut()
    await asyncio.sleep(SILENT_S)
    for door in doors:
        door.reopen()
    return []


async def silence_leader(stage: Stage) -> list[str]:
    door = stage.own.leader.door
    door.shut()
    await asyncio.sleep(SILENT_S)
    door.reopen()
    return []


async def freeze_bridge(stage: Stage) -> list[str]:
    frozen = stage.own.leader
    freeze(frozen.child)
    try:
        await asyncio.sleep(FROZEN_S)
    finally:
        thaw(frozen.child)
    return [] if stage.own.leader is not frozen else ["the standby did not take over"]


async def kill_bridge(stage: Stage) -> list[str]:
    killed = stage.own.leader
    await killed.child.kill()
    await stage.crowd.goes_on()
    took_over = stage.own.leader.child.led_at_s > 0
    await stage.own.replace_bridge(killed)
    return [] if took_over else ["the standby did not take over"]


async def kill_web(stage: Stage) -> list[str]:
    await stage.own.replace_web()
    return []


async def flush_keys(stage: Stage) -> list[str]:
    found = await stage.scratch.flush(stage.redis)
    return [] if found else ["there was no key to flush"]


async def step_clocks(stage: Stage) -> list[str]:
    for child in (*(post.child for post in stage.own.bridges), stage.own.web.child):
        child.send(signal.SIGUSR1)
    await asyncio.sleep(_AFTER_STEP_S)
    return await kill_bridge(stage)


async def restart_redis(stage: Stage) -> list[str]:
    await stage.server.stop(gently=True)
    await asyncio.sleep(AWAY_S)
    await stage.server.start()
    return []


async def empty_redis(stage: Stage) -> list[str]:
    await stage.server.stop(gently=False)
    await stage.server.start(empty=True)
    return []


FAULTS: tuple[Fault, ...] = (
    Fault("cut-sockets", "all sockets are cut at once", cut_sockets, "sockets"),
    Fault("kill-links", "CLIENT KILL of all the drill's links to Redis", kill_links, may_gap=True),
    Fault("silent-links", f"all links to Redis carry nothing for {SILENT_S:g} s", silence_links),
    Fault("silent-leader", f"the leading bridge's link carries nothing for {SILENT_S:g} s", silence_leader),
    Fault("freeze-bridge", f"the leading bridge is frozen for {FROZEN_S:g} s", freeze_bridge),
    Fault("kill-bridge", "the leading bridge is killed", kill_bridge),
    Fault("kill-web", "web is killed and started again", kill_web),
    Fault(
        "slow-readers",
        "one socket in five stops reading a flood",
        slow_readers,
        setting=swollen_messages,
    ),
    Fault("flush-keys", "all scratch keys are gone at once", flush_keys, may_gap=True),
    Fault(
        "wrong-clocks",
        "bridges 10 min slow and fast, web fast; set while they run; the leader killed",
        step_clocks,
        setting=wrong_clocks,
    ),
    Fault(
        "storm",
        "a crowd of sockets is cut and comes back at once",
        cut_sockets,
        "sockets",
        setting=storm_crowd,
    ),
    Fault("restart-redis", "Redis is stopped for 5 s, back with its data", restart_redis, "server", True),
    Fault("empty-redis", "Redis is killed, back empty", empty_redis, "server", True),
)
