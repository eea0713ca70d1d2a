"""A person's own conversations: finding, filtering, files, erasing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.asgi import get_asgi_application
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.voice.conftest import ORIGIN, log_in, make_user
from tests.voice.recorded import record_call, say, use
from voice.listing import ENDINGS
from voice.models import AuditEvent, Conversation, EndReason
from voice.search import index_conversations

LIST = "/voice/conversations/"


@pytest.fixture
def browser(demo: Any) -> Client:
    client = Client()
    client.force_login(demo)
    return client


@pytest.fixture
def calls(demo: Any) -> dict[str, Conversation]:
    """`weather` used a tool; `old` is from last month; `lost` went wrong; `others` is somebody else's."""
    found = {
        "weather": record_call(demo),
        "old": record_call(demo, days_ago=40),
        "lost": record_call(demo, end_reason="provider_lost"),
        "others": record_call(make_user("bob")),
    }
    for name, row in found.items():
        say(row, f"This is {name}", "Windy.")
    use(found["weather"])
    index_conversations(row.pk for row in found.values())
    return found


def listed(browser: Client, calls: dict[str, Conversation], query: str) -> set[str]:
    page = browser.get(f"{LIST}?{query}").content.decode()
    return {name for name, row in calls.items() if f'href="{LIST}{row.pk}/"' in page}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"weather", "old", "lost"}),
        ("q=windy", {"weather", "old", "lost"}),
        ("q=this+old", {"old"}),
        ("q=others", set()),
        ("tool=any", {"weather"}),
        ("tool=get_weather", {"weather"}),
        ("tool=other", set()),
        ("ended=trouble", {"lost"}),
        ("ended=you&q=windy", {"weather", "old"}),
        ("ended=nonsense", {"weather", "old", "lost"}),
        ("period=30d", {"weather", "lost"}),
        ("period=x", {"weather", "old", "lost"}),
        ("assistant=home", {"weather", "old", "lost"}),
        ("assistant=none", set()),
        ("q=%00&page=x", {"weather", "old", "lost"}),
    ],
)
def test_the_list_is_narrowed(browser: Client, calls: dict[str, Conversation], query: str, names: set[str]):
    assert listed(browser, calls, query) == names


def test_each_ending_is_found_by_one_choice():
    assert sorted(reason for _, reasons in ENDINGS.values() for reason in reasons) == sorted(EndReason)


def test_paging_keeps_the_filters(browser: Client, demo: Any):
    for _ in range(26):
        record_call(demo)
    page = browser.get(f"{LIST}?ended=you").content.decode()
    assert "26 conversations" in page and "Page 1 of 2" in page
    assert 'href="?ended=you&amp;page=2"' in page


def test_the_list_costs_the_same_queries_however_long_it_is(browser: Client, demo: Any):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            browser.get(LIST)
        return len(seen)

    use(record_call(demo))
    few = queries()
    for _ in range(20):
        use(record_call(demo))
    assert queries() == few


def test_the_timeline_leads_to_each_turn_and_tool(browser: Client, calls: dict[str, Conversation]):
    row = calls["weather"]
    page = browser.get(f"{LIST}{row.pk}/").content.decode()
    for anchor in [f"turn-{turn.pk}" for turn in row.turns.all()] + [f"run-{row.tool_runs.get().pk}"]:
        assert f'href="#{anchor}"' in page and f'id="{anchor}"' in page
    assert "Home once, you once, tools once" in page


def test_a_call_of_which_nothing_is_kept_says_so(browser: Client, demo: Any):
    row = record_call(demo, keep="nothing")
    assert "Words are not kept" in browser.get(LIST).content.decode()
    assert "nothing that is said is kept" in browser.get(f"{LIST}{row.pk}/").content.decode()


def test_the_page_says_when_it_will_be_erased(browser: Client, demo: Any):
    row = record_call(demo, keep_days=30)
    until = timezone.now() + timedelta(days=30)
    assert f"{until:%B %Y}" in browser.get(f"{LIST}{row.pk}/").content.decode()


