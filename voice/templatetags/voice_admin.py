"""Years, months and days above admin's long lists."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Any

from django import template
from django.utils import timezone
from django.utils.dates import MONTHS

register = template.Library()


@register.inclusion_tag("admin/date_hierarchy.html")
def date_steps(cl: Any) -> dict[str, Any]:
    """Django's date hierarchy, without its look at every row.

    The first and the last day come from the index; every step between them is offered, also one on which
    nothing happened.
    """
    field = cl.date_hierarchy
    bounds = _bounds(cl.model, field)
    if bounds is None:
        return {"show": False}
    year, month, day = (_chosen(cl.params, f"{field}__{part}") for part in ("year", "month", "day"))
    steps = _Steps(cl, field, *bounds)
    if year and month and day:
        return steps.show([steps.day(year, month, day)], back=(_month_name(year, month), (year, month)))
    if year and month:
        days = range(1, calendar.monthrange(year, month)[1] + 1)
        return steps.show([steps.day(year, month, number) for number in days], back=(str(year), (year,)))
    if year:
        return steps.show(steps.months(year), back=("All dates", ()))
    first, last = bounds
    if first.year == last.year:
        return steps.show(steps.months(first.year), back=None)
    return steps.show([steps.year(number) for number in range(first.year, last.year + 1)], back=None)


def _bounds(model: Any, field: str) -> tuple[date, date] | None:
    moments = model._default_manager.values_list(field, flat=True)
    first, last = moments.order_by(field).first(), moments.order_by(f"-{field}").first()
    return (timezone.localdate(first), timezone.localdate(last)) if first and last else None


def _chosen(params: dict[str, Any], name: str) -> int | None:
    value = params.get(name)
    text = str(value[-1] if isinstance(value, list) else value or "")
    return int(text) if text.isascii() and text.isdigit() else None


def _month_name(year: int, month: int) -> str:
    return f"{MONTHS[month]} {year}"


class _Steps:
    """The links of one list."""

    def __init__(self, cl: Any, field: str, first: date, last: date) -> None:
        self._cl, self._field, self._first, self._last = cl, field, first, last

    def year(self, year: int) -> dict[str, Any]:
        return self._step(str(year), (year,), date(year, 1, 1), date(year, 12, 31))

    def months(self, year: int) -> list[dict[str, Any]]:
        return [
            self._step(
                _month_name(year, month), (year, month), date(year, month, 1), self._month_end(year, month)
            )
            for month in range(1, 13)
        ]

    def day(self, year: int, month: int, day: int) -> dict[str, Any]:
        at = date(year, month, day)
        return self._step(f"{MONTHS[month]} {day}", (year, month, day), at, at)

    def show(
        self, steps: list[dict[str, Any]], *, back: tuple[str, tuple[int, ...]] | None
    ) -> dict[str, Any]:
        return {
            "show": True,
            "back": {"title": back[0], "link": self._link(back[1])} if back else None,
            "choices": [step for step in steps if step["end"] >= self._first and step["begin"] <= self._last],
        }

    def _step(self, title: str, parts: tuple[int, ...], begin: date, end: date) -> dict[str, Any]:
        return {"title": title, "link": self._link(parts), "begin": begin, "end": end}

    def _link(self, parts: tuple[int, ...]) -> str:
        names = [f"{self._field}__{name}" for name in ("year", "month", "day")]
        link: str = self._cl.get_query_string(dict(zip(names, parts, strict=False)), [f"{self._field}__"])
        return link

    @staticmethod
    def _month_end(year: int, month: int) -> date:
        return date(year, month, calendar.monthrange(year, month)[1])
