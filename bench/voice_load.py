"""Voice under load: what one web process pays for each running call and each function call, and when it is
late.

Every call is made by `POST /voice/calls/` of a logged-in person on a real daphne, with a provider in a
process of its own, over HTTP and WebSocket. Who plays the provider stands in every row:

* `scripted`: speaks the protocol and no media, and holds the stop-watch (`bench/voice_provider.py`);
* `engine`: the engine in the box without speech models; WebRTC peers in a process of their own hold the
  stop-watch (`bench/voice_peers.py`).

What was done: `floor`: the same talk with bare `websockets` clients in the place of the site; `nobody`: no
call; `talk`: each call says a turn (question, transcription, `get_current_time`, spoken answer) every 5 s,
few calls more often; `faster`: the same, until one output in twenty takes over 100 ms; `flood`: 20 calls ask
for tools and nothing else, the next as soon as the last was answered. Writes
`bench/results/voice_load.json`, part by part. Run: `make bench-calls`.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import datetime
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import postgresql  # noqa: E402
from bench.figures import latency_of, plain  # noqa: E402
from bench.process_figures import open_files  # noqa: E402
from bench.voice_engine_rows import engine_rows, start_peers  # noqa: E402
from bench.voice_people import People  # noqa: E402
from bench.voice_row import Row  # noqa: E402
from bench.voice_rows import Bench, floor_rows, site_rows  # noqa: E402
from bench.voice_stage import Stage, prepared_stage, start_engine, start_provider, start_web  # noqa: E402
from bench.voice_table import kib_a_call, shown_rows  # noqa: E402

COUNTS = [1, 20, 50, 100, 200]
PARTS = ("sqlite", "postgresql", "engine")
RESULTS = ROOT / "bench/results/voice_load.json"


def sqlite_connections(stage: Stage, file: Path) -> int:
    return open_files(stage.pid("web"), str(file))


def run_scripted(folder: Path, counts: list[int], programs: Path | None) -> dict[str, Any]:
    """The floor and the site with the scripted provider, on SQLite or on a PostgreSQL of these programs."""
    if programs is None:
        file = folder / "bench.sqlite3"
        return _scripted(folder, counts, f"sqlite:///{file}", lambda stage: sqlite_connections(stage, file))
    with postgresql.running_postgresql(programs) as url:
        return _scripted(folder, counts, url, lambda stage: postgresql.connections_to(url))


def _scripted(
    folder: Path, counts: list[int], database_url: str, connections: Callable[[Stage], int]
) -> dict[str, Any]:
    async def measured(stage: Stage) -> dict[str, Any]:
        provider_url = start_provider(stage)
        rows = await floor_rows(stage, provider_url, counts)
        async with People(start_web(stage, "compatible", provider_url)) as people:
            bench = Bench(stage, provider_url, people, partial(connections, stage))
            rows += await site_rows(bench, counts)
        return result(rows) | {"set_up_ms": dataclasses.asdict(latency_of(bench.set_up_ms))}

    with prepared_stage(folder, database_url) as stage:
        return asyncio.run(measured(stage))


def run_engine(folder: Path) -> dict[str, Any]:
    """The site with the engine in the box, on SQLite."""
    file = folder / "bench.sqlite3"
    with prepared_stage(folder, f"sqlite:///{file}") as stage:
        url = start_web(stage, "local", start_engine(stage))
        peers = start_peers(stage, url)
        rows = asyncio.run(engine_rows(stage, peers, partial(sqlite_connections, stage, file)))
        peers.leave()
        return result(rows)


def result(rows: list[Row]) -> dict[str, Any]:
    """One part as it is kept."""
    print(shown_rows(rows), flush=True)
    return {
        "measured_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "web_kib_a_call": kib_a_call(rows),
        "rows": [dataclasses.asdict(row) for row in rows],
    }


def keep(part: str, found: dict[str, Any]) -> None:
    """Put one part into the results; the others stay as they were measured."""
    RESULTS.parent.mkdir(exist_ok=True)
    kept = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    RESULTS.write_text(json.dumps(kept | {part: plain(found)}, indent=2, allow_nan=False) + "\n")


def run_part(part: str, counts: list[int]) -> dict[str, Any] | None:
    programs = postgresql.find_programs() if part == "postgresql" else None
    if part == "postgresql" and programs is None:
        print("postgresql: not measured, because this machine has no PostgreSQL server.")
        return None
    with tempfile.TemporaryDirectory(prefix="roomtone-voice-load-") as folder:
        print(f"\n{part}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
        return run_engine(Path(folder)) if part == "engine" else run_scripted(Path(folder), counts, programs)


def main() -> None:
    parser = argparse.ArgumentParser(description="Voice under load.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--calls", type=int, nargs="+", default=COUNTS, help="how many calls, ascending")
    wanted = parser.parse_args()
    if unknown := set(wanted.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    # A stop from outside ends what was started, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    for part in wanted.parts or PARTS:
        if found := run_part(part, wanted.calls):
            keep(part, found)


if __name__ == "__main__":
    main()
