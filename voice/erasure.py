"""Takes the words out of conversations: turns, what tools were asked and answered, the session as issued.

Left is a row of account (who, when, how long, which model) with its usage, so that totals stay true. A
running call is never touched. What is erased cannot be brought back. Work goes in batches, each whole or
not at all; the rooms of the calls are forgotten after each. `voice/audit.py` hears who did it and how much,
never what.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from voice import audit
from voice.call_rooms import erase_rooms
from voice.models import AuditAction, Conversation, SearchText, ToolRun, Turn

BATCH = 200

Rows = QuerySet[Conversation]


@dataclass(frozen=True)
class Counts:
    """How much was, or would be, erased."""

    conversations: int = 0
    turns: int = 0
    tool_runs: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.conversations + other.conversations,
            self.turns + other.turns,
            self.tool_runs + other.tool_runs,
        )

    def __str__(self) -> str:
        return f"{self.conversations} conversations, {self.turns} turns, {self.tool_runs} tool runs"


def erasable(rows: Rows) -> Rows:
    """Those whose words are still there and whose call is over."""
    return rows.filter(ended_at__isnull=False, erased_at__isnull=True)


def count(rows: Rows) -> Counts:
    """What `erase` would take."""
    found = erasable(rows).order_by().values("pk")
    return Counts(
        found.count(),
        Turn.objects.filter(conversation__in=found).count(),
        ToolRun.objects.filter(conversation__in=found).count(),
    )


def erase(rows: Rows, *, actor: Any = None, batch: int = BATCH, **why: Any) -> Counts:
    """Erase the words of the ended ones among `rows`; `why` goes into the audit row. Returns what went."""
    total = Counts()
    last: uuid.UUID | None = None
    while ids := list(erasable(rows).order_by().values_list("pk", flat=True)[:batch]):
        done = _erase(ids)
        total, last = total + done, ids[0]
        # None taken means that somebody else is at these very rows; they are as good as erased.
        if not done.conversations:
            break
    if total.conversations:
        audit.record(
            AuditAction.TRANSCRIPT_ERASED,
            actor=actor,
            conversation=last if total.conversations == 1 else None,
            conversations=total.conversations,
            turns=total.turns,
            tool_runs=total.tool_runs,
            **why,
        )
    return total


def _erase(ids: list[uuid.UUID]) -> Counts:
    with transaction.atomic():
        # First the mark: a turn that is just being stored waits for it, and then is not stored.
        marked = erasable(Conversation.objects.filter(pk__in=ids)).update(
            erased_at=timezone.now(), session={}, greeting=""
        )
        SearchText.objects.filter(conversation__in=ids).delete()
        turns, _ = Turn.objects.filter(conversation__in=ids).delete()
        _, gone = ToolRun.objects.filter(conversation__in=ids).delete()  # their questions go with them
        transaction.on_commit(lambda: erase_rooms(ids))
    return Counts(marked, turns, gone.get(ToolRun._meta.label, 0))


def forget_rows(older_than_days: int, *, dry_run: bool) -> int:
    """Delete rows of account whose words were erased and whose call is that long over.

    Their usage stays: budgets and costs count it by person and assistant, without the conversation.
    """
    before = timezone.now() - timedelta(days=older_than_days)
    old = Conversation.objects.filter(erased_at__isnull=False, ended_at__lt=before)
    if dry_run:
        return old.count()
    forgotten = 0
    while ids := list(old.order_by().values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            forgotten += Conversation.objects.filter(pk__in=ids).delete()[1].get("voice.Conversation", 0)
    return forgotten


def tidy_index() -> None:
    """Let SQLite's index drop what its older parts still hold; PostgreSQL's autovacuum sees to its own."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO voice_words(voice_words) VALUES ('optimize')")
