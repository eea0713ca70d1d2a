"""Rooms beside other servers: CPU of a delivery, latency, memory, connecting. Run: `make bench`.

Starts each server with a Redis of its own, one after another and round by round, so that whatever else the
machine does falls on all alike; prints the medians as one table, then the goals, and writes everything as JSON
into `bench/results/`. Server alone on one core; Redis, bridge and load client on another: bench/README.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.contest.broadcasts import Incomplete, Turns  # noqa: E402
from bench.contest.builds import Missing, build_client  # noqa: E402
from bench.contest.contestants import Contestant, contestants  # noqa: E402
from bench.contest.load_client import ClientFailed  # noqa: E402
from bench.contest.machine import Moment, describe, share_cores  # noqa: E402
from bench.contest.results import Results  # noqa: E402
from bench.contest.servers import DidNotStart  # noqa: E402
from bench.contest.site import Site  # noqa: E402

BROADCASTS = ("busy", "calm", "many", "half", "connect", "idle")
SCENARIOS = BROADCASTS


def arguments() -> argparse.Namespace:
    slugs = [one.slug for one in contestants()]
    parser = argparse.ArgumentParser(description="Measure rooms beside other servers.")
    parser.add_argument(
        "--scenarios", default=",".join(SCENARIOS), help=f"by comma, of {', '.join(SCENARIOS)}"
    )
    parser.add_argument("--servers", default=",".join(slugs), help=f"by comma, of {', '.join(slugs)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.5, help="of each window")
    parser.add_argument("--save", default="rooms", help="name of the file in bench/results/")
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


def take_turns(turns: Turns, ready: list[Contestant], rounds: int) -> None:
    for number in range(rounds):
        for contestant in ready:
            print(f"round {number + 1} of {rounds}: {contestant.name}", flush=True)
            try:
                turns.run(contestant)
            except (ClientFailed, DidNotStart, Incomplete) as exc:
                turns.results.note(contestant.name, "*", f"round {number + 1}: {exc}")
                print(f"  {exc}", flush=True)


def main() -> int:
    wanted = arguments()
    cores = share_cores()
    results = Results(rounds=wanted.rounds, machine=describe())
    try:
        program = build_client()
    except Missing as exc:
        print(f"make bench: {exc}", file=sys.stderr)
        return 1
    ready = prepared(results, wanted.servers)
    os.sched_setaffinity(0, {cores.others})
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        turns = Turns(program, site, cores, wanted.scenarios, wanted.seconds, results)
        before = Moment.now()
        take_turns(turns, ready, wanted.rounds)
        results.noise = Moment.now().noise_since(before).as_dict()
    import json

    print(json.dumps(results.as_dict()["medians"], indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
