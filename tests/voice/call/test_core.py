"""The pure core: what follows from what, without a provider, a browser or a clock."""

from __future__ import annotations

from typing import Any

import pytest

from tests.voice.call.stage import NOON, Stage, sent, turns
from voice.call import (
    Arm,
    Asked,
    BrowserReady,
    Call,
    CallPlan,
    EndRequested,
    HangUp,
    HumanActed,
    LineRejoined,
    RunTool,
    TimerFired,
    ToolFinished,
)

# Beginning and limits ---------------------------------------------------------------------------------


def test_greeting_is_spoken_once_when_the_browser_is_ready():
    stage = Stage(ready=False, greeting="Hello.", opening="You are talking with Ada.")
    effects = stage.give(BrowserReady(NOON))
    assert sent(effects) == ["conversation.item.create", "response.create"]
    response = effects[-1].event["response"]
    assert '"Hello."' in response["instructions"]
    assert stage.give(BrowserReady(NOON)) == []


def test_call_without_a_greeting_waits():
    assert Stage(ready=False).give(BrowserReady(NOON)) == []


def test_timers_are_armed_at_the_beginning():
    timers = {effect.timer: effect.after_s for effect in Stage(ready=False).call.begin()}
    assert timers == {"max": 900.0, "warn": 840.0, "idle": 120.0, "ready": 20.0}


def test_call_that_is_taken_over_does_not_wait_for_its_browser():
    assert "ready" not in {effect.timer for effect in Stage(ready=True).call.begin()}


@pytest.mark.parametrize(
    ("timer", "reason"), [("max", "time_limit"), ("idle", "idle"), ("ready", "not_connected")]
)
def test_limits_hang_up(timer: Any, reason: str):
    assert Stage(ready=False).give(TimerFired(timer, NOON)) == [HangUp(reason)]


@pytest.mark.parametrize("what", [Asked(NOON), HumanActed(NOON)])
def test_a_question_and_its_answer_give_the_person_the_idle_time_anew(what: Any):
    assert Stage().give(what) == [Arm("idle", 120.0)]


