"""How long function calls waited, from what a peer saw."""

from __future__ import annotations

from typing import Any

from bench.round_trips import round_trips_ms


def done(*call_ids: str) -> dict[str, Any]:
    output = [{"type": "function_call", "call_id": one} for one in call_ids]
    return {"type": "response.done", "response": {"output": [{"type": "message"}, *output]}}


def output(call_id: str) -> dict[str, Any]:
    return {"type": "conversation.item.added", "item": {"type": "function_call_output", "call_id": call_id}}


def test_each_call_is_measured_to_its_own_output():
    events = [done("a", "b"), {"type": "rate_limits.updated"}, output("b"), output("a")]
    assert round_trips_ms(events, [1.0, 1.5, 2.0, 4.0]) == [1000, 3000]


def test_calls_without_output_and_foreign_outputs_do_not_count():
    spoken = {"type": "conversation.item.added", "item": {"type": "message", "role": "user"}}
    assert round_trips_ms([output("x"), done("a"), spoken], [1.0, 2.0, 3.0]) == []


def test_an_output_that_comes_twice_counts_once():
    assert round_trips_ms([done("a"), output("a"), output("a")], [0.0, 0.5, 0.75]) == [500]
