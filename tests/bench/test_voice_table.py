"""The table of the voice bench: floors, held calls, memory."""

from __future__ import annotations

import math

import pytest

from bench.figures import latency_of
from bench.voice_people import own_ms
from bench.voice_row import Held, Row, Talked, talked_of
from bench.voice_rows import is_late, talk_plan
from bench.voice_table import kib_a_call, shown_rows


def row(what: str, calls: int, *, ms: float, held: Held | None = None, web: float = 0.5) -> Row:
    return Row("scripted", what, calls, Talked(latency_of([ms]), 10, 10.0, 0), {"web": web}, held)


def held(web: float, mib: int) -> Held:
    return Held({"web": web}, pss_kib=mib * 1024, threads=2, connections=3)


def test_a_row_is_compared_with_the_floor_of_its_own_count():
    rows = [
        row("floor", 20, ms=1),
        row("floor", 50, ms=2),
        row("floor of the flood", 20, ms=4),
        row("talk", 50, ms=10, held=held(0.0, 100)),
        row("flood", 20, ms=10, held=held(0.0, 100)),
    ]
    head, *lines = shown_rows(rows).splitlines()[:6]
    place = head.index("floors") + len("floors")
    assert [line[:place].split()[-1] for line in lines] == ["-", "-", "-", "5.00", "2.50"]


def test_quantiles_of_few_samples_are_not_shown():
    few, many = (Talked(latency_of([5.0] * n), n, 10.0, 0) for n in (99, 100))
    rows = [Row("scripted", "talk", 1, talked, {"web": 0.1}) for talked in (few, many)]
    head, *lines = shown_rows(rows).splitlines()[:3]
    place = head.index("p99 ms") + len("p99 ms")
    assert [line[:place].split()[-1] for line in lines] == ["-", "5.00"]


def test_a_turn_costs_what_is_above_holding():
    assert row("talk", 20, ms=1, held=held(0.1, 100)).web_ms_a_turn == pytest.approx(40)
    assert row("floor", 20, ms=1).web_ms_a_turn == pytest.approx(50)


def test_memory_of_a_call_leaves_out_the_first_count():
    rows = [
        row("talk", calls, ms=1, held=held(0, mib))
        for calls, mib in ((1, 10), (20, 100), (60, 140), (80, 160))
    ]
    assert kib_a_call(rows) == pytest.approx(1024)
    assert math.isnan(kib_a_call(rows[:3]))


def test_late_is_a_slow_output_or_a_turn_left_out():
    assert not is_late(Talked(latency_of([50.0]), 1000, 10.0, late=10))
    assert is_late(Talked(latency_of([50.0]), 1000, 10.0, late=11))
    assert is_late(Talked(latency_of([101.0]), 1000, 10.0, late=0))


def test_few_calls_talk_more_often():
    assert talk_plan(1, 10)["every_s"] == pytest.approx(0.2)
    assert talk_plan(200, 10)["every_s"] == 5


def test_stop_watch_and_set_up_are_read():
    talked = talked_of({"samples_ms": [1.0, 3.0], "late": 1, "took_s": 4.0})
    assert (talked.turns, talked.turns_a_second, talked.late, talked.latency.max_ms) == (2, 0.5, 1, 3.0)
    assert own_ms("provider;dur=10.0, sideband;dur=2.5, ours;dur=14.2") == 14.2
