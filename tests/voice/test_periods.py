"""Days and months in the site's time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from voice.periods import Span, day_of, month_of


def hours(span: Span) -> float:
    return (span.end.astimezone(UTC) - span.start.astimezone(UTC)).total_seconds() / 3600


def test_a_day_begins_at_midnight_of_the_site(settings: Any):
    settings.TIME_ZONE = "Europe/Amsterdam"
    day = day_of(datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    assert (day.start.isoformat(), day.end.isoformat()) == (
        "2026-07-02T00:00:00+02:00",
        "2026-07-03T00:00:00+02:00",
    )


def test_the_days_on_which_the_clocks_change_are_shorter_and_longer(settings: Any):
    settings.TIME_ZONE = "Europe/Amsterdam"
    assert hours(day_of(datetime(2026, 3, 29, 12, tzinfo=UTC))) == 23
    assert hours(day_of(datetime(2026, 10, 25, 12, tzinfo=UTC))) == 25


def test_a_month_ends_where_the_next_begins():
    span = month_of(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert (span.start.isoformat(), span.end.isoformat()) == (
        "2026-12-01T00:00:00+00:00",
        "2027-01-01T00:00:00+00:00",
    )
    assert month_of(datetime(2027, 1, 31, tzinfo=UTC)).end.month == 2
