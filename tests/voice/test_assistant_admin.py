"""An assistant in the admin: its ears as fields, its versions, its copies."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from tests.voice.conftest import make_user
from voice.models import Assistant, Conversation, Decision, Tool, ToolApproval, ToolRun
from voice.protocol import semantic_vad, server_vad
from voice.records import open_conversation

SILENCE = {"listening": "server_vad", "silence_duration_ms": "700", "threshold": "0.6"}


@pytest.fixture
def operator(demo: Any) -> Client:
    client = Client()
    client.force_login(make_user("operator", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def home(demo: Any) -> Assistant:
    return Assistant.objects.get()


def save(operator: Client, assistant: Assistant, **values: Any) -> Any:
    """Post the form of the admin as a browser would."""
    form = {
        "name": assistant.name,
        "slug": assistant.slug,
        "is_default": "on",
        "instructions": assistant.instructions,
        "greeting": assistant.greeting,
        "tools": [tool.pk for tool in assistant.tools.all()],
        "interrupt_response": "on",
        "eagerness": "auto",
        "keep": assistant.keep,
        **values,
    }
    answer = operator.post(f"/admin/voice/assistant/{assistant.pk}/change/", form)
    assistant.refresh_from_db()
    return answer


def test_silence_meaning_and_push_to_talk_are_fields(operator: Client, home: Assistant):
    assert save(operator, home, **SILENCE).status_code == 302
    assert home.turn_detection == server_vad(silence_duration_ms=700, threshold=0.6)
    save(operator, home, listening="semantic_vad", eagerness="low", interrupt_response="")
    assert home.turn_detection == semantic_vad(eagerness="low", interrupt_response=False)
    page = operator.get(f"/admin/voice/assistant/{home.pk}/change/").content.decode()
    assert '<option value="low" selected>' in page
    save(operator, home, listening="push_to_talk")
    assert home.turn_detection is None
    page = operator.get(f"/admin/voice/assistant/{home.pk}/change/").content.decode()
    assert '<option value="push_to_talk" selected>' in page


def test_what_the_fields_do_not_show_is_kept(operator: Client, home: Assistant):
    home.turn_detection = server_vad(create_response=False, idle_timeout_ms=6000)
    home.save()
    save(operator, home, **SILENCE)
    assert home.turn_detection == server_vad(
        create_response=False, silence_duration_ms=700, threshold=0.6, idle_timeout_ms=None
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("silence_duration_ms", "20", "greater than or equal to 50"),
        ("threshold", "1.5", "less than or equal to 1"),
        ("idle_timeout_ms", "100", "greater than or equal to 5000"),
        ("eagerness", "mad", "Select a valid choice"),
        ("listening", "telepathy", "Select a valid choice"),
    ],
)
def test_a_value_out_of_range_is_named_at_its_field(
    operator: Client, home: Assistant, field: str, value: str, words: str
):
    before = home.turn_detection
    answer = save(operator, home, **{**SILENCE, field: value})
    assert answer.status_code == 200
    assert words in str(answer.context["adminform"].form.errors[field])
    assert home.turn_detection == before


def test_a_conversation_keeps_the_version_it_ran_with(operator: Client, home: Assistant, demo: Any):
    first = open_conversation(demo.pk, None, provider="local")
    prompt = home.instructions
    save(operator, home, **SILENCE, instructions="Only speak of cheese.", tools=[])
    Conversation.objects.update(ended_at=home.history.first().history_date, end_reason="user")
    second = open_conversation(demo.pk, None, provider="local")
    rows = {row.pk: row.assistant_version for row in Conversation.objects.all()}
    assert (rows[first.id].instructions, rows[second.id].instructions) == (prompt, "Only speak of cheese.")
    assert (rows[first.id].tools.count(), rows[second.id].tools.count()) == (Tool.objects.count(), 0)
    page = operator.get(f"/admin/voice/conversation/{first.id}/change/").content.decode()
    version = rows[first.id]
    url = f"/admin/voice/assistant/{home.pk}/history/{version.history_id}/"
    assert url in page
    shown = operator.get(url)
    assert shown.status_code == 200 and prompt.splitlines()[0] in shown.content.decode()
    chosen = set(shown.context["adminform"].form["tools"].value())
    assert chosen == set(Tool.objects.values_list("pk", flat=True))


def test_versions_outlive_their_assistant_and_their_tools(operator: Client, home: Assistant, demo: Any):
    kept = open_conversation(demo.pk, None, provider="local")
    Tool.objects.filter(name="get_weather").delete()
    pk = home.pk
    operator.post(f"/admin/voice/assistant/{pk}/delete/", {"post": "yes"})
    version = Conversation.objects.get(pk=kept.id).assistant_version
    assert not Assistant.objects.exists() and version.instructions == home.instructions
    page = operator.get(f"/admin/voice/assistant/{pk}/history/{version.history_id}/").content.decode()
    assert "You are Home" in page


def test_history_says_who_changed_what(operator: Client, home: Assistant):
    save(operator, home, **SILENCE, instructions="Only speak of cheese.")
    page = operator.get(f"/admin/voice/assistant/{home.pk}/history/").content.decode()
    assert "Only speak of cheese." in page and "operator" in page
    assert "Model:" not in page  # only what has changed


def test_a_duplicate_differs_by_its_name_only(operator: Client, home: Assistant):
    home.groups.add(Group.objects.create(name="growers"))
    for _ in range(2):
        operator.post("/admin/voice/assistant/", {"action": "duplicate", "_selected_action": [str(home.pk)]})
    copies = Assistant.objects.exclude(pk=home.pk).order_by("slug")
    assert [(copy.slug, copy.name) for copy in copies] == [
        ("home-2", "Home (copy)"),
        ("home-3", "Home (copy)"),
    ]
    for copy in copies:
        assert not copy.is_default and copy.instructions == home.instructions
        assert set(copy.tools.all()) == set(home.tools.all()) and copy.groups.count() == 1
        assert copy.history.last().history_user.username == "operator"


def test_an_answer_stands_beside_its_run_in_admin_page_and_export(operator: Client, demo: Any):
    now = timezone.now()
    row = Conversation.objects.create(user=demo, provider="local", model="m", expires_at=now)
    for number in range(2):
        ToolRun.objects.create(conversation=row, call_id=f"c{number}", name="get_weather", status="done")
    run = ToolRun.objects.get(call_id="c0")
    ToolApproval.objects.create(
        run=run, title="Weather", decision=Decision.ALWAYS, asked_at=now, decided_at=now, expires_at=now
    )
    page = operator.get(f"/admin/voice/conversation/{row.pk}/change/").content.decode()
    assert "Approved for the whole call, 0.0 s" in page and "not asked" in page
    person = Client()
    person.force_login(demo)
    url = f"/voice/conversations/{row.pk}/"
    assert person.get(url).content.decode().count("Approved for the whole call") == 1
    runs = person.get(f"{url}?format=json").json()["tool_runs"]
    assert [run["decision"] for run in runs] == ["always", None]


def test_no_time_to_answer_is_the_usual_one(operator: Client):
    tool = Tool.objects.get(name="get_weather")
    values = {"name": tool.name, "description": "x", "parameters": '{"type": "object"}', "kind": "code"}
    url = f"/admin/voice/tool/{tool.pk}/change/"
    for given, kept in (("45", 45), ("", 30)):
        assert operator.post(url, {**values, "timeout_s": "5", "ask_s": given}).status_code == 302
        tool.refresh_from_db()
        assert tool.ask_s == kept
    assert (
        b"greater than or equal to 5"
        in operator.post(url, {**values, "timeout_s": "5", "ask_s": "1"}).content
    )
