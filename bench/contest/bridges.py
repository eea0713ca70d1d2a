"""Our bridge alone, on the core of its own: how much it registers, and how long a message takes through it.

No socket and no web: the load client subscribes to the rooms' group channels, so what it counts has its place
and is stored; the register's own offsets are compared with it.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from bench.contest.contestants import start_our_bridge
from bench.contest.load_client import LoadClient
from bench.contest.machine import Cores
from bench.contest.measuring import WARM_S, Edge, between, measure
from bench.contest.results import Results, Sample
from bench.contest.servers import Stage
from bench.contest.site import NAMESPACE, Site
from rooms.keys import Keys
from rooms.names import Room

WITH_HISTORY, WITHOUT_HISTORY = "bridge, history on", "bridge, history off"
# Off: one room of the hundred is kept, which is the least that can be set. The others' messages get their
# places all the same.
SETTINGS = {WITH_HISTORY: {}, WITHOUT_HISTORY: {"ROOMS_MAX": "1"}}
ROOMS = 100
WINDOW = 4096
STEADY_HZ = 1000.0
ROOMS_SET = "bench"
# One byte 0x01, the namespace, any room.
GROUP_CHANNELS = f"?{NAMESPACE}:room:*"


@dataclass
class BridgeTurns:
    """Shares with the turns of servers what both need."""

    program: Path
    site: Site
    cores: Cores
    seconds: float
    results: Results

    def run(self, name: str) -> None:
        """Saturated, then at a steady rate."""
        with Stage(self.cores) as stage:
            shutil.copy(self.site.database, stage.folder / "site.sqlite3")
            start_our_bridge(stage, self.site, "server", SETTINGS[name])
            with LoadClient(self.program, redis_port=stage.redis_port, core=self.cores.others) as client:
                client.ask("connect", protocol="redis", port=stage.redis_port, set=GROUP_CHANNELS)
                self.results.add(name, "bridge-busy", self._saturate(stage, client))
                steady = measure(stage, client, seconds=self.seconds, **_load(rate=STEADY_HZ))
                self.results.add(name, "bridge-steady", steady)

    def _saturate(self, stage: Stage, client: LoadClient) -> Sample:
        client.ask("publish", **_load(window=WINDOW))
        time.sleep(WARM_S)
        began, before = registered(stage), Edge.take(stage, client, "mark")
        time.sleep(self.seconds)
        ended, after = registered(stage), Edge.take(stage, client, "close")
        seconds = (after.counters.at_ns - before.counters.at_ns) / 1e9
        return between(before, after, client.ask("finish")) | {"registered_s": (ended - began) / seconds}


def registered(stage: Stage) -> int:
    """Places given so far in all rooms, by the register."""
    keys = Keys(f"{NAMESPACE}:")
    with redis.Redis.from_url(stage.redis_url) as client, client.pipeline(transaction=False) as pipe:
        for number in range(ROOMS):
            pipe.hget(keys.meta(Room(f"{ROOMS_SET}.{number}")), "offset")
        return sum(int(offset or 0) for offset in pipe.execute())


def _load(**pace: float) -> dict[str, object]:
    return {"set": ROOMS_SET, "rooms": ROOMS, "size": 100, "audience": 1, **pace}
