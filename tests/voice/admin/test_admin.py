"""Django admin as an operator uses it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.voice.conftest import make_user
from tests.voice.views.test_pages import spoken
from voice.models import Conversation, Tool, Usage

__all__ = ["spoken"]


@pytest.fixture
def operator(demo: Any) -> Client:
    client = Client()
    client.force_login(make_user("operator", is_staff=True, is_superuser=True))
    return client


def test_every_list_opens_and_searches(operator: Client, spoken: Conversation):
    for model in ("assistant", "tool", "conversation", "turn", "toolrun"):
        page = operator.get(f"/admin/voice/{model}/?q=Delft")
        assert page.status_code == 200, model


def test_conversation_shows_transcript_tools_and_usage_and_cannot_be_changed(
    operator: Client, spoken: Conversation
):
    Usage.objects.create(conversation=spoken, kind="response", source_id="r", model="m", total_tokens=4321)
    url = f"/admin/voice/conversation/{spoken.pk}/change/"
    page = operator.get(url).content.decode()
    for words in ("Weather in Delft?", "Dry. <s>Windy.</s>", "get_weather", "4321"):
        assert words in page
    assert operator.post(url, {"model": "other"}).status_code == 403
    assert operator.get("/admin/voice/conversation/add/").status_code == 403


def test_list_counts_turns_and_tokens_apart(operator: Client, spoken: Conversation):
    for number in range(3):
        Usage.objects.create(
            conversation=spoken, kind="response", source_id=f"r{number}", model="m", total_tokens=100
        )
    page = operator.get("/admin/voice/conversation/").content.decode()
    assert '<td class="field-turn_count">2</td>' in page
    assert '<td class="field-tokens">300</td>' in page


def test_list_costs_the_same_queries_however_long_it_is(operator: Client, spoken: Conversation):
    few = _queries(operator)
    for number in range(20):
        Conversation.objects.create(
            user=spoken.user,
            provider="local",
            model="m",
            provider_call_id=f"rtc_{number + 2}",
            started_at=spoken.started_at,
            expires_at=spoken.expires_at,
        )
    assert _queries(operator) == few


def _queries(operator: Client) -> int:
    with CaptureQueriesContext(connection) as seen:
        operator.get("/admin/voice/conversation/")
    return len(seen)


def test_tool_is_switched_off_and_described_anew(operator: Client):
    tool = Tool.objects.get(name="get_weather")
    values = {
        "name": tool.name,
        "title": "Weather",
        "icon": "rain",
        "description": "Only for Earth.",
        "parameters": '{"type": "object"}',
        "kind": "code",
        "timeout_s": "5",
    }
    assert operator.post(f"/admin/voice/tool/{tool.pk}/change/", values).status_code == 302
    tool.refresh_from_db()
    assert (tool.description, tool.enabled, tool.timeout_s) == ("Only for Earth.", False, 5.0)


def test_code_tool_without_a_function_is_refused(operator: Client):
    values = {
        "name": "open_door",
        "description": "x",
        "parameters": '{"type": "object"}',
        "kind": "code",
        "timeout_s": "5",
    }
    page = operator.post("/admin/voice/tool/add/", values)
    assert "This site ships no function called open_door." in page.content.decode()
    assert not Tool.objects.filter(name="open_door").exists()


def test_tool_comes_back_as_shipped(operator: Client):
    Tool.objects.filter(name="get_weather").update(description="hm")
    tool = Tool.objects.get(name="get_weather")
    operator.post("/admin/voice/tool/", {"action": "as_shipped", "_selected_action": [tool.pk]})
    tool.refresh_from_db()
    assert "seven-day forecast" in tool.description
