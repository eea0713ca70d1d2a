"""Days and months as the site counts them: in its own time zone, from midnight to midnight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone


@dataclass(frozen=True)
class Span:
    """From `start` (included) to `end` (not included)."""

    start: datetime
    end: datetime

    def left_s(self, now: datetime) -> int:
        """Whole seconds until it is over, at least one."""
        return max(1, math.ceil((self.end - now).total_seconds()))


def day_of(now: datetime) -> Span:
    """The day around a moment; 23 or 25 hours long when the clocks change."""
    start = _midnight(timezone.localtime(now))
    return Span(start, _midnight(start + timedelta(hours=36)))


def month_of(now: datetime) -> Span:
    """The calendar month around a moment."""
    start = _midnight(timezone.localtime(now).replace(day=1))
    return Span(start, _midnight((start + timedelta(days=40)).replace(day=1)))


def _midnight(at: datetime) -> datetime:
    # Rebuilt from its date: adding to a moment keeps the offset it had before the clocks changed.
    return datetime(at.year, at.month, at.day, tzinfo=timezone.get_current_timezone())
