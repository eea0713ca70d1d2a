"""Which conversations have been kept for as long as they may be.

The days said when the call began and those its assistant says now both count, and the shorter of them
decides: what people were told is never stretched. An assistant that is gone leaves what its calls began with.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from voice.erasure import erasable
from voice.models import Conversation

LONGEST_DAYS = 36_500


def due_by_assistant(now: datetime, slug: str = "") -> Iterator[tuple[str, QuerySet[Conversation]]]:
    """`(assistant, conversations over their time)`; with `slug`, of that assistant only."""
    rows = erasable(Conversation.objects.all())
    if slug:
        rows = rows.filter(assistant__slug=slug)
    kinds = rows.order_by().values_list("assistant", "assistant__name", "keep_days", "assistant__keep_days")
    found: dict[tuple[int | None, str], Q] = {}
    for assistant, name, issued, current in kinds.distinct():
        days = _shortest(issued, current)
        if days is not None:
            place = (assistant, name or "Assistants that are gone")
            these = Q(assistant=assistant, keep_days=issued, ended_at__lt=now - timedelta(days=days))
            found[place] = found[place] | these if place in found else these
    for (_, name), these in sorted(found.items(), key=lambda item: item[0][1]):
        yield name, rows.filter(these)


def erased_on(row: Conversation) -> datetime | None:
    """When a purge will take it; None when no time is set."""
    days = _shortest(row.keep_days, row.assistant.keep_days if row.assistant else None)
    return None if days is None else (row.ended_at or row.started_at) + timedelta(days=days)


def _shortest(*kept: int | None) -> int | None:
    """The shorter of the days that are set, and no more than a calendar takes."""
    return min((min(days, LONGEST_DAYS) for days in kept if days is not None), default=None)
