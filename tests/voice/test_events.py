"""Reading the provider's events."""

from __future__ import annotations

import json

import pytest

from voice.events import ItemAdded, ResponseDone, parse_event


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", "{}", '{"type": "rate_limits.updated"}', '{"type": "response.done"}', b"\xff"],
)
def test_what_is_not_acted_on_is_nothing(text: str | bytes):
    assert parse_event(text) is None


def test_null_means_absent():
    item = {
        "id": "i",
        "type": "message",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": None}],
    }
    event = parse_event(
        json.dumps({"type": "conversation.item.added", "previous_item_id": None, "item": item})
    )
    assert isinstance(event, ItemAdded)
    assert event.item.words == ""


def test_unknown_fields_are_left_alone():
    response: dict = {
        "id": "r",
        "status": "completed",
        "status_details": None,
        "output": [],
        "usage": None,
        "new": 1,
    }
    event = parse_event(json.dumps({"type": "response.done", "event_id": "e", "response": response}))
    assert isinstance(event, ResponseDone)
    assert event.response.usage is None
