"""Finding conversations by what was said."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from tests.voice.conftest import make_user
from tests.voice.recorded import record_call, say, saying
from voice.erasure import erase
from voice.models import Conversation, SearchText
from voice.records import close_conversation
from voice.search import index_conversation, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What's the Weather?", ["what", "s", "the", "weather"]),
        ("Zoë, CAFÉ; straße", ["zoe", "cafe", "strasse"]),
        ("greenhouse/temp is 23.4 °C", ["greenhouse", "temp", "is", "23", "4", "c"]),
        ("東京は晴れ", ["東", "京", "は", "晴", "れ"]),
        ("a_b " + "x" * 50, ["a", "b", "x" * 40]),
        ("?!", []),
    ],
)
def test_words_are_compared_without_case_accents_and_signs(text: str, words: list[str]):
    assert words_of(text) == words


@pytest.fixture
def calls(demo: Any) -> list[Conversation]:
    weather, pump = record_call(demo, "Home"), record_call(demo, "Home")
    say(weather, "Weather in Delft?", "Dry and windy.")
    say(pump, "Start the pump", "Windy, but done.")
    for row in (weather, pump):
        index_conversation(row.pk)
    return [weather, pump]


def test_every_word_must_be_there_by_its_beginning_on_either_side(calls: list[Conversation]):
    weather, pump = (row.pk for row in calls)
    assert saying("delf WIND") == [weather]
    assert set(saying("windy")) == {weather, pump}
    assert saying("elft") == []
    assert saying("pump delft") == []
    assert set(saying("home")) == {weather, pump}


@pytest.mark.parametrize("query", ["", "?", '"', "' OR 1=1 --", "NEAR(", "a AND", "windy:*", "*"])
def test_signs_that_mean_something_to_a_database_mean_nothing(calls: list[Conversation], query: str):
    saying(query)


def test_one_persons_words_are_not_anothers(calls: list[Conversation]):
    user = calls[0].user_id
    assert len(saying("windy", person=user)) == 2
    assert saying("windy", person=user * 10) == []
    assert saying("windy", person=make_user("bob").pk) == []
    assert saying(str(user)) == []


def test_a_call_is_found_when_it_ends_and_by_what_comes_later(demo: Any):
    row = record_call(demo, "Home", ended=False)
    say(row, "Quicksilver")
    assert saying("quicksilver") == []
    close_conversation(row.pk, "user")
    assert saying("quicksilver") == [row.pk]


def test_what_is_gone_is_not_found(calls: list[Conversation]):
    weather, pump = calls
    erase(Conversation.objects.filter(pk=weather.pk))
    assert saying("delft") == []
    pump.delete()
    assert saying("pump") == []
    assert not SearchText.objects.exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="how SQLite keeps its index")
def test_the_index_of_sqlite_is_whole(calls: list[Conversation]):
    calls[0].delete()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO voice_words(voice_words, rank) VALUES ('integrity-check', 1)")
