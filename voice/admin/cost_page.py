"""What the Costs page shows: the days asked for, sums, and a bar for each day. Renders nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from voice.cost_reports import By, Days, Line, per, per_day, total
from voice.errors import BadInput
from voice.models.money import CURRENCY

USUAL_DAYS = 30
MOST_DAYS = 366
HEIGHT = 100
SHOWN_LINES = 20
"""Of each table but the days; the CSV has more."""
_BESIDE: dict[By, tuple[str, str]] = {
    "user": ("People", "person"),
    "assistant": ("Assistants", "assistant"),
    "model": ("Models", "model"),
    "call": ("Dearest calls", "call"),
}


@dataclass(frozen=True)
class Bar:
    """One day in the chart, in its own units: one unit wide, `HEIGHT` high at most."""

    x: float
    y: float
    height: float
    line: Line


def read_days(asked: Mapping[str, str]) -> Days:
    """The days of `from` and `to`; without them the last thirty. Raises BadInput naming the field."""
    today = timezone.localdate()
    last = _day(asked, "to", today)
    first = _day(asked, "from", last - timedelta(days=USUAL_DAYS - 1))
    if first > last:
        raise BadInput(f"From: {first} is after {last}.", field="from")
    if (last - first).days >= MOST_DAYS:
        raise BadInput(f"From: at most {MOST_DAYS} days at once.", field="from")
    return Days(first, last)


def _day(asked: Mapping[str, str], name: str, usual: date) -> date:
    text = asked.get(name, "")
    if not text:
        return usual
    try:
        found = date.fromisoformat(text)
    except ValueError as exc:
        raise BadInput(
            f"{name.capitalize()}: {text[:20]} is not a day such as 2026-11-27.", field=name
        ) from exc
    # A year on either side must stay a date.
    return min(max(found, date(2000, 1, 1)), date(9000, 1, 1))


def page_context(days: Days) -> dict[str, Any]:
    """What the template is given."""
    lines = per_day(days)
    highest = max((line.cost for line in lines), default=Decimal(0))
    tables = [("day", "Days", "day", [line for line in reversed(lines) if line.total])]
    tables += [(by, title, head, per(by, days)[:SHOWN_LINES]) for by, (title, head) in _BESIDE.items()]
    return {
        "days": days,
        "presets": presets(timezone.localdate()),
        "sum": total(days),
        "bars": bars(lines, highest),
        "width": len(lines),
        "height": HEIGHT,
        "highest": highest,
        "currency": CURRENCY,
        "tables": [dict(zip(("by", "title", "head", "lines"), table, strict=True)) for table in tables],
    }


def bars(lines: list[Line], highest: Decimal) -> list[Bar]:
    """The chart's bars; a day that cost anything can be seen."""
    found = []
    for x, line in enumerate(lines):
        share = float(line.cost / highest) if highest else 0.0
        height = max(1.0, share * HEIGHT) if line.cost else 0.0
        found.append(Bar(x + 0.1, round(HEIGHT - height, 2), round(height, 2), line))
    return found


def presets(today: date) -> list[tuple[str, Days]]:
    """Spans that are asked for most."""
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    return [
        ("Today", Days(today, today)),
        ("7 days", Days(today - timedelta(days=6), today)),
        ("30 days", Days(today - timedelta(days=29), today)),
        ("This month", Days(month, today)),
        ("Last month", Days(before.replace(day=1), before)),
    ]
