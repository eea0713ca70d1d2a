"""Conversations as files."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from voice.exports import export
from voice.models import Conversation, Turn, Usage


@pytest.fixture
def conversation(demo: Any) -> Conversation:
    began = timezone.now()
    row = Conversation.objects.create(
        user=demo, assistant_name="Home", provider="local", model="m", started_at=began, expires_at=began
    )
    said = [("user", "=SUM(A1) & <b>", "=SUM(A1) & <b>", False), ("assistant", "One. Two.", "One.", True)]
    for number, (role, text, heard, interrupted) in enumerate(said):
        Turn.objects.create(
            conversation=row,
            item_id=f"i{number}",
            role=role,
            text=text,
            heard_text=heard,
            interrupted=interrupted,
            started_at=began + timedelta(seconds=65 * number),
        )
    return row


def test_json_has_everything(conversation: Conversation):
    body = json.loads(export(conversation, "json"))
    assert [turn["text"] for turn in body["turns"]] == ["=SUM(A1) & <b>", "One. Two."]
    assert body["turns"][1]["heard_text"] == "One."


def test_csv_cells_cannot_become_formulas(conversation: Conversation):
    rows = list(csv.DictReader(io.StringIO(export(conversation, "csv"))))
    assert rows[0]["text"] == "'=SUM(A1) & <b>"
    assert (rows[1]["speaker"], rows[1]["heard_text"], rows[1]["interrupted"]) == ("Home", "One.", "True")


def test_captions_show_what_was_heard_when(conversation: Conversation):
    cues = export(conversation, "vtt").split("\n\n")
    assert cues[0] == "WEBVTT"
    assert cues[1] == "00:00:00.000 --> 00:00:01.500\n<v You>=SUM(A1) &amp; &lt;b>"
    assert cues[2].strip() == "00:01:05.000 --> 00:01:06.500\n<v Home>One."


def test_text_is_a_line_a_turn(conversation: Conversation):
    assert export(conversation, "txt").splitlines()[1].endswith("Home: One.")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝"])
def test_no_cell_begins_like_a_formula(conversation: Conversation, sign: str):
    conversation.turns.filter(role="user").update(text=f"{sign}1+1", heard_text=f"{sign}1+1")
    Conversation.objects.update(assistant_name="=cmd")
    conversation.refresh_from_db()
    for row in csv.reader(io.StringIO(export(conversation, "csv", person="@ada"))):
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "＝")) for cell in row), row


def test_a_caption_is_one_line_and_its_times_are_times(conversation: Conversation):
    said = conversation.turns.get(role="user")
    said.heard_text, said.started_at = (
        "One\n\nTwo --> three",
        conversation.started_at + timedelta(seconds=59.9996),
    )
    said.save()
    Conversation.objects.update(assistant_name="A>\nB")
    conversation.refresh_from_db()
    cues = export(conversation, "vtt").split("\n\n")
    assert len(cues) == 3
    assert cues[1] == "00:01:00.000 --> 00:01:01.500\n<v You>One Two -> three"
    assert "\n<v A B>One." in cues[2]


def test_json_says_whose_it_is_and_what_was_used(conversation: Conversation):
    Usage.objects.create(conversation=conversation, kind="response", source_id="r", model="m", total_tokens=7)
    body = json.loads(export(conversation, "json"))
    assert (body["user"], body["usage"][0]["total_tokens"]) == ("ada", 7)
