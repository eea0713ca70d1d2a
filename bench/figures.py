"""What a list of times comes to: quantiles, ratios and lines of a table. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Latency:
    """Milliseconds over `n` samples; all are NaN when there were none."""

    n: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


def latency_of(samples_ms: Sequence[float]) -> Latency:
    """The quantiles of these samples."""
    ordered = sorted(samples_ms)
    p50, p95, p99, most = (quantile(ordered, share) for share in (0.5, 0.95, 0.99, 1.0))
    return Latency(len(ordered), p50, p95, p99, most)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest sample that at least this share of all does not exceed (nearest rank)."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ratio(ours: float, floor: float) -> float:
    """How many times the floor; NaN without one."""
    return ours / floor if floor > 0 else math.nan


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Growth of y for each x: the least-squares line through the points."""
    if len(points) < 2:
        return math.nan
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else math.nan


def plain(value: Any) -> Any:
    """The same without NaN, which JSON does not have: what was not measured is null."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as their widest cell; numbers to the right, the first column to the left."""
    cells = [list(head), *([shown(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return "\n".join(_line(row, widths) for row in cells)


def shown(value: object) -> str:
    """A cell: a dash for what was not measured, three significant digits below a thousand."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return str(value)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if place == 0 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()
