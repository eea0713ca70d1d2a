"""The bench's made-up turn is what the core of a call takes for a turn."""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone

from bench import turn_script
from voice.call import Arm, Call, CallPlan, ProviderEvent, RunTool, Send, StoreTurn, StoreUsage, ToolFinished
from voice.events import parse_event


def told(call: Call, events: list[turn_script.Event]) -> list[Any]:
    parsed = [parse_event(json.dumps(event)) for event in events]
    return [
        effect
        for event in parsed
        if event is not None
        for effect in call.handle(ProviderEvent(event, timezone.now()))
        if not isinstance(effect, Arm)
    ]


def run(call: Call, turn: str) -> list[turn_script.Event]:
    """The turn's tool comes back; what the call says then."""
    effects = call.handle(ToolFinished(turn_script.call_id(turn), "{}", timezone.now()))
    return [effect.event for effect in effects if isinstance(effect, Send)]


def new_call() -> Call:
    return Call(CallPlan(max_s=60, idle_s=60, ready_s=None, paced=False), ready=True)


def test_a_turn_is_stored_and_runs_one_tool():
    call = new_call()
    asked = told(call, turn_script.question("1"))
    assert [type(effect) for effect in asked] == [StoreTurn, StoreUsage]
    assert asked[0].turn.text == turn_script.QUESTION
    wanted = told(call, turn_script.function_call("1"))
    assert wanted[1:] == [RunTool(turn_script.call_id("1"), turn_script.TOOL, turn_script.ARGUMENTS)]
    said = run(call, "1")
    assert [event["type"] for event in said] == ["conversation.item.create", "response.create"]
    assert told(call, turn_script.taken(said[0]["item"])) == []
    spoken = told(call, turn_script.answer("1"))
    assert [type(effect) for effect in spoken] == [StoreTurn, StoreUsage]
    assert spoken[0].turn.heard_text == "".join(turn_script.ANSWER)


def test_a_silent_answer_stores_nothing_and_lets_the_next_tool_run():
    call = new_call()
    told(call, turn_script.function_call("1"))
    told(call, turn_script.taken(run(call, "1")[0]["item"]))
    assert told(call, turn_script.silence("1")) == []
    assert any(isinstance(effect, RunTool) for effect in told(call, turn_script.function_call("2")))
