"""Costs added up: by day, person, assistant, model and call, over a span of days. Reads only.

Every line says how much of it is unknown, so that a sum never looks more complete than it is.
"""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from voice.costs import State, exact, state_of
from voice.models import Usage
from voice.models.money import CURRENCY

By = Literal["day", "user", "assistant", "model", "call"]
BY: tuple[By, ...] = get_args(By)
LONGEST_LIST = 100


@dataclass(frozen=True)
class Days:
    """Whole days of the site's time zone, both ends included."""

    first: date
    last: date

    def rows(self) -> QuerySet[Usage]:
        """The usage of these days."""
        return Usage.objects.filter(
            at__gte=_midnight(self.first), at__lt=_midnight(self.last + timedelta(days=1))
        )

    def __iter__(self) -> Any:
        return (self.first + timedelta(days=step) for step in range((self.last - self.first).days + 1))


@dataclass(frozen=True)
class Line:
    """One line of a report. `unknown`: usage rows without a cost; `free`: those of the engine in the box."""

    label: str
    calls: int
    tokens: int
    cost: Decimal
    unknown: int
    free: int
    total: int
    call: uuid.UUID | None = None

    @property
    def state(self) -> State:
        return state_of(self.total, self.unknown, self.free)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())


_SUMS: dict[str, Any] = {
    "calls": Count("call", distinct=True),
    "tokens": Sum("total_tokens"),
    "cost": Sum("cost"),
    "unknown": Count("pk", filter=Q(pricing=Usage.Pricing.UNKNOWN)),
    "free": Count("pk", filter=Q(pricing=Usage.Pricing.FREE)),
    "total": Count("pk"),
}


def total(days: Days) -> Line:
    """Everything of these days in one line."""
    return _line("Total", days.rows().order_by().aggregate(**_SUMS))


def per_day(days: Days) -> list[Line]:
    """A line for each day, also for those without a call, oldest first."""
    grouped = days.rows().order_by().values(key=TruncDate("at")).annotate(**_SUMS)
    found = {row["key"]: row for row in grouped}
    return [_line(day.isoformat(), found.get(day, {})) for day in days]


def per(by: By, days: Days) -> list[Line]:
    """Lines by something else, the dearest first, at most `LONGEST_LIST`."""
    if by == "day":
        return per_day(days)
    if by == "call":
        return _per_call(days)
    column, nothing = {
        "user": ("user__username", "Deleted account"),
        "assistant": ("assistant_name", "No name"),
        "model": ("model", "No name"),
    }[by]
    rows = days.rows().order_by().values(key=F(column)).annotate(**_SUMS).order_by("-cost", "key")
    return [_line(row["key"] or nothing, row) for row in rows[:LONGEST_LIST]]


def _per_call(days: Days) -> list[Line]:
    grouped = days.rows().order_by().values("call", "assistant_name", "user__username", "conversation_id")
    rows = grouped.annotate(**_SUMS, last=Max("at")).order_by("-cost", "-last")
    return [_call_line(row) for row in rows[:LONGEST_LIST]]


def _call_line(row: Any) -> Line:
    who = f"{row['user__username'] or 'Deleted account'}, {row['assistant_name'] or 'no assistant'}"
    label = f"{timezone.localtime(row['last']):%Y-%m-%d %H:%M} {who}"
    return _line(label, row, call=row["conversation_id"])


def _line(label: str, row: Any, *, call: uuid.UUID | None = None) -> Line:
    counts = {name: row.get(name) or 0 for name in ("calls", "tokens", "unknown", "free", "total")}
    return Line(label=label, cost=exact(row.get("cost")), call=call, **counts)


def as_csv(by: By, lines: Iterable[Line]) -> str:
    """The lines as a table; costs in full, unknown ones empty."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([by, "calls", "tokens", f"cost_{CURRENCY.lower()}", "state", "rows_of_unknown_cost"])
    for line in lines:
        cost = "" if line.state == "unknown" else format(line.cost, "f")
        table.writerow([_safe(line.label), line.calls, line.tokens, cost, line.state, line.unknown])
    return out.getvalue()


def _safe(text: str) -> str:
    """A name that a spreadsheet would take for a formula is quoted."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
