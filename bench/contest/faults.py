"""Two faults under load, twenty sockets each: Redis is away for three seconds; five sockets stop reading."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from bench.contest.broadcasts import refuse_incomplete
from bench.contest.contestants import Contestant
from bench.contest.load_client import LoadClient
from bench.contest.machine import Cores
from bench.contest.measuring import WARM_S
from bench.contest.results import Results, Sample
from bench.contest.servers import Stage
from bench.contest.site import Site

SOCKETS, SLOW = 20, 5
DOWN_S, DOWN_HZ = 3.0, 100.0
# A server that has not come back by then counts as one that does not.
MOST_WAIT_S = 12.0
SLOW_S, LOOK_S = 8.0, 0.5


@dataclass
class FaultTurns:
    """One turn of one server for each fault."""

    program: Path
    site: Site
    cores: Cores
    results: Results

    def run(self, contestant: Contestant, scenario: str) -> None:
        fault = {"redis-down": self._lose_redis, "slow": self._stop_reading}[scenario]
        with Stage(self.cores) as stage:
            contestant.start(stage, self.site)
            with LoadClient(self.program, redis_port=stage.redis_port, core=self.cores.others) as client:
                counters = client.ask(
                    "connect",
                    protocol=contestant.protocol,
                    port=stage.port,
                    count=SOCKETS,
                    small=SLOW if scenario == "slow" else 0,
                    cookie=contestant.cookie(self.site),
                    set="one",
                    rooms=1,
                )
                refuse_incomplete(contestant, counters)
                self.results.add(contestant.name, scenario, fault(contestant, stage, client))

    def _lose_redis(self, contestant: Contestant, stage: Stage, client: LoadClient) -> Sample:
        """`back_s`: from Redis' first answer to the first message that a socket read; -1 for never."""
        client.ask("publish", set="one", rooms=1, size=100, rate=DOWN_HZ)
        time.sleep(1)
        stage.stop("redis")
        time.sleep(DOWN_S)
        client.ask("mark")
        back_ns = stage.start_redis()
        while True:
            found = client.ask("close")
            waited_s = (found.at_ns - back_ns) / 1e9
            if found.first_ns or found.dead == SOCKETS or waited_s > MOST_WAIT_S:
                break
            time.sleep(0.05)
        back_s = max(0.0, (found.first_ns - back_ns) / 1e9) if found.first_ns else -1.0
        return {"back_s": back_s, "closed": found.dead}

    def _stop_reading(self, contestant: Contestant, stage: Stage, client: LoadClient) -> Sample:
        """`grown_kb`: the most that the server grew; `cut` of the slow sockets, `lost` of the others."""
        rate, size = contestant.slow_load
        client.ask("publish", set="one", rooms=1, size=size, rate=rate)
        time.sleep(WARM_S + 1)
        client.ask("stall", count=SLOW)
        before_kb = most_kb = stage.pss_kb("server")
        began = client.ask("mark")
        for _ in range(round(SLOW_S / LOOK_S)):
            time.sleep(LOOK_S)
            most_kb = max(most_kb, stage.pss_kb("server"))
        ended, finished = client.ask("close"), client.ask("finish")
        seconds = (ended.at_ns - began.at_ns) / 1e9
        wanted = rate * seconds * (SOCKETS - SLOW)
        woken = client.ask("wake")
        return {
            "grown_kb": most_kb - before_kb,
            "cut": woken.dead_stalled,
            "lost": woken.dead - woken.dead_stalled,
            "got_percent": min(100.0, 100 * (ended.delivered - began.delivered) / wanted),
            "p50_ms": finished.p50_ms,
            "p99_ms": finished.p99_ms,
        }
