"""The rows of the voice bench as a table for people. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.figures import ratio, shown, slope, table
from bench.voice_row import Row

HEAD = (
    *("provider, what", "calls", "turns/s", "n", "p50 ms", "p95 ms", "p99 ms", "floors", "late"),
    *("web ms/turn", "web %", "provider %", "held %", "held us/call", "web MiB", "threads", "db"),
)
FEWEST_COUNTS = 3
LEGEND = """\
ms: function call sent to output received, by the stop-watch of the provider (scripted) or a peer (engine:
its data channel, WebRTC in Python and the engine are in it); floors: p50 as a multiple of the bare clients'
at the same count; late: turns that could not begin in time or had no output; web ms/turn: CPU of web for a
turn, above holding; %: of one core, while they talk; held: web while nobody speaks; held us/call: CPU of
one such call in a second; web MiB: PSS then; db: connections to the database (SQLite keeps descriptors of
closed ones for a while). In floor rows the bare clients stand in the place of web. A p95 of under 20 and a
p99 of under 100 samples are not shown."""


def shown_rows(rows: Sequence[Row]) -> str:
    """The table, its legend and the memory of a call."""
    floors = {(row.what, row.calls): row for row in rows if row.what.startswith("floor")}
    nobody = next((row for row in rows if row.what == "nobody"), None)
    lines = [_cells(row, floors.get(_floor_of(row)), nobody) for row in rows]
    memory = f"web grows by {shown(kib_a_call(rows))} KiB (PSS) for each running call."
    return f"{table(HEAD, lines)}\n{LEGEND}\n{memory}"


def kib_a_call(rows: Sequence[Row]) -> float:
    """PSS of web for each running call, over three counts or more; the first is left out as warm-up.

    NaN for fewer: between two counts the allocator's own steps weigh as much as the calls.
    """
    held = {row.calls: row.held.pss_kib for row in rows if row.held and row.what == "talk"}
    points = list(held.items())[1:]
    return slope(points) if len(points) >= FEWEST_COUNTS else math.nan


def _floor_of(row: Row) -> tuple[str, int]:
    return ("floor of the flood" if row.what == "flood" else "floor", row.calls)


def _cells(row: Row, floor: Row | None, nobody: Row | None) -> list[object]:
    latency, held = row.talked.latency, row.held
    floors = (
        ratio(latency.p50_ms, floor.talked.latency.p50_ms)
        if floor and not row.what.startswith("floor")
        else math.nan
    )
    provider = next((share for name, share in row.shares.items() if name in ("provider", "engine")), math.nan)
    talked = row.talked.turns > 0
    return [
        f"{row.provider}, {row.what}",
        *(row.calls, row.talked.turns_a_second if talked else None, row.talked.turns or None),
        *(latency.p50_ms, _of_many(latency.p95_ms, latency.n, 20), _of_many(latency.p99_ms, latency.n, 100)),
        *(floors, row.talked.late),
        *(row.web_ms_a_turn if talked else None, row.shares["web"] * 100, provider * 100),
        *((held.shares["web"] * 100, _held_us(row, nobody)) if held else (None, None)),
        *((held.pss_kib / 1024, held.threads, held.connections) if held else (None, None, None)),
    ]


def _of_many(quantile_ms: float, samples: int, fewest: int) -> float | None:
    """A quantile, where there are enough samples for it to be one of them and not the largest."""
    return quantile_ms if samples >= fewest else None


def _held_us(row: Row, nobody: Row | None) -> float:
    """CPU a second of one silent call, in microseconds, above what web costs without any."""
    if not row.calls or not row.held:
        return math.nan
    alone = nobody.held.shares["web"] if nobody and nobody.held else 0.0
    return (row.held.shares["web"] - alone) / row.calls * 1e6
