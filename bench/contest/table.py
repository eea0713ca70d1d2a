"""Results as one plain-text table, a part for each scenario, and the goals under it. Pure: text out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.contest.contestants import CORE, SOCKETIO
from bench.contest.goals import Verdict
from bench.contest.results import DISTURBED_SHARE, Results

NAME_WIDTH, WIDTH = 24, 10
NOTE_WIDTH = 108
# As in bench/client/main.c.
DRAIN_S = 1.5


@dataclass(frozen=True)
class Column:
    """One figure of a row; None prints as a dash."""

    head: str
    value: Callable[[Results, str, str], float | None]
    digits: int = 0


@dataclass(frozen=True)
class Part:
    """One scenario's rows."""

    scenario: str
    title: str
    columns: tuple[Column, ...]


def _median(head: str, metric: str, digits: int = 0) -> Column:
    return Column(head, lambda results, server, part: results.median(server, part, metric), digits)


def _percent(head: str, metric: str) -> Column:
    def value(results: Results, server: str, part: str) -> float | None:
        share = results.median(server, part, metric)
        return None if share is None else 100 * share

    return Column(head, value)


def _times(head: str, other: str, metric: str) -> Column:
    return Column(head, lambda results, server, part: results.ratio(server, other, part, metric), 2)


def _spread(metric: str) -> Column:
    return Column("spread %", lambda results, server, part: results.spread(server, part, metric))


def _compared(metric: str) -> tuple[Column, ...]:
    return (_times("SIO/it", SOCKETIO, metric), _times("Chan./it", CORE, metric), _spread(metric))


P50, P99 = _median("p50 ms", "p50_ms", 2), _median("p99 ms", "p99_ms", 2)
DELIVERY = (
    *(_median("us/deliv.", "us", 2), *_compared("us"), P50, P99, _median("deliv./s", "deliveries_s")),
    *(_median("bridge us", "bridge_us", 2), _median("Redis us", "redis_us", 2)),
    *(_percent("server %", "server_share"), _percent("client %", "client_share")),
    *(_percent("others %", "others_share"), _median("missing", "missing"), _median("closed", "closed")),
)
BRIDGE = (
    *(
        _median("us/msg", "us", 1),
        _median("Redis us", "redis_us", 1),
        P50,
        P99,
        _median("msg/s", "deliveries_s"),
    ),
    *(_percent("bridge %", "server_share"), _percent("client %", "client_share"), _spread("deliveries_s")),
)
PARTS = (
    Part("busy", "busy: 1 room x 1,000 sockets, saturated (closed loop)", DELIVERY),
    Part("calm", "unbatched: 1 room x 1,000 sockets, 20 messages/s (open loop)", DELIVERY),
    Part("many", "unbatched: 100 rooms x 10 sockets, 2,000 messages/s in all (open loop)", DELIVERY),
    Part("half", "1 room x 1,000 sockets at half of Socket.IO's maximum (open loop)", DELIVERY),
    Part(
        "connect",
        "connect + authorise + join, 1,000 sockets",
        (_median("CPU ms", "cpu_ms", 2), *_compared("cpu_ms")),
    ),
    Part("idle", "one of 1,000 idle sockets (PSS)", (_median("KiB", "kb", 1), *_compared("kb"))),
    Part(
        "bridge-busy",
        "bridge alone, 100 rooms, saturated",
        (*BRIDGE, _median("placed/s", "registered_s")),
    ),
    Part("bridge-steady", "bridge alone, 100 rooms, 1,000 messages/s", BRIDGE),
    Part(
        "redis-down",
        "Redis killed, back after 3 s: to the first message",
        (_median("seconds", "back_s", 2), _median("closed", "closed")),
    ),
    Part(
        "slow",
        "5 of 20 sockets stop reading for 8 s at 1.5 MB/s",
        (
            *(_median("grown KiB", "grown_kb"), _median("slow cut", "cut"), _median("others cut", "lost")),
            *(_median("others got", "got_percent"), P50, P99),
        ),
    ),
)


def draw(results: Results, servers: Sequence[str], scenarios: frozenset[str]) -> str:
    """All parts that were asked for; a server without figures shows why."""
    lines = []
    for part in PARTS:
        if part.scenario.partition("-")[0] not in {name.partition("-")[0] for name in scenarios}:
            continue
        lines += [
            "",
            part.title,
            " " * NAME_WIDTH + "".join(f"{one.head:>{WIDTH + 1}}" for one in part.columns),
        ]
        lines += [row for server in servers if (row := _row(results, server, part))]
    return "\n".join(lines)


def _row(results: Results, server: str, part: Part) -> str | None:
    if results.samples.get(server, {}).get(part.scenario):
        cells = [_cell(one.value(results, server, part.scenario), one.digits) for one in part.columns]
        return f"{server:<{NAME_WIDTH}}" + "".join(f" {cell:>{WIDTH}}" for cell in cells)
    note = results.note_for(server, part.scenario)
    return f"{server:<{NAME_WIDTH}}  {note[:NOTE_WIDTH]}" if note else None


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def draw_goals(verdicts: Sequence[Verdict]) -> str:
    """A line a goal: what is wanted, what was measured, hit or missed by how much; nothing for no goals."""
    if not verdicts:
        return ""
    lines = ["", f"{'goal':<68} {'wanted':>32} {'measured':>10}"]
    for verdict in verdicts:
        goal = verdict.goal
        sign = ">=" if goal.at_least else "<="
        wanted = f"{sign} {goal.limit:,g} {goal.unit}"
        if verdict.measured is None or verdict.missed_percent is None:
            measured, outcome = "-", "not measured"
        else:
            measured = f"{verdict.measured:,.2f}"
            outcome = "hit" if verdict.is_hit else f"missed by {verdict.missed_percent:.0f} %"
        lines.append(f"{goal.text:<68} {wanted:>32} {measured:>10}  {outcome}")
    return "\n".join(lines)


def draw_noise(results: Results) -> str:
    """What else this machine did, the worst of all runs, and how to read the columns."""

    def worst(name: str) -> float:
        return max((noise.get(name, 0) for noise in results.noise), default=0)

    machine = results.machine
    lines = [
        f"{machine.get('processor')}, {machine.get('cores')} cores; {results.rounds} rounds, medians; "
        f"steal {worst('steal_percent'):.1f} %, load {worst('load_before'):.1f} before and "
        f"{worst('load_after'):.1f} after, {worst('dropped'):.0f} packets dropped by the kernel",
        f"SIO/it, Chan./it: how many times it {SOCKETIO} and {CORE} are; spread: (highest - lowest) / median "
        "of the rounds;",
        "others: what else worked on the server's core; missing: not delivered "
        f"{DRAIN_S:g} s after the window",
    ]
    disturbed, of = results.disturbed()
    if disturbed:
        lines.append(
            f"DISTURBED: in {disturbed} of {of} windows others took more than {DISTURBED_SHARE:.0%} of the "
            "server's core;\nmedians leave those out where a server has others. A server that waits joins "
            "more messages into one write: its cost looks better and its latency worse."
        )
    return "\n".join(lines)
