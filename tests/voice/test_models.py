"""What the database itself refuses, and what operators may write."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from voice.models import Assistant, Conversation, McpServer, Tool, Turn
from voice.validators import validate_parameters, validate_turn_detection

pytestmark = pytest.mark.django_db


def test_there_is_one_default_assistant():
    Assistant.objects.create(slug="a", name="A", instructions="x", is_default=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assistant.objects.create(slug="b", name="B", instructions="x", is_default=True)


def test_an_end_says_why_and_a_provider_call_has_one_conversation(django_user_model: Any):
    user = django_user_model.objects.create_user("ada")
    now = timezone.now()
    values = {"user": user, "provider": "local", "model": "m", "expires_at": now}
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.create(**values, ended_at=now)
    Conversation.objects.create(**values, provider_call_id="rtc_1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.create(**values, provider_call_id="rtc_1")


def test_unheard_text_is_the_rest():
    turn = Turn(text="One. Two.", heard_text="One.", interrupted=True)
    assert turn.unheard_text == "Two."
    assert Turn(text="One.", heard_text="One.").unheard_text == ""


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"type": "vad"},
        {"type": "server_vad", "treshold": 0.5},
        {"type": "server_vad", "threshold": 2},
        {"type": "semantic_vad", "eagerness": "hasty"},
    ],
)
def test_turn_detection_the_provider_would_refuse_is_refused_here(value: Any):
    with pytest.raises(ValidationError):
        validate_turn_detection(value)


def test_no_turn_detection_is_push_to_talk():
    validate_turn_detection(None)


@pytest.mark.parametrize("kind", ["http", "mcp"])
def test_tool_of_a_kind_has_what_its_kind_needs(kind: str):
    with pytest.raises(IntegrityError), transaction.atomic():
        Tool.objects.create(name="bare", description="x", kind=kind)


def test_tools_of_a_server_are_one_row_each_and_go_with_it():
    server = McpServer.objects.create(name="House", url="https://house.example.org/mcp")
    values = {"description": "x", "kind": "mcp", "mcp_server": server, "mcp_name": "lamp"}
    Tool.objects.create(name="lamp", **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Tool.objects.create(name="lamp2", **values)
    server.delete()
    assert not Tool.objects.filter(name="lamp").exists()


@pytest.mark.parametrize("value", [None, [], {}, {"type": "string"}, {"type": "object", "properties": 5}])
def test_parameters_must_be_an_object_schema(value: Any):
    with pytest.raises(ValidationError):
        validate_parameters(value)


def test_defaults_pass_their_own_checks():
    tool = Tool(name="get_weather", description="x")
    tool.full_clean()
    Assistant(slug="a", name="A", instructions="x").full_clean()
