"""Rooms beside other servers: CPU of a delivery, latency, memory, connecting. Run: `make bench`.

Starts each server with a Redis of its own, one after another and round by round, so that whatever else the
machine does falls on all alike; prints the medians as one table, then the goals, and writes everything as
JSON into `bench/results/`. Server on a core of its own; Redis, bridge and load client on another. How and
why: bench/README.md.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.contest.bridges import WITH_HISTORY, WITHOUT_HISTORY, BridgeTurns  # noqa: E402
from bench.contest.broadcasts import Incomplete, Turns  # noqa: E402
from bench.contest.builds import Missing, build_client  # noqa: E402
from bench.contest.contestants import Contestant, contestants  # noqa: E402
from bench.contest.faults import FaultTurns  # noqa: E402
from bench.contest.goals import goals, judge  # noqa: E402
from bench.contest.load_client import ClientFailed  # noqa: E402
from bench.contest.machine import Moment, describe, share_cores  # noqa: E402
from bench.contest.results import Results  # noqa: E402
from bench.contest.servers import DidNotStart  # noqa: E402
from bench.contest.site import Site  # noqa: E402
from bench.contest.table import draw, draw_goals, draw_noise  # noqa: E402

BROADCASTS = ("busy", "calm", "many", "half", "connect", "idle")
FAULTS = ("redis-down", "slow")
SCENARIOS = (*BROADCASTS, "bridge", *FAULTS)
RESULTS = ROOT / "bench" / "results"


def arguments() -> argparse.Namespace:
    slugs = [one.slug for one in contestants()]
    parser = argparse.ArgumentParser(description="Measure rooms beside other servers.")
    parser.add_argument(
        "--scenarios", default=",".join(SCENARIOS), help=f"by comma, of {', '.join(SCENARIOS)}"
    )
    parser.add_argument("--servers", default=",".join(slugs), help=f"by comma, of {', '.join(slugs)}")
    parser.add_argument(
        "--rounds", type=int, default=3, help="of all but the faults, which go once; 0 with --add prints"
    )
    parser.add_argument("--seconds", type=float, default=2.5, help="of each window")
    parser.add_argument("--save", default="rooms", help="name of the file in bench/results/")
    parser.add_argument("--add", action="store_true", help="to the rounds that stand in that file")
    wanted = parser.parse_args()
    for name, known in (("scenarios", SCENARIOS), ("servers", slugs)):
        chosen = [word.strip() for word in getattr(wanted, name).split(",")]
        if unknown := sorted(set(chosen) - set(known)):
            parser.error(f"--{name}: {', '.join(unknown)} is none of {', '.join(known)}")
        setattr(wanted, name, frozenset(chosen))
    return wanted


def prepared(results: Results, servers: frozenset[str]) -> list[Contestant]:
    """Those that can be built here; the others are noted with the reason."""
    ready = []
    for contestant in contestants():
        if contestant.slug not in servers:
            continue
        try:
            contestant.prepare()
            ready.append(contestant)
        except Missing as exc:
            results.note(contestant.name, "*", f"not built: {exc}")
    return ready


def attempt(results: Results, name: str, scenario: str, turn: Callable[[], None]) -> None:
    """One turn; what goes wrong stands in the table in its place and stops nobody else's."""
    began = time.monotonic()
    try:
        turn()
        outcome = f"{time.monotonic() - began:.0f} s"
    except (ClientFailed, DidNotStart, Incomplete) as exc:
        outcome = str(exc)
        results.note(name, scenario, outcome)
    print(f"{scenario:>12}  {name}: {outcome}", flush=True)


def run_all(wanted: argparse.Namespace, program: Path, ready: list[Contestant], results: Results) -> None:
    """Round by round, everybody's turn; the faults once at the end."""
    cores = share_cores()
    os.sched_setaffinity(0, {cores.others})
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        turns = Turns(program, site, cores, wanted.scenarios, wanted.seconds, results)
        bridges = BridgeTurns(program, site, cores, wanted.seconds, results)
        faults = FaultTurns(program, site, cores, results)
        for number in range(wanted.rounds):
            label = f"round {number + 1}/{wanted.rounds}"
            for one in ready if wanted.scenarios & set(BROADCASTS) else []:
                attempt(results, one.name, label, partial(turns.run, one))
            for name in (WITH_HISTORY, WITHOUT_HISTORY) if "bridge" in wanted.scenarios else ():
                attempt(results, name, label, partial(bridges.run, name))
        for fault in (fault for fault in FAULTS if fault in wanted.scenarios):
            for one in (one for one in ready if one.delivers):
                attempt(results, one.name, fault, partial(faults.run, one, fault))


def leave(number: int, frame: object) -> NoReturn:
    """End by a signal as by Ctrl-C: whatever was started is stopped on the way out."""
    raise SystemExit(128 + number)


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    wanted = arguments()
    target = RESULTS / f"{wanted.save}.json"
    results = Results.load(target) if wanted.add and target.exists() else Results(machine=describe())
    try:
        program = build_client()
    except Missing as exc:
        print(f"make bench: {exc}", file=sys.stderr)
        return 1
    ready = prepared(results, wanted.servers)
    before = Moment.now()
    run_all(wanted, program, ready, results)
    results.noise.append(Moment.now().noise_since(before).as_dict())
    report(wanted, results, target)
    return 0


def report(wanted: argparse.Namespace, results: Results, target: Path) -> None:
    """Print the table and the goals; write the file."""
    shown = [one.name for one in contestants() if one.slug in wanted.servers or one.name in results.samples]
    scenarios = wanted.scenarios | results.scenarios()
    verdicts = [judge(goal, results) for goal in goals()]
    print(draw(results, [*shown, WITH_HISTORY, WITHOUT_HISTORY], scenarios))
    is_whole = scenarios >= set(BROADCASTS + FAULTS)
    print(draw_goals([one for one in verdicts if one.measured is not None or is_whole]))
    print("", draw_noise(results), sep="\n")
    results.save(target, {"goals": [verdict.as_dict() for verdict in verdicts]})
    print(f"All of it: {target.relative_to(ROOT)}")


if __name__ == "__main__":
    raise SystemExit(main())
