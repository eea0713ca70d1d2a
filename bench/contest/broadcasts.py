"""One turn of one server: a thousand sockets connect, wait, and are published to in several ways."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.contest.contestants import SOCKETIO, Contestant
from bench.contest.load_client import AT_ONCE, Counters, LoadClient
from bench.contest.machine import Cores
from bench.contest.measuring import measure
from bench.contest.results import Results
from bench.contest.servers import Stage
from bench.contest.site import Site

SOCKETS = 1000
ROOMS = 100
CALM_HZ, MANY_HZ = 20.0, 2000.0
SIZE = 100
# Presence is told a second after the last join; it belongs to connecting.
SETTLE_S = 1.2
# A rate that a server cannot hold measures how long its queue grew.
MOST_OF_MAXIMUM = 0.95

ONE, MANY = {"set": "one", "rooms": 1}, {"set": "many", "rooms": ROOMS}


@dataclass
class Turns:
    """What the turns share: the client, the site, what is wanted, what has been found."""

    program: Path
    site: Site
    cores: Cores
    scenarios: frozenset[str]
    seconds: float
    results: Results
    _maxima: dict[str, float] = field(default_factory=dict)

    def run(self, contestant: Contestant) -> None:
        """One turn, with processes of its own."""
        with Stage(self.cores) as stage:
            contestant.start(stage, self.site)
            with LoadClient(self.program, redis_port=stage.redis_port, core=self.cores.others) as client:
                self._connect(contestant, stage, client)
                if contestant.delivers:
                    self._publish(contestant, stage, client)

    def _connect(self, contestant: Contestant, stage: Stage, client: LoadClient) -> None:
        # The first connection of a process loads what all others share.
        before_kb, before_s = stage.pss_kb("server"), stage.cpu_s("server")
        counters = client.ask(
            "connect",
            protocol=contestant.protocol,
            port=stage.port,
            count=SOCKETS,
            at_once=AT_ONCE,
            cookie=contestant.cookie(self.site),
            **(ONE if contestant.delivers else {}),
        )
        refuse_incomplete(contestant, counters)
        time.sleep(SETTLE_S)
        used_s, grown_kb = stage.cpu_s("server") - before_s, stage.pss_kb("server") - before_kb
        if "connect" in self.scenarios:
            self.results.add(contestant.name, "connect", {"cpu_ms": 1000 * used_s / SOCKETS})
        if "idle" in self.scenarios:
            self.results.add(contestant.name, "idle", {"kb": grown_kb / SOCKETS})

    def _publish(self, contestant: Contestant, stage: Stage, client: LoadClient) -> None:
        def run(scenario: str, where: dict[str, object], **load: float) -> None:
            if scenario not in self.scenarios or self._is_beyond(contestant, scenario, where, load):
                return
            sample = measure(stage, client, seconds=self.seconds, size=SIZE, **where, **load)
            if scenario == "busy":
                self._maxima[contestant.name] = sample["deliveries_s"]
            self.results.add(contestant.name, scenario, sample)

        run("busy", dict(ONE), window=contestant.window)
        if contestant.name == SOCKETIO and not self.results.half_hz:
            self.results.half_hz = self._maxima.get(SOCKETIO, 0) / SOCKETS / 2
        run("calm", dict(ONE), rate=CALM_HZ)
        if half_hz := self.results.half_hz:
            run("half", dict(ONE), rate=half_hz)
        elif "half" in self.scenarios:
            self.results.note(
                contestant.name, "half", f"needs {SOCKETIO}'s maximum (--servers, --scenarios busy)"
            )
        if "many" in self.scenarios:
            client.ask("join", **MANY)
        run("many", dict(MANY), rate=MANY_HZ)

    def _is_beyond(
        self, contestant: Contestant, scenario: str, where: dict[str, object], load: dict[str, float]
    ) -> bool:
        maximum = self._maxima.get(contestant.name)
        wanted = load.get("rate", 0) * SOCKETS / int(str(where["rooms"]))
        if maximum is None or wanted < maximum * MOST_OF_MAXIMUM:
            return False
        self.results.note(
            contestant.name, scenario, f"{wanted:,.0f} deliveries/s are beyond it ({maximum:,.0f}/s at most)"
        )
        return True


def refuse_incomplete(contestant: Contestant, counters: Counters) -> None:
    """A turn with fewer sockets than the others' would be no comparison."""
    if counters.dead or counters.ready + counters.dead == 0:
        raise Incomplete(f"{counters.dead} of {counters.ready + counters.dead} sockets were not taken")


class Incomplete(RuntimeError):
    """A server did not take all sockets."""
