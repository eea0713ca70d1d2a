"""The pages: whose they are and what they do not carry."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.voice.conftest import make_user
from voice.models import Conversation, ToolRun, Turn
from voice.search import index_conversation


@pytest.fixture
def spoken(demo: Any) -> Conversation:
    """A conversation with a question, a tool run and an interrupted answer."""
    began = timezone.now() - timedelta(minutes=5)
    row = Conversation.objects.create(
        user=demo,
        assistant_name="Home",
        provider="local",
        model="m",
        provider_call_id="rtc_1",
        started_at=began,
        expires_at=began,
        ended_at=began + timedelta(seconds=44),
        end_reason="user",
    )
    said = [
        ("user", "Weather in Delft?", "Weather in Delft?", False),
        ("assistant", "Dry. Windy.", "Dry.", True),
    ]
    for number, (role, text, heard, cut) in enumerate(said):
        Turn.objects.create(
            conversation=row,
            item_id=f"i{number}",
            role=role,
            text=text,
            heard_text=heard,
            interrupted=cut,
            started_at=began + timedelta(seconds=number * 2),
        )
    ToolRun.objects.create(
        conversation=row,
        call_id="c1",
        name="get_weather",
        arguments='{"location": "Delft"}',
        output='{"temperature": 9}',
        status="done",
        duration_ms=12,
        started_at=began + timedelta(seconds=1),
    )
    index_conversation(row.pk)
    return row


@pytest.fixture
def browser(demo: Any) -> Client:
    client = Client()
    client.force_login(demo)
    return client


def test_talk_page_carries_no_key_no_prompt_and_no_tool_definition(browser: Client, settings: Any, demo: Any):
    settings.REALTIME_PROVIDER, settings.OPENAI_API_KEY = "openai", "sk-very-secret"
    page = browser.get("/voice/").content.decode()
    assert "sk-very-secret" not in page
    assert "Speak briefly" not in page
    assert "seven-day forecast" not in page
    start = page.index('id="talk-config"')
    config = json.loads(page[page.index(">", start) + 1 : page.index("</script>", start)])
    assert config["default"] == "home"
    assert config["provider"] == {"kind": "openai", "name": "OpenAI"}
    assert config["tools"]["get_weather"] == {"title": "Weather", "icon": "rain"}


def test_own_conversations_are_listed_and_found_by_what_was_said(browser: Client, spoken: Conversation):
    assert str(spoken.pk) in browser.get("/voice/conversations/").content.decode()
    assert str(spoken.pk) in browser.get("/voice/conversations/?q=delft").content.decode()
    assert str(spoken.pk) not in browser.get("/voice/conversations/?q=antwerp").content.decode()


def test_conversation_reads_in_order_with_the_unheard_struck(browser: Client, spoken: Conversation):
    page = browser.get(f"/voice/conversations/{spoken.pk}/").content.decode()
    places = [page.index(words) for words in ("Weather in Delft?", "Weather", "Dry.", "Windy.")]
    assert places[0] < places[2] < places[3]
    assert 'class="unheard"' in page


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("json", "application/json"), ("csv", "text/csv"), ("vtt", "text/vtt"), ("txt", "text/plain")],
)
def test_conversation_leaves_as_a_file(browser: Client, spoken: Conversation, kind: str, content_type: str):
    reply = browser.get(f"/voice/conversations/{spoken.pk}/?format={kind}")
    assert reply.headers["Content-Type"].startswith(content_type)
    assert reply.headers["Content-Disposition"].endswith(f'.{kind}"')
    assert "Delft" in reply.content.decode()


def test_unknown_format_and_other_peoples_conversations_are_404(browser: Client, spoken: Conversation):
    assert browser.get(f"/voice/conversations/{spoken.pk}/?format=exe").status_code == 404
    stranger = Client()
    stranger.force_login(make_user("bob"))
    assert stranger.get(f"/voice/conversations/{spoken.pk}/").status_code == 404
    assert str(spoken.pk) not in stranger.get("/voice/conversations/").content.decode()


def test_pages_want_a_login(spoken: Conversation):
    for path in ("/voice/", "/voice/conversations/", f"/voice/conversations/{spoken.pk}/"):
        reply = Client().get(path)
        assert (reply.status_code, reply.headers["Location"].split("?")[0]) == (302, "/accounts/login/")
