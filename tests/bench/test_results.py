"""Medians, spreads and ratios of what a benchmark measured."""

from pathlib import Path

import pytest

from bench.contest.results import Results


def results_of(**figures: list[float]) -> Results:
    results = Results()
    for server, values in figures.items():
        for value in values:
            results.add(server, "busy", {"us": value})
    return results


def test_median_is_of_the_rounds():
    assert results_of(ours=[3, 1, 2]).median("ours", "busy", "us") == 2


def test_median_of_nothing_is_none():
    assert Results().median("ours", "busy", "us") is None


def test_percentile_that_was_never_reached_counts_as_none():
    assert results_of(ours=[-1, 4, 6]).median("ours", "busy", "us") == 5


def test_memory_that_shrank_is_a_figure():
    results = Results()
    results.add("ours", "slow", {"grown_kb": -300})
    assert results.median("ours", "slow", "grown_kb") == -300


def test_spread_is_the_distance_of_the_rounds_over_their_median():
    assert results_of(ours=[8, 10, 13]).spread("ours", "busy", "us") == pytest.approx(50)


def test_one_round_has_no_spread():
    assert results_of(ours=[8]).spread("ours", "busy", "us") is None


def test_ratio_says_how_many_times_the_others_median_is_this_one():
    results = results_of(ours=[2], theirs=[50])
    assert results.ratio("ours", "theirs", "busy") == 25
    assert results.ratio("ours", "nobody", "busy") is None


def test_disturbed_rounds_count_only_where_there_are_no_others():
    results = Results()
    for us, share in ((10, 0.02), (4, 0.7)):
        results.add("ours", "busy", {"us": us, "others_share": share})
    results.add("theirs", "busy", {"us": 5, "others_share": 0.7})
    assert results.median("ours", "busy", "us") == 10
    assert results.median("theirs", "busy", "us") == 5
    assert results.disturbed() == (2, 3)


def test_note_for_one_scenario_stands_before_the_general_one():
    results = Results()
    results.note("peer", "*", "not built")
    results.note("peer", "busy", "too slow")
    assert results.note_for("peer", "busy") == "too slow"
    assert results.note_for("peer", "calm") == "not built"
    assert results.note_for("ours", "busy") is None


def test_rounds_go_on_where_a_saved_file_ended(tmp_path: Path):
    results = results_of(ours=[1, 3])
    results.half_hz = 36.2
    results.noise.append({"steal_percent": 0.5})
    results.note("peer", "*", "not built")
    results.save(tmp_path / "runs" / "saved.json", {"goals": []})
    loaded = Results.load(tmp_path / "runs" / "saved.json")
    assert loaded == results
    loaded.add("ours", "busy", {"us": 5})
    assert (loaded.rounds, loaded.median("ours", "busy", "us")) == (3, 3)
