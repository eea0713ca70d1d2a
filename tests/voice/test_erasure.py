"""Words go, what was used stays, running calls are not touched."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.voice.conftest import make_user
from tests.voice.recorded import record_call, say, use
from voice.erasure import Counts, count, erase
from voice.models import Assistant, AuditEvent, Conversation, Decision, ToolApproval, ToolRun, Turn, Usage
from voice.retention import due_by_assistant, erased_on


def spoken_call(user: Any, **extra: Any) -> Conversation:
    row = record_call(user, **extra)
    say(row, "Weather?", "Dry.")
    use(row, tokens=100)
    return row


def purge(*options: str) -> str:
    out = io.StringIO()
    call_command("purge_transcripts", *options, stdout=out)
    return out.getvalue()


def test_words_go_and_the_row_stays_with_what_it_used(demo: Any):
    row = spoken_call(demo)
    rows = Conversation.objects.all()
    assert count(rows) == erase(rows, actor=demo, by="self") == Counts(1, 2, 1)
    row.refresh_from_db()
    assert row.erased_at is not None
    assert (row.session, row.greeting) == ({}, "")
    assert not Turn.objects.exists() and not ToolRun.objects.exists()
    assert Usage.objects.get().total_tokens == 100
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.conversation_id) == ("transcript_erased", demo, row.pk)
    assert event.detail == {"conversations": 1, "turns": 2, "tool_runs": 1, "by": "self"}
    assert erase(rows) == Counts()


def test_a_question_that_goes_with_its_run_is_not_counted_for_one(demo: Any):
    row = spoken_call(demo)
    now = timezone.now()
    ToolApproval.objects.create(
        run=row.tool_runs.get(), expires_at=now, decided_at=now, decision=Decision.DENY
    )
    rows = Conversation.objects.all()
    assert count(rows) == erase(rows) == Counts(1, 2, 1)
    assert not ToolApproval.objects.exists()


def test_a_running_call_is_never_touched(demo: Any):
    row = spoken_call(demo, ended=False)
    assert erase(Conversation.objects.all()) == Counts()
    assert row.turns.count() == 2


def test_batches_take_all(demo: Any):
    for _ in range(7):
        spoken_call(demo)
    assert erase(Conversation.objects.all(), batch=3) == Counts(7, 14, 7)


@pytest.mark.parametrize(
    ("issued", "current", "days"),
    [(30, 90, 30), (90, 30, 30), (None, 30, 30), (30, None, 30), (None, None, None)],
)
def test_the_shorter_of_two_promises_holds(demo: Any, issued: Any, current: Any, days: Any):
    Assistant.objects.update(keep_days=current)
    old, young = (record_call(demo, keep_days=issued, days_ago=ago) for ago in (31, 29))
    found = [row.pk for _, rows in due_by_assistant(timezone.now()) for row in rows]
    assert found == ([old.pk] if days else [])
    assert young.ended_at
    until = erased_on(young)
    assert until == (young.ended_at + timedelta(days=days) if days else None)


def test_an_assistant_that_is_gone_leaves_the_days_its_calls_began_with(demo: Any):
    record_call(demo, keep_days=10, days_ago=11)
    Assistant.objects.all().delete()
    assert "Assistants that are gone: 1 conversations" in purge()


def test_a_purge_says_what_it_did_and_a_dry_run_only_what_it_would(demo: Any):
    Assistant.objects.update(keep_days=30)
    old, young, running = (
        spoken_call(demo, days_ago=31),
        spoken_call(demo, days_ago=29),
        spoken_call(demo, days_ago=31, ended=False),
    )
    said = "1 conversations, 2 turns, 1 tool runs"
    assert purge("--dry-run") == f"Home: {said} would be erased.\nIn all: {said} would be erased.\n"
    assert old.turns.count() == 2
    assert purge() == f"Home: {said} erased.\nIn all: {said} erased.\n"
    assert [row.turns.count() for row in (old, young, running)] == [0, 2, 2]
    assert AuditEvent.objects.get().detail["by"] == "purge"


def test_rows_of_account_go_when_asked_for_and_their_usage_stays(demo: Any):
    Assistant.objects.update(keep_days=1)
    spoken_call(demo, days_ago=500)
    spoken_call(demo, days_ago=300)
    assert purge("--rows-after", "400", "--dry-run").endswith("0 rows of erased calls would be deleted.\n")
    assert purge("--rows-after", "400").endswith("1 rows of erased calls deleted.\n")
    assert Conversation.objects.count() == 1
    gone = Usage.objects.get(conversation=None)
    assert (Usage.objects.count(), gone.user, gone.assistant_name, gone.total_tokens) == (
        2,
        demo,
        "Home",
        100,
    )


@pytest.mark.parametrize(
    "options",
    [["--assistant", "nobody"], ["--batch", "0"], ["--rows-after", "-1"]],
    ids=lambda value: value[0],
)
def test_a_wrong_option_is_named(demo: Any, options: list[str]):
    with pytest.raises(CommandError, match=options[0]):
        purge(*options)


def test_only_the_named_assistant_is_purged(demo: Any):
    Assistant.objects.create(slug="b", name="B", instructions="x", keep_days=1)
    Assistant.objects.filter(slug="home").update(keep_days=1)
    spoken_call(make_user("bob"), days_ago=5)
    spoken_call(demo, name="B", days_ago=5)
    assert purge("--assistant", "b").startswith("B: 1 conversations")
    assert Conversation.objects.filter(erased_at=None).count() == 1
