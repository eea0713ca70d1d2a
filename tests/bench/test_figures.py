"""Quantiles, ratios and tables of the benches."""

from __future__ import annotations

import math

import pytest

from bench.figures import latency_of, plain, quantile, ratio, shown, slope, table


def test_quantiles_are_samples_by_nearest_rank():
    hundred = [float(number) for number in range(100, 0, -1)]
    found = latency_of(hundred)
    assert (found.n, found.p50_ms, found.p95_ms, found.p99_ms, found.max_ms) == (100, 50, 95, 99, 100)
    assert quantile([7.0], 0.01) == 7.0


def test_no_samples_have_no_quantiles():
    found = latency_of([])
    assert found.n == 0
    assert math.isnan(found.p99_ms)
    assert shown(found.p99_ms) == "-"


def test_ratio_to_nothing_is_unknown():
    assert ratio(12.0, 0.5) == 24
    assert math.isnan(ratio(12.0, 0.0))


def test_slope_is_the_growth_a_call():
    assert slope([(20, 1000.0), (50, 1900.0), (100, 3400.0)]) == pytest.approx(30)
    assert math.isnan(slope([(20, 1000.0)]))
    assert math.isnan(slope([(20, 1000.0), (20, 1900.0)]))


def test_what_was_not_measured_is_null_in_json():
    found = plain({"rows": [{"p50_ms": math.nan, "n": 0, "shares": {"web": 0.5}}]})
    assert found == {"rows": [{"p50_ms": None, "n": 0, "shares": {"web": 0.5}}]}


def test_columns_line_up():
    lines = table(["what", "ms"], [["talk", 1234.5], ["a longer name", 0.5], ["nobody", None]]).splitlines()
    assert lines == [
        "what             ms",
        "talk           1234",
        "a longer name  0.50",
        "nobody            -",
    ]
