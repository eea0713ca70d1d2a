"""What the live floor reads of calls, and what that costs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.voice.conftest import make_user
from tests.voice.live_floor import make_staff
from tests.voice.money import conversation_of, spend, used
from voice import floor
from voice.erasure import erase
from voice.models import Budget, Conversation, ToolApproval, ToolRun, Turn

pytestmark = pytest.mark.django_db(transaction=True)

SESSION = {"audio": {"output": {"voice": "cedar"}}, "instructions": "A long secret prompt."}


def running(name: str, **more: Any) -> Conversation:
    return conversation_of(make_user(name), ended_at=None, end_reason="", session=SESSION, **more)


def say(call: Conversation, number: int, text: str, **more: Any) -> Turn:
    """Words of one side, a second after those before; even numbers are the person's."""
    values = {"role": "assistant" if number % 2 else "user", "heard_text": text, **more}
    at = call.started_at + timedelta(seconds=number)
    return Turn.objects.create(conversation=call, item_id=f"i{number}", text=text, started_at=at, **values)


def ask(call: Conversation, title: str, *, for_s: float = 30) -> ToolApproval:
    run = ToolRun.objects.create(conversation=call, call_id=title, name="pump", status="waiting")
    return ToolApproval.objects.create(
        run=run, title=title, arguments='{"a": 1}', expires_at=timezone.now() + timedelta(seconds=for_s)
    )


def listed(name: str = "guard") -> Any:
    return floor.floor_for(make_staff(name, "watch_call"))


def seen(call: Conversation) -> Any:
    return floor.detail_of(floor.find_call(call.pk))


def test_calls_stand_oldest_first_and_those_that_are_over_are_gone():
    now = timezone.now()
    young = running("young", started_at=now - timedelta(seconds=5))
    old = running("old", started_at=now - timedelta(minutes=5))
    conversation_of(make_user("gone"))
    assert [call["id"] for call in listed()["calls"]] == [str(old.pk), str(young.pk)]


def test_a_call_shows_its_last_words_cut_and_none_of_its_prompt():
    call = running("ada", ready_at=timezone.now())
    say(call, 0, "What time is it?")
    say(call, 1, "x" * 300)
    say(call, 2, "")
    [found] = listed()["calls"]
    assert found["last"] == {"role": "assistant", "text": "x" * 200}
    assert (found["state"], found["voice"]) == ("live", "cedar")
    assert "secret" not in str(found) + str(seen(call))


def test_of_interrupted_words_the_list_shows_what_was_heard():
    call = running("ada")
    say(call, 1, "It is noon in Rome.", heard_text="It is", interrupted=True)
    assert listed()["calls"][0]["last"] == {"role": "assistant", "text": "It is"}


def test_a_question_shows_its_title_and_not_its_arguments():
    call = running("ada")
    ask(call, "Open the valve", for_s=60)
    ask(call, "Close the valve", for_s=20)
    ask(call, "Too late", for_s=-1)
    [found] = listed()["calls"]
    assert found["asking"]["title"] == "Close the valve"
    assert 15 < found["asking"]["ends_in_s"] <= 20
    assert set(found["asking"]) == {"title", "ends_in_s"}


def test_tampering_is_said_in_words():
    running("ada", tampering=["instructions", "system message"], tampered_at=timezone.now())
    assert listed()["calls"][0]["tampering"] == "instructions, system message"


def test_money_is_that_of_each_call_and_of_all_of_today():
    call, over = running("ada"), conversation_of(make_user("bob"))
    spend(call, "0.25")
    spend(over, "0.5")
    spend(over, "7", at=timezone.now() - timedelta(days=2))
    body = listed()
    assert body["calls"][0]["cost"] == {"amount": "0.250000", "currency": "USD", "state": "priced"}
    assert body["spent_today"]["amount"] == "0.750000"


def test_the_days_budget_is_that_of_everybody_together():
    ada = make_user("ada")
    for values in (
        {"user": ada, "period": "day", "amount": 1},
        {"shared": False, "period": "day", "amount": 2},
        {"shared": True, "period": "month", "amount": 3},
        {"shared": True, "period": "day", "amount": 4, "enabled": False},
    ):
        Budget.objects.create(**values)
    assert listed()["budget_today"] is None
    Budget.objects.create(shared=True, period="day", amount=Decimal("9.5"))
    assert listed("other")["budget_today"]["amount"] == "9.500000"


def fill(call: Conversation) -> None:
    for number in range(6):
        say(call, number, f"words {number}")
    ask(call, "Open the valve")
    spend(call, "0.1")


@pytest.mark.parametrize("many", [1, 30])
def test_the_floor_costs_the_same_queries_for_many_calls(many: int):
    for number in range(many):
        fill(running(f"u{number}"))
    watcher = make_staff("guard", "watch_call")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(floor.floor_for(watcher)["calls"]) == many
    assert len(queries) == 9


@pytest.mark.parametrize("many", [1, 60])
def test_one_call_costs_the_same_queries_however_long_it_is(many: int):
    call = running("ada")
    for number in range(many):
        say(call, number, "words")
        ask(call, f"q{number}")
        used(call)
    with CaptureQueriesContext(connection) as queries:
        assert len(seen(call)["timeline"]) == 3 * many
    assert len(queries) == 9


def test_the_timeline_is_in_order_and_a_question_stands_behind_its_run():
    call = running("ada")
    say(call, 0, "Open the valve.")
    asked = ask(call, "Open the valve")
    at = call.started_at + timedelta(seconds=0.5)
    ToolRun.objects.filter(pk=asked.run_id).update(started_at=at, arguments='{"valve": "[removed]"}')
    say(call, 1, "Shall I?")
    timeline = seen(call)["timeline"]
    assert [body["type"] for body in timeline] == ["turn", "tool_run", "approval", "turn"]
    assert timeline[1]["arguments"] == '{"valve": "[removed]"}'
    assert "arguments" not in timeline[2]


def test_usage_adds_up_and_says_how_much_was_cached():
    call = running("ada")
    used(call)
    used(call)
    say(call, 1, "It is noon.", interrupted=True)
    assert seen(call)["usage"] == {
        "input_audio_tokens": 26,
        "output_audio_tokens": 182,
        "cached_share": 0.485,
        "interrupted": 1,
        "first_word_ms": None,
    }


@pytest.mark.parametrize(("minutes", "shows"), [(9, True), (11, False)])
def test_words_of_a_call_that_is_over_are_shown_as_long_as_its_room_has_them(minutes: int, shows: bool):
    began = timezone.now() - timedelta(minutes=20)
    ended_at = timezone.now() - timedelta(minutes=minutes)
    call = conversation_of(make_user("ada"), started_at=began, ended_at=ended_at)
    say(call, 0, "A private word.")
    body = seen(call)
    assert (body["state"], body["reason"], body["ended_at"]) == ("ended", "user", ended_at.isoformat())
    assert ("A private word." in str(body)) == shows
    assert bool(body["timeline"]) == bool(body["last"]) == shows


def test_of_an_erased_call_only_the_account_is_left():
    call = conversation_of(make_user("ada"), ended_at=timezone.now(), session=SESSION)
    say(call, 0, "A private word.")
    erase(Conversation.objects.filter(pk=call.pk))
    body = seen(call)
    assert (body["timeline"], body["last"], body["voice"]) == ([], None, "")
