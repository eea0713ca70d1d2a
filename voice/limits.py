"""The site's own limits on calls: how many at once, how many minutes a day.

Promises: whoever starts a call holds the one row of limits until its conversation stands, so that two at the
limit are decided by the database. A running call counts with all the time it was given, so together calls
never pass a day's minutes.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from voice.errors import MinutesUsed, TooManyCalls
from voice.models import CallLimits, Conversation
from voice.periods import Span, day_of

LEAST_S = 20
"""With less than this left of a day a call would end before it had begun."""
RETRY_RANGE_S = (5, 60)


def shows_cost() -> bool:
    """Whether people see what their own calls cost."""
    shown = CallLimits.objects.filter(pk=CallLimits.SINGLE).values_list("show_cost", flat=True).first()
    return shown is None or shown


def grant_s(user_id: int, wanted_s: int, *, but: uuid.UUID | None = None) -> int:
    """How long a new call of this person may last, at most `wanted_s`. Inside a transaction.

    `but`: a conversation that does not count, because it is the one that asks. Raises TooManyCalls and
    MinutesUsed.
    """
    limits, _ = CallLimits.objects.select_for_update().get_or_create(pk=CallLimits.SINGLE)
    now = timezone.now()
    calls = counted_calls() if but is None else counted_calls().exclude(pk=but)
    if limits.calls_at_once is not None:
        _refuse_crowd(calls, limits.calls_at_once, now)
    left_s = wanted_s
    if limits.user_minutes_a_day is not None:
        own = calls.filter(user_id=user_id)
        left_s = min(left_s, _left_s(own, limits.user_minutes_a_day, now, whose="Your"))
    if limits.minutes_a_day is not None:
        left_s = min(left_s, _left_s(calls, limits.minutes_a_day, now, whose="This site's"))
    return left_s


def counted_calls() -> QuerySet[Conversation]:
    """Calls that exist or are being made; a secret that nobody used yet is none."""
    return Conversation.objects.exclude(minted=True, provider_call_id="")


def _refuse_crowd(calls: QuerySet[Conversation], most: int, now: datetime) -> None:
    running = calls.filter(ended_at__isnull=True).order_by("expires_at")
    if len(ends := list(running.values_list("expires_at", flat=True))) < most:
        return
    shortest, longest = RETRY_RANGE_S
    soonest_s = round((ends[0] - now).total_seconds()) if ends else longest
    raise TooManyCalls(
        "All lines of this site are taken. Try again in a moment.",
        retry_after_s=min(max(soonest_s, shortest), longest),
    )


def _left_s(calls: QuerySet[Conversation], minutes: int, now: datetime, *, whose: str) -> int:
    day = day_of(now)
    left_s = minutes * 60 - used_s(calls, day)
    if left_s >= LEAST_S:
        return int(left_s)
    running = calls.filter(ended_at__isnull=True).order_by("expires_at")
    soonest = running.values_list("expires_at", flat=True).first()
    if soonest is not None and soonest < day.end:
        # What runs may end early and give back what it does not use.
        raise MinutesUsed(
            f"{whose} minutes for today are taken by calls that still run. Try again in a moment.",
            retry_after_s=RETRY_RANGE_S[1],
        )
    raise MinutesUsed(
        f"{whose} minutes for today are used up. New ones come at midnight.", retry_after_s=day.left_s(now)
    )


def used_s(calls: QuerySet[Conversation], day: Span) -> float:
    """Seconds of a day that calls took; a running one counts to its last possible moment."""
    ongoing = calls.filter(ended_at__isnull=True)
    ended = calls.filter(ended_at__gt=day.start)
    spans = [
        *ongoing.filter(expires_at__gt=day.start).values_list("started_at", "expires_at"),
        *ended.values_list("started_at", "ended_at"),
    ]
    lasted = (min(end, day.end) - max(start, day.start) for start, end in spans if end is not None)
    return sum((max(time, timedelta(0)) for time in lasted), timedelta(0)).total_seconds()