def test_erasing_one_asks_first_and_leaves_the_others(browser: Client, calls: dict[str, Conversation]):
    url = f"{LIST}{calls['weather'].pk}/erase"
    asked = browser.get(url).content.decode()
    assert "2 turns and 1 tool run go for good" in asked
    assert calls["weather"].turns.count() == 2
    assert "Erased." in browser.post(url, follow=True).content.decode()
    assert listed(browser, calls, "") == {"old", "lost"}
    assert browser.get(f"{LIST}{calls['weather'].pk}/").status_code == 404
    assert AuditEvent.objects.get().detail["by"] == "self"


def test_erasing_many_takes_what_the_filters_leave_and_nothing_newer(
    browser: Client, calls: dict[str, Conversation], demo: Any
):
    asked = browser.get(f"{LIST}erase?ended=you")
    assert "Erase 2 conversations?" in asked.content.decode()
    newer = record_call(demo, days_ago=-1)
    browser.post(f"{LIST}erase?ended=you", {"asked_at": asked.context["asked_at"]})
    assert set(Conversation.objects.filter(erased_at=None)) == {calls["lost"], calls["others"], newer}


def test_an_answer_without_its_question_erases_nothing(browser: Client, calls: dict[str, Conversation]):
    browser.post(f"{LIST}erase", {"asked_at": "yesterday"})
    assert not Conversation.objects.exclude(erased_at=None).exists()


def test_a_running_call_is_not_erased(browser: Client, demo: Any):
    row = record_call(demo, ended=False)
    assert "still running" in browser.post(f"{LIST}{row.pk}/erase", follow=True).content.decode()
    row.refresh_from_db()
    assert row.erased_at is None


@pytest.mark.parametrize("end", ["", "erase", "?format=json"])
def test_what_is_anothers_is_not_there(browser: Client, calls: dict[str, Conversation], end: str):
    url = f"{LIST}{calls['others'].pk}/{end}"
    assert browser.get(url).status_code == 404
    assert browser.post(url).status_code in (404, 405)
    assert calls["others"].turns.count() == 2


def test_an_export_is_ordered_shown_and_fetched(browser: Client, calls: dict[str, Conversation]):
    page = browser.post(f"{LIST}exports/?ended=you", follow=True)
    url = page.redirect_chain[0][0]
    assert "Export 2 conversations" in page.content.decode()
    assert browser.get(f"{url}progress").json() == {"done": 0, "total": 2}
    reply = browser.get(f"{url}file?format=json")
    body = json.loads(reply.getvalue())
    assert {found["id"] for found in body["conversations"]} == {
        str(calls[name].pk) for name in ("old", "weather")
    }
    assert browser.get(f"{url}progress").json() == {"done": 2, "total": 2}
    assert reply.headers["Content-Disposition"].endswith('.json"')
    assert browser.get(f"{url}file?format=exe").status_code == 404


def test_an_order_is_its_makers_alone(browser: Client, calls: dict[str, Conversation]):
    url = browser.post(f"{LIST}exports/").headers["Location"]
    stranger = Client()
    stranger.force_login(make_user("eve", is_superuser=True, is_staff=True))
    for end in ("", "progress", "file?format=json"):
        assert stranger.get(f"{url}{end}").status_code == 404


async def test_under_asgi_a_file_comes_piece_by_piece(demo: Any, settings: Any):
    """Django would gather an ordinary iterator whole, and warn; warnings are errors here."""
    settings.ALLOWED_HOSTS = ["testserver"]
    for _ in range(3):
        await sync_to_async(record_call)(demo)
    cookies = await sync_to_async(log_in)(demo)
    application: Any = get_asgi_application()
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=cookies) as http:
        reply = await http.get(f"{LIST}?format=json")
    assert reply.json()["count"] == 3
    assert reply.headers["Cache-Control"] == "no-store"
