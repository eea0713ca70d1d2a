"""What of a call is stored: by its assistant's rule, after redaction, and not once it is erased."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tests.voice.recorded import record_call, saying
from voice.call import TurnData
from voice.call_rooms import run_body, turn_body
from voice.erasure import erase
from voice.models import Assistant, Conversation, RedactionRule, ToolRun, Turn
from voice.records import open_conversation
from voice.tools.executor import ToolResult
from voice.transcripts import claim_run, finish_run, store_turn


def turn(text: str, heard: str | None = None, *, item: str = "i1", role: Any = "user") -> TurnData:
    heard_text = text if heard is None else heard
    return TurnData(item, role, text, heard_text, timezone.now(), interrupted=heard is not None)


def run_tool(row: Conversation) -> ToolRun:
    claim_run(row.pk, "c1", "pay", '{"card": "4111 1111"}')
    finished = finish_run(row.pk, "c1", ToolResult('{"paid": "4111 1111"}', False, 5))
    assert finished
    return finished


@pytest.mark.parametrize(
    ("keep", "turns", "arguments", "output"),
    [
        ("everything", 1, '{"card": "4111 1111"}', '{"paid": "4111 1111"}'),
        ("text", 1, "", ""),
        ("nothing", 0, "", ""),
    ],
)
def test_an_assistant_says_what_is_kept(demo: Any, keep: str, turns: int, arguments: str, output: str):
    row = record_call(demo, ended=False, keep=keep)
    store_turn(row.pk, turn("Hello"))
    run = run_tool(row)
    assert row.turns.count() == turns
    assert (run.arguments, run.output, run.status) == (arguments, output, "done")


def test_a_call_keeps_the_rule_it_began_with(demo: Any):
    Assistant.objects.update(keep="text", keep_days=30)
    record = open_conversation(demo.pk, None, provider="local")
    Assistant.objects.update(keep="everything", keep_days=None)
    row = Conversation.objects.get(pk=record.id)
    assert (row.keep, row.keep_days) == ("text", 30)


def test_what_is_published_is_what_is_stored(demo: Any):
    RedactionRule.objects.create(name="cards", pattern=r"4111 \d+", replacement="[card]", enabled=True)
    row = record_call(demo, ended=False)
    stored = store_turn(row.pk, turn("Pay with 4111 1111 now", "Pay with 4111 1"))
    assert stored
    body = turn_body(stored)
    assert (body["text"], body["heard_text"]) == ("Pay with [card] now", "Pay with [card]")
    assert Turn.objects.get().text == "Pay with [card] now"
    body = run_body(run_tool(row))
    assert (body["arguments"], body["output"]) == ('{"card": "[card]"}', '{"paid": "[card]"}')


def test_a_turn_said_twice_is_stored_once_also_when_redacted(demo: Any):
    RedactionRule.objects.create(name="names", pattern="Ada Lovelace", replacement="", enabled=True)
    row = record_call(demo, ended=False)
    assert store_turn(row.pk, turn("Ada Lovelace is here"))
    assert store_turn(row.pk, turn("Ada Lovelace is here"))
    assert Turn.objects.get().text == " is here"


def test_nothing_is_stored_of_an_erased_conversation(demo: Any):
    row = record_call(demo)
    erase(Conversation.objects.filter(pk=row.pk))
    assert store_turn(row.pk, turn("Too late")) is None
    claim_run(row.pk, "c1", "pay", '{"a": 1}')
    assert not Turn.objects.exists()
    assert ToolRun.objects.get().arguments == ""


def test_a_turn_that_comes_after_the_end_is_found_too(demo: Any):
    row = record_call(demo)
    store_turn(row.pk, turn("Quicksilver"))
    assert saying("quicksilver") == [row.pk]
