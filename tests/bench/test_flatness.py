"""What counts as growing."""

import random

import pytest

from bench.flatness import judge


def line(per_s, *, noise=0.0, start=100.0, seconds=100):
    chance = random.Random(1)
    return [(float(at), start + per_s * at + chance.uniform(-noise, noise)) for at in range(seconds)]


def test_noise_is_flat():
    assert judge("web MiB", line(0, noise=5), slack=1).is_flat


def test_a_leak_is_found_through_noise():
    trend = judge("web MiB", line(0.5, noise=5), slack=8)
    assert not trend.is_flat
    assert 25 < trend.grown < 35  # the last 60 of the 100 seconds


def test_what_rises_at_the_beginning_only_is_flat():
    warming = [(float(at), min(at, 30) * 10.0) for at in range(100)]
    assert judge("redis keys", warming, slack=5).is_flat


def test_falling_is_flat():
    assert judge("web files", line(-1), slack=0).is_flat


def test_nothing_to_judge_is_said():
    with pytest.raises(ValueError, match="too few"):
        judge("web MiB", [(0.0, 1.0), (1.0, 1.0)], slack=1)
