"""One window of one server: what it delivered, how late, and what that cost each process."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bench.contest.load_client import Counters, LoadClient
from bench.contest.processes import core_s
from bench.contest.results import Sample
from bench.contest.servers import Stage

ROLES = ("server", "bridge", "redis")
WARM_S = 0.5


@dataclass(frozen=True)
class Edge:
    """All counters at one moment."""

    counters: Counters
    cpu: dict[str, float]
    core_s: float

    @classmethod
    def take(cls, stage: Stage, client: LoadClient, verb: str) -> Edge:
        counters = client.ask(verb)
        return cls(counters, {role: stage.cpu_s(role) for role in ROLES}, core_s(stage.cores.server))


def measure(stage: Stage, client: LoadClient, *, seconds: float, **publish: object) -> Sample:
    """Publish so for a while; the sample is of the window after a short warm-up.

    `us`, `bridge_us`, `redis_us`: CPU-microseconds a delivery of each role. Latencies are from the moment a
    message was due to the moment a socket had read it, and count messages that came after the window too.
    """
    client.ask("publish", **publish)
    time.sleep(WARM_S)
    before = Edge.take(stage, client, "mark")
    time.sleep(seconds)
    after = Edge.take(stage, client, "close")
    return between(before, after, client.ask("finish"))


def between(before: Edge, after: Edge, finished: Counters) -> Sample:
    """The sample of a window, from its two edges and the counts after it was waited for."""
    seconds = (after.counters.at_ns - before.counters.at_ns) / 1e9
    delivered = after.counters.delivered - before.counters.delivered
    cpu = {role: after.cpu[role] - before.cpu[role] for role in ROLES}
    each = {role: 1e6 * used / delivered if delivered else -1.0 for role, used in cpu.items()}
    return {
        "us": each["server"],
        "bridge_us": each["bridge"],
        "redis_us": each["redis"],
        "deliveries_s": delivered / seconds,
        "messages_s": (after.counters.published - before.counters.published) / seconds,
        "p50_ms": finished.p50_ms,
        "p99_ms": finished.p99_ms,
        "late": finished.late - before.counters.late,
        "missing": finished.missing,
        "closed": finished.dead,
        "server_share": cpu["server"] / seconds,
        # What is no part of the benchmark and worked on the server's core.
        "others_share": max(0.0, after.core_s - before.core_s - cpu["server"]) / seconds,
        "client_share": (after.counters.cpu_s - before.counters.cpu_s) / seconds,
    }
