"""Around the recogniser: loops are noticed, likely words are offered, failures are told."""

import pytest

from tests.voice.engine.browser import TIME_TOOL, WEATHER_TOOL
from voice.engine.hearing import repeats_itself
from voice.engine.vocabulary import vocabulary


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ("what is the weather what is the weather", True),
        ("What is the weather in Amsterdam?", False),
        ("no no no", False),
        ("", False),
    ],
)
def test_a_decoder_gone_round_in_circles_is_noticed(text, loops):
    assert repeats_itself(text) is loops


def test_likely_words_come_from_tools_and_the_clients_hint():
    words = vocabulary([WEATHER_TOOL, TIME_TOOL], "Roomtone")
    assert words.startswith("Roomtone. ")
    assert "weather" in words and "location" in words and "time" in words
    assert vocabulary([], "") == ""
