"""The pure core: what follows from what, without a provider, a browser or a clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from voice.call import (
    Arm,
    BrowserReady,
    Call,
    CallPlan,
    Effect,
    EndRequested,
    HangUp,
    HumanActed,
    ProviderEvent,
    RunTool,
    Send,
    StoreTurn,
    StoreUsage,
    TimerFired,
    ToolFinished,
    TurnData,
)
from voice.events import parse_event

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Stage:
    """A call and a clock that moves one second with each input."""

    def __init__(self, *, ready: bool = True, paced: bool = True, **plan: Any) -> None:
        values = {"max_s": 900.0, "idle_s": 120.0, "ready_s": 20.0, "paced": paced, **plan}
        self.call = Call(CallPlan(**values), ready=ready)
        self.now = NOON

    def hear(self, kind: str, **fields: Any) -> list[Effect]:
        event = parse_event(json.dumps({"type": kind, "event_id": "e", **fields}))
        assert event is not None, f"{kind} was not understood"
        return self.give(ProviderEvent(event, self.tick()))

    def give(self, what: Any) -> list[Effect]:
        return self.call.handle(what)

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def response(
        self, response_id: str, *calls: tuple[str, str, str], status: str = "completed"
    ) -> list[Effect]:
        """A whole response that holds function calls `(call_id, name, arguments)`."""
        output = [
            {
                "id": f"item_{call_id}",
                "type": "function_call",
                "call_id": call_id,
                "name": name,
                "arguments": text,
            }
            for call_id, name, text in calls
        ]
        self.hear("response.created", response={"id": response_id, "status": "in_progress"})
        return self.hear("response.done", response={"id": response_id, "status": status, "output": output})

    def finish(self, call_id: str, output: str = "{}") -> list[Effect]:
        return self.give(ToolFinished(call_id, output, self.tick()))

    def confirm(self, call_id: str) -> list[Effect]:
        item = {"type": "function_call_output", "call_id": call_id, "output": "{}"}
        return self.hear("conversation.item.added", item=item)


def sent(effects: list[Effect]) -> list[str]:
    return [effect.event["type"] for effect in effects if isinstance(effect, Send)]


def turns(effects: list[Effect]) -> list[TurnData]:
    return [effect.turn for effect in effects if isinstance(effect, StoreTurn)]


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
    assert timers == {"max": 900.0, "idle": 120.0, "ready": 20.0}


def test_call_that_is_taken_over_does_not_wait_for_its_browser():
    assert "ready" not in {effect.timer for effect in Stage(ready=True).call.begin()}


@pytest.mark.parametrize(
    ("timer", "reason"), [("max", "time_limit"), ("idle", "idle"), ("ready", "not_connected")]
)
def test_limits_hang_up(timer: Any, reason: str):
    assert Stage(ready=False).give(TimerFired(timer, NOON)) == [HangUp(reason)]


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


# Transcript -------------------------------------------------------------------------------------------


def speak(stage: Stage, item_id: str, *deltas: str) -> None:
    for delta in deltas:
        stage.hear("response.output_audio_transcript.delta", response_id="r", item_id=item_id, delta=delta)


def test_turns_are_dated_when_speech_began_not_when_its_text_came():
    stage = Stage()
    stage.hear("input_audio_buffer.speech_started", item_id="u1")
    began = stage.now
    speak(stage, "a1", "It is ", "nine.")
    spoke = stage.now - timedelta(seconds=1)
    item = {"id": "a1", "type": "message", "role": "assistant", "status": "completed"}
    assistant = turns(stage.hear("response.output_item.done", response_id="r", item=item))[0]
    person = turns(
        stage.hear(
            "conversation.item.input_audio_transcription.completed", item_id="u1", transcript=" What time? "
        )
    )[0]
    assert person == TurnData("u1", "user", "What time?", "What time?", began)
    assert assistant == TurnData("a1", "assistant", "It is nine.", "It is nine.", spoke)
    assert person.started_at < assistant.started_at


def test_interrupted_turn_of_a_paced_provider_holds_what_was_released():
    stage = Stage(paced=True)
    speak(stage, "a1", "One, ", "two, ")
    turn = turns(stage.hear("conversation.item.truncated", item_id="a1", audio_end_ms=700))[0]
    assert (turn.text, turn.heard_text, turn.interrupted, turn.heard_exact) == (
        "One, two,",
        "One, two,",
        True,
        True,
    )


def test_end_of_an_interrupted_item_does_not_undo_the_interruption():
    stage = Stage(paced=True)
    speak(stage, "a1", "One, ")
    stage.hear("conversation.item.truncated", item_id="a1", audio_end_ms=700)
    item = {"id": "a1", "type": "message", "role": "assistant", "status": "incomplete", "content": []}
    assert turns(stage.hear("response.output_item.done", response_id="r", item=item)) == []


def test_elsewhere_the_heard_part_is_estimated_and_asked_for():
    stage = Stage(paced=False)
    speak(stage, "a1", "The week stays dry and the weekend will be sunny and warm.")
    effects = stage.hear("conversation.item.truncated", item_id="a1", audio_end_ms=1000)
    turn = turns(effects)[0]
    assert (turn.heard_text, turn.heard_exact, turn.interrupted) == ("The week stays", False, True)
    assert turn.text.endswith("warm.")
    assert sent(effects) == ["conversation.item.retrieve"]
    item = {
        "id": "a1",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_audio", "transcript": "The week stays dry"}],
    }
    exact = turns(stage.hear("conversation.item.retrieved", item=item))[0]
    assert (exact.heard_text, exact.heard_exact) == ("The week stays dry", True)


def test_retrieved_item_that_is_not_shorter_proves_nothing():
    stage = Stage(paced=False)
    speak(stage, "a1", "The week stays dry.")
    stage.hear("conversation.item.truncated", item_id="a1", audio_end_ms=500)
    item = {
        "id": "a1",
        "type": "message",
        "content": [{"type": "output_audio", "transcript": "The week stays dry."}],
    }
    assert stage.hear("conversation.item.retrieved", item=item) == []


def test_speech_cut_by_the_end_of_the_call_is_kept():
    stage = Stage()
    speak(stage, "a1", "Let me ")
    effects = stage.give(EndRequested("user", NOON))
    assert turns(effects)[0].text == "Let me"
    assert turns(effects)[0].interrupted
    assert effects[-1] == HangUp("user")


def test_typed_words_are_a_turn_and_hidden_ones_are_not():
    stage = Stage()
    content = [{"type": "input_text", "text": "hello"}]
    typed = {"id": "u1", "type": "message", "role": "user", "content": content}
    assert turns(stage.hear("conversation.item.added", item=typed))[0].text == "hello"
    hidden = {"id": "s1", "type": "message", "role": "system", "content": content}
    assert stage.hear("conversation.item.added", item=hidden) == []


def test_usage_of_responses_and_transcriptions_is_stored_with_its_split():
    stage = Stage()
    usage = {
        "total_tokens": 30,
        "input_tokens": 20,
        "output_tokens": 10,
        "input_token_details": {"text_tokens": 5, "audio_tokens": 15, "cached_tokens": 4},
        "output_token_details": {"text_tokens": 2, "audio_tokens": 8},
    }
    done = stage.hear("response.done", response={"id": "r1", "status": "completed", "usage": usage})
    stored = next(effect.usage for effect in done if isinstance(effect, StoreUsage))
    assert (stored.kind, stored.source_id, stored.usage.input_token_details.audio_tokens) == (
        "response",
        "r1",
        15,
    )
    heard = stage.hear(
        "conversation.item.input_audio_transcription.completed",
        item_id="u1",
        transcript="hi",
        usage={"type": "duration", "seconds": 1.5},
    )
    stored = next(effect.usage for effect in heard if isinstance(effect, StoreUsage))
    assert (stored.kind, stored.source_id, stored.usage.seconds) == ("transcription", "u1", 1.5)