def test_a_turn_ended_by_hand_is_a_sign_of_life_and_begins_when_it_is_handed_in():
    stage = Stage()
    item = {"id": "i", "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
    assert stage.hear("conversation.item.added", item=item) == [Arm("idle", 120.0)]
    began = stage.now
    kind = "conversation.item.input_audio_transcription.completed"
    [turn] = turns(stage.hear(kind, item_id="i", transcript="hello"))
    assert (turn.text, turn.started_at) == ("hello", began)


def test_browser_that_came_in_time_is_not_hung_up():
    stage = Stage(ready=False)
    stage.give(BrowserReady(NOON))
    assert stage.give(TimerFired("ready", NOON)) == []


def test_only_people_keep_a_call_alive():
    stage = Stage()
    assert Arm("idle", 120.0) in stage.hear("input_audio_buffer.speech_started", item_id="u1")
    typed = {"id": "u2", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
    assert Arm("idle", 120.0) in stage.hear("conversation.item.added", item=typed)
    assert stage.give(HumanActed(NOON)) == [Arm("idle", 120.0)]
    speaks = stage.hear("response.output_audio_transcript.delta", response_id="r", item_id="a", delta="Hm")
    assert not [effect for effect in speaks if isinstance(effect, Arm)]


def test_after_the_end_nothing_follows():
    stage = Stage()
    assert stage.give(EndRequested("user", NOON)) == [HangUp("user")]
    assert stage.give(EndRequested("idle", NOON)) == []
    assert stage.response("r1", ("c1", "get_weather", "{}")) == []


# Tools ------------------------------------------------------------------------------------------------


def test_function_call_is_run_and_answered_and_the_model_goes_on():
    stage = Stage()
    assert stage.response("r1", ("c1", "get_weather", '{"location": "Rome"}')) == [
        RunTool("c1", "get_weather", '{"location": "Rome"}')
    ]
    effects = stage.finish("c1", '{"temperature": 20}')
    assert sent(effects) == ["conversation.item.create", "response.create"]
    item = effects[0].event["item"]
    assert item == {"type": "function_call_output", "call_id": "c1", "output": '{"temperature": 20}'}


def test_all_outputs_go_first_then_one_request():
    stage = Stage()
    stage.response("r1", ("c1", "a", "{}"), ("c2", "b", "{}"))
    assert sent(stage.finish("c2")) == ["conversation.item.create"]
    assert sent(stage.finish("c1")) == ["conversation.item.create", "response.create"]


@pytest.mark.parametrize("status", ["cancelled", "failed", "incomplete"])
def test_response_that_did_not_complete_runs_no_tools(status: str):
    assert Stage().response("r1", ("c1", "a", "{}"), status=status) == []


def test_same_function_call_runs_once():
    stage = Stage()
    stage.response("r1", ("c1", "a", "{}"))
    assert stage.response("r2", ("c1", "a", "{}")) == []


def test_request_waits_for_the_active_response():
    stage = Stage()
    stage.response("r1", ("c1", "a", "{}"))
    stage.hear("response.created", response={"id": "r2"})
    assert sent(stage.finish("c1")) == ["conversation.item.create"]
    assert sent(stage.hear("response.done", response={"id": "r2", "status": "completed"})) == [
        "response.create"
    ]


def test_request_waits_while_the_person_speaks():
    stage = Stage()
    stage.response("r1", ("c1", "a", "{}"))
    stage.hear("input_audio_buffer.speech_started", item_id="u1")
    assert sent(stage.finish("c1")) == ["conversation.item.create"]
    assert Arm("respond", 2.0) in stage.hear("input_audio_buffer.speech_stopped", item_id="u1")
    assert sent(stage.give(TimerFired("respond", NOON))) == ["response.create"]


def test_response_that_has_read_the_outputs_replaces_our_request():
    stage = Stage()
    stage.response("r1", ("c1", "a", "{}"))
    stage.hear("input_audio_buffer.speech_started", item_id="u1")
    stage.finish("c1")
    stage.confirm("c1")
    stage.hear("response.created", response={"id": "r2"})
    assert sent(stage.hear("response.done", response={"id": "r2", "status": "completed"})) == []


def test_response_that_began_before_the_outputs_arrived_does_not():
    stage = Stage()
    stage.response("r1", ("c1", "a", "{}"))
    stage.hear("input_audio_buffer.speech_started", item_id="u1")
    stage.finish("c1")
    stage.hear("response.created", response={"id": "r2"})
    stage.confirm("c1")
    assert sent(stage.hear("response.done", response={"id": "r2", "status": "completed"})) == [
        "response.create"
    ]


def test_refused_request_is_made_again_after_the_active_response():
    stage = Stage()
    stage.response("r1", ("c1", "a", "{}"))
    request = stage.finish("c1")[-1].event
    error = {"code": "conversation_already_has_active_response", "event_id": request["event_id"]}
    assert stage.hear("error", error=error) == []
    assert sent(stage.hear("response.done", response={"id": "other", "status": "completed"})) == [
        "response.create"
    ]


def test_output_the_browser_sent_first_is_not_sent_twice():
    stage = Stage()
    stage.response("r1", ("c1", "a", "{}"))
    stage.confirm("c1")
    assert sent(stage.finish("c1")) == ["response.create"]


def test_tool_run_of_a_dead_owner_is_answered_too():
    call = Call(CallPlan(900, 120, 20, True), ready=True, known_calls=frozenset({"c1"}))
    assert sent(call.handle(ToolFinished("c1", "{}", NOON))) == [
        "conversation.item.create",
        "response.create",
    ]


def test_wish_survives_a_response_of_the_providers_own_that_crossed_ours():
    stage = Stage()
    stage.response("r1", ("c1", "a", "{}"))
    request = stage.finish("c1")[-1].event
    stage.hear("response.created", response={"id": "vad"})
    error = {"code": "conversation_already_has_active_response", "event_id": request["event_id"]}
    stage.hear("error", error=error)
    stage.confirm("c1")
    done = stage.hear("response.done", response={"id": "vad", "status": "completed"})
    assert sent(done) == ["response.create"]


def test_line_that_came_back_forgets_what_was_active():
    stage = Stage()
    stage.response("r1", ("c1", "a", "{}"))
    stage.hear("response.created", response={"id": "r2"})
    stage.finish("c1")
    assert sent(stage.give(LineRejoined(NOON))) == ["response.create"]


def test_speech_is_a_sign_of_life_too():
    stage = Stage(ready=False)
    stage.hear("input_audio_buffer.speech_started", item_id="u1")
    assert stage.give(TimerFired("ready", NOON)) == []
