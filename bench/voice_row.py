"""One line of the voice bench: what was held and said, how long function calls waited, what it cost whom."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.figures import Latency, latency_of
from bench.process_figures import cpu_s
from bench.voice_stage import Stage

Shares = dict[str, float]
"""CPU by process, as a share of one core."""


@dataclass(frozen=True)
class Talked:
    """What a stop-watch says of one stretch of talk. `late`: turns that could not begin, or had no output."""

    latency: Latency
    turns: int
    turns_a_second: float
    late: int


@dataclass(frozen=True)
class Held:
    """What running calls cost while nobody speaks, and what web holds then."""

    shares: Shares
    pss_kib: int
    threads: int
    connections: int


@dataclass(frozen=True)
class Row:
    """One line. `what` is explained by `bench/voice_load.py`; `web` is the process that is measured."""

    provider: str
    what: str
    calls: int
    talked: Talked
    shares: Shares
    held: Held | None = None

    @property
    def web_ms_a_turn(self) -> float:
        """CPU that one turn costs the web process, above what holding the calls costs it."""
        holding = self.held.shares["web"] if self.held else 0.0
        return (self.shares["web"] - holding) / self.talked.turns_a_second * 1000


class Meter:
    """CPU of some processes of a stage, from its making to `shares()`."""

    def __init__(self, stage: Stage, names: Sequence[str]) -> None:
        self._pids = {name: stage.pid(name) for name in names}
        self._began_s = time.perf_counter()
        self._before = {name: cpu_s(pid) for name, pid in self._pids.items()}

    def shares(self) -> Shares:
        """What each has used since, as a share of one core."""
        took_s = time.perf_counter() - self._began_s
        return {name: (cpu_s(pid) - self._before[name]) / took_s for name, pid in self._pids.items()}


def talked_of(body: dict[str, Any]) -> Talked:
    """What a stop-watch's process answered: `{"samples_ms": [...], "late": n, "took_s": s}`."""
    samples = body["samples_ms"]
    return Talked(latency_of(samples), len(samples), len(samples) / body["took_s"], body["late"])
