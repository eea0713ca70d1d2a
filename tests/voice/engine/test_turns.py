"""Turns are found from voice probabilities alone."""

import numpy as np

from voice.engine.turns import (
    CHUNK,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechStopped,
    TurnFinder,
    TurnSettings,
)

CHUNK_MS = 32


def feed(finder, *runs):
    """Feed runs of (chunks, probability); return (event, ms at which it was found)."""
    found = []
    for count, probability in runs:
        for _ in range(count):
            for event in finder.feed(np.zeros(CHUNK, np.int16), probability):
                found.append((event, finder.position // 16))
    return found


def test_three_hot_chunks_begin_a_turn_with_its_padding():
    [(event, at_ms)] = feed(TurnFinder(TurnSettings(prefix_ms=300)), (50, 0.0), (3, 0.9))
    assert isinstance(event, SpeechStarted)
    assert at_ms == 53 * CHUNK_MS
    assert 300 <= 50 * CHUNK_MS - event.at_ms <= 300 + CHUNK_MS


def test_two_hot_chunks_are_a_click():
    assert feed(TurnFinder(TurnSettings()), (10, 0.0), (2, 0.9), (10, 0.0), (2, 0.9)) == []


def test_a_pause_is_told_before_the_turn_ends():
    finder = TurnFinder(TurnSettings(silence_ms=500))
    events = feed(finder, (20, 0.9), (30, 0.0))
    kinds = [type(event) for event, _ in events]
    assert kinds == [SpeechStarted, SpeechPaused, SpeechStopped]
    (_, began), (_, paused), (stopped, ended) = events
    assert 190 <= paused - 20 * CHUNK_MS <= 230
    assert 500 <= ended - 20 * CHUNK_MS <= 530
    assert stopped.at_ms == 20 * CHUNK_MS
    assert not finder.speaking


def test_speech_after_a_pause_takes_it_back():
    events = feed(TurnFinder(TurnSettings(silence_ms=500)), (5, 0.9), (10, 0.0), (5, 0.9), (20, 0.0))
    assert [type(event) for event, _ in events] == [
        SpeechStarted,
        SpeechPaused,
        SpeechResumed,
        SpeechPaused,
        SpeechStopped,
    ]


def test_an_endless_turn_is_cut_where_the_recogniser_would_lose_it():
    events = feed(TurnFinder(TurnSettings()), (28_000 // CHUNK_MS + 20, 0.9))
    assert [type(event) for event, _ in events][:2] == [SpeechStarted, SpeechStopped]


def test_eagerness_decides_how_long_semantic_detection_waits():
    waits = [
        TurnSettings.of({"type": "semantic_vad", "eagerness": one}).silence_ms
        for one in ("high", "auto", "low")
    ]
    assert waits == sorted(waits)
