"""What rooms are to reach, and whether they did. Pure: results in, verdicts out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.contest.bridges import WITH_HISTORY
from bench.contest.contestants import BARE, CENTRIFUGE, CORE, OURS_DAPHNE, OURS_UVICORN, PUBSUB, SOCKETIO, WS
from bench.contest.results import Results

QUEUES_KB = 5 * 512 + 3 * 1024


@dataclass(frozen=True)
class Goal:
    """`at_least`: the limit is the least, else the most, that is wanted."""

    text: str
    measure: Callable[[Results], float | None]
    limit: float
    unit: str
    at_least: bool = False


@dataclass(frozen=True)
class Verdict:
    """`missed_percent`: by how much of the limit; 0 when it was hit, None when nothing was measured."""

    goal: Goal
    measured: float | None
    missed_percent: float | None

    @property
    def is_hit(self) -> bool:
        return self.missed_percent == 0

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        sign = ">=" if self.goal.at_least else "<="
        return {
            "goal": f"{self.goal.text} {sign} {self.goal.limit:g} {self.goal.unit}",
            "measured": None if self.measured is None else round(self.measured, 3),
            "missed_percent": None if self.missed_percent is None else round(self.missed_percent, 1),
        }


def judge(goal: Goal, results: Results) -> Verdict:
    """Compare what was measured with what is wanted."""
    measured = goal.measure(results)
    if measured is None:
        return Verdict(goal, None, None)
    short = goal.limit - measured if goal.at_least else measured - goal.limit
    if short <= 0:
        return Verdict(goal, measured, 0)
    return Verdict(goal, measured, 100 * short / goal.limit if goal.limit else 100)


def goals() -> tuple[Goal, ...]:
    """Ours is daphne's row where nothing else is said."""
    busy = "1 room x 1,000, saturated: CPU of a delivery, "
    return (
        Goal(busy + "Socket.IO's is", _fewer(SOCKETIO, "busy"), 25, "x ours", at_least=True),
        Goal(busy + "Channels' (core layer) is", _fewer(CORE, "busy"), 500, "x ours", at_least=True),
        Goal(busy + "Channels' (pubsub layer) is", _fewer(PUBSUB, "busy"), 500, "x ours", at_least=True),
        Goal(busy + "ours is", _more(CENTRIFUGE, "busy"), 1.0, "x Centrifuge's"),
        Goal("1 x 1,000 at 20/s: Socket.IO's is", _fewer(SOCKETIO, "calm"), 1.4, "x ours", at_least=True),
        Goal("1 x 1,000 at 20/s: ours is", _more(WS, "calm"), 1.05, "x ws' with prepared frames"),
        Goal("1 x 1,000 at 20/s: ours is", _more(CENTRIFUGE, "calm"), 1.2, "x Centrifuge's"),
        Goal("100 x 10 at 2,000/s: Socket.IO's is", _fewer(SOCKETIO, "many"), 1.3, "x ours", at_least=True),
        Goal("p99 at half of Socket.IO's maximum: ours is", _more(SOCKETIO, "half", "p99_ms"), 1.0, "x its"),
        Goal(
            "connect + authorise + join: above bare daphne",
            _above(OURS_DAPHNE, "connect", "cpu_ms"),
            1.0,
            "ms",
        ),
        Goal(
            "connect + authorise + join on uvicorn: ours is",
            _more(SOCKETIO, "connect", "cpu_ms", ours=OURS_UVICORN),
            1.0,
            "x Socket.IO's",
        ),
        Goal("idle socket: above bare daphne", _above(OURS_DAPHNE, "idle", "kb"), 8, "KiB"),
        Goal(
            "bridge, saturated", _of(WITH_HISTORY, "bridge-busy", "registered_s"), 15000, "messages/s", True
        ),
        Goal("bridge at 1,000/s: p50", _of(WITH_HISTORY, "bridge-steady", "p50_ms"), 1, "ms"),
        Goal("bridge at 1,000/s: p99", _of(WITH_HISTORY, "bridge-steady", "p99_ms"), 5, "ms"),
        Goal("Redis away for 3 s: first message after", _of(OURS_DAPHNE, "redis-down", "back_s"), 0.5, "s"),
        Goal("5 of 20 stop reading: memory grew by", _of(OURS_DAPHNE, "slow", "grown_kb"), QUEUES_KB, "KiB"),
        Goal("5 of 20 stop reading: others or too few cut", _wrongly_cut, 0, "sockets"),
    )


def _of(server: str, scenario: str, metric: str) -> Callable[[Results], float | None]:
    return lambda results: results.median(server, scenario, metric)


def _fewer(other: str, scenario: str) -> Callable[[Results], float | None]:
    return lambda results: results.ratio(OURS_DAPHNE, other, scenario)


def _more(
    other: str, scenario: str, metric: str = "us", *, ours: str = OURS_DAPHNE
) -> Callable[[Results], float | None]:
    return lambda results: results.ratio(other, ours, scenario, metric)


def _above(ours: str, scenario: str, metric: str) -> Callable[[Results], float | None]:
    def measure(results: Results) -> float | None:
        mine, floor = results.median(ours, scenario, metric), results.median(BARE, scenario, metric)
        return None if mine is None or floor is None else mine - floor

    return measure


def _wrongly_cut(results: Results) -> float | None:
    cut, lost = (results.median(OURS_DAPHNE, "slow", metric) for metric in ("cut", "lost"))
    return None if cut is None or lost is None else abs(5 - cut) + lost
