"""Goals: hit, missed by how much, or not measured."""

import pytest

from bench.contest.contestants import BARE, OURS_DAPHNE, SOCKETIO
from bench.contest.goals import Goal, goals, judge
from bench.contest.results import Results


def goal_of(measured: float | None, *, limit: float, at_least: bool) -> Goal:
    return Goal("it is", lambda results: measured, limit, "things", at_least=at_least)


@pytest.mark.parametrize(
    ("measured", "limit", "at_least", "missed"),
    [(26, 25, True, 0), (25, 25, True, 0), (20, 25, True, 20), (0.9, 1, False, 0), (1.5, 1, False, 50)],
)
def test_goal_is_missed_by_per_cent_of_its_limit(measured, limit, at_least, missed):
    verdict = judge(goal_of(measured, limit=limit, at_least=at_least), Results())
    assert verdict.missed_percent == pytest.approx(missed)
    assert verdict.is_hit == (missed == 0)


def test_goal_without_figures_is_neither_hit_nor_missed():
    verdict = judge(goal_of(None, limit=1, at_least=True), Results())
    assert verdict.missed_percent is None
    assert not verdict.is_hit


def test_limit_of_zero_can_be_missed():
    assert judge(goal_of(2, limit=0, at_least=False), Results()).missed_percent == 100


def verdict_on(text: str, results: Results) -> float | None:
    (goal,) = [goal for goal in goals() if goal.text.startswith(text)]
    return judge(goal, results).measured


def test_busy_room_is_compared_by_what_a_delivery_costs():
    results = Results()
    results.add(OURS_DAPHNE, "busy", {"us": 0.5})
    results.add(SOCKETIO, "busy", {"us": 10})
    assert verdict_on("1 room x 1,000, saturated: CPU of a delivery, Socket.IO's", results) == 20


def test_connecting_is_judged_above_the_bare_server():
    results = Results()
    results.add(OURS_DAPHNE, "connect", {"cpu_ms": 1.7})
    assert verdict_on("connect + authorise + join: above", results) is None
    results.add(BARE, "connect", {"cpu_ms": 0.7})
    assert verdict_on("connect + authorise + join: above", results) == pytest.approx(1.0)


@pytest.mark.parametrize(("cut", "lost", "wrong"), [(5, 0, 0), (4, 0, 1), (5, 2, 2), (6, 1, 2)])
def test_exactly_the_slow_sockets_are_to_be_cut(cut, lost, wrong):
    results = Results()
    results.add(OURS_DAPHNE, "slow", {"cut": cut, "lost": lost, "grown_kb": 0})
    assert verdict_on("5 of 20 stop reading: others", results) == wrong
