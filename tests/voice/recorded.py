"""Calls as they are found in the database, for tests of what is done with them afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from voice.models import Assistant, Conversation, ToolRun, Turn, Usage
from voice.search import conversations_saying


def saying(query: str, *, person: int | None = None) -> list[Any]:
    """Ids of the conversations found by these words."""
    return list(conversations_saying(query, person=person))


def record_call(
    user: Any, name: str = "Home", *, ended: bool = True, days_ago: float = 0, **extra: Any
) -> Conversation:
    """A call of 44 seconds, or one that still runs."""
    began = timezone.now() - timedelta(days=days_ago, minutes=5)
    values: dict[str, Any] = {
        "assistant": Assistant.objects.filter(name=name).first(),
        "assistant_name": name,
        "provider": "local",
        "model": "m",
        "session": {"instructions": "x"},
        "started_at": began,
        "expires_at": began,
    }
    if ended:
        values |= {"ended_at": began + timedelta(seconds=44), "end_reason": "user"}
    return Conversation.objects.create(user=user, **(values | extra))


def say(row: Conversation, *texts: str, at: datetime | None = None) -> None:
    """Turns of both sides, the person first, two seconds apart."""
    began, done = at or row.started_at, row.turns.count()
    for number, text in enumerate(texts, start=done):
        Turn.objects.create(
            conversation=row,
            item_id=f"i{number}",
            role="assistant" if number % 2 else "user",
            text=text,
            heard_text=text,
            started_at=began + timedelta(seconds=2 * number),
        )


def use(row: Conversation, name: str = "get_weather", tokens: int = 0) -> None:
    """A tool run, and a response that used so many tokens."""
    ToolRun.objects.create(
        conversation=row,
        call_id=f"c{row.tool_runs.count()}",
        name=name,
        arguments='{"location": "Delft"}',
        output='{"temperature": 9}',
        status="done",
        duration_ms=12,
        started_at=row.started_at + timedelta(seconds=1),
    )
    if tokens:
        Usage.objects.create(
            conversation=row, kind="response", source_id="r1", model="m", total_tokens=tokens
        )
