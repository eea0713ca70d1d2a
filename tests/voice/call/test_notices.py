"""What the core says about limits: the hint of the last minute, and the goodbye when the money is gone."""

from __future__ import annotations

from typing import Any

from tests.voice.call.stage import NOON, Stage, sent
from voice.call import Arm, BudgetLow, BudgetReached, EndRequested, HangUp, Send, Tell, TimerFired
from voice.call.notices import GOODBYE_S

WORDS = "Your budget for today is used up."
GOODBYE = {"purpose": "goodbye"}


def asked(effects: list[Any]) -> list[dict[str, Any]]:
    """What responses were asked for."""
    events = [effect.event for effect in effects if isinstance(effect, Send)]
    return [event.get("response", {}) for event in events if event["type"] == "response.create"]


def test_a_minute_before_the_end_is_armed_only_when_there_is_one():
    warned = [Arm("warn", 840.0)]
    assert [effect for effect in Stage().call.begin() if effect in warned] == warned
    short = Stage(max_s=60.0).call.begin()
    assert not [effect for effect in short if isinstance(effect, Arm) and effect.timer == "warn"]


def test_the_last_minute_is_told_and_hinted_without_asking_for_a_response():
    effects = Stage().give(TimerFired("warn", NOON))
    assert effects[0] == Tell("time_low", "One minute of this call is left.")
    assert sent(effects) == ["conversation.item.create"]
    item = effects[1].event["item"]
    assert (item["role"], 'also say: "One minute is left."' in item["content"][0]["text"]) == ("system", True)


def test_little_money_is_told_once():
    stage = Stage()
    assert stage.give(BudgetLow("84 %", NOON)) == [Tell("budget_low", "84 %")]
    assert stage.give(BudgetLow("85 %", NOON)) == []


def test_spent_money_is_told_and_the_model_says_goodbye():
    effects = Stage().give(BudgetReached(WORDS, NOON))
    assert effects[:2] == [Tell("budget_reached", WORDS), Arm("goodbye", GOODBYE_S)]
    [response] = asked(effects)
    assert (response["metadata"], response["tool_choice"]) == (GOODBYE, "none")
    assert f'"{WORDS} So this call ends now. Goodbye."' in response["instructions"]


def test_goodbye_ends_the_call_when_it_has_been_heard():
    stage = Stage()
    stage.give(BudgetReached(WORDS, NOON))
    stage.hear("response.created", response={"id": "r1", "metadata": GOODBYE})
    stage.hear("response.done", response={"id": "r1", "status": "completed", "metadata": GOODBYE})
    assert stage.hear("output_audio_buffer.stopped", response_id="r0") == []
    assert stage.hear("output_audio_buffer.stopped", response_id="r1") == [HangUp("budget")]


def test_goodbye_that_is_not_heard_ends_the_call_in_time():
    stage = Stage()
    stage.give(BudgetReached(WORDS, NOON))
    assert stage.give(TimerFired("goodbye", NOON)) == [HangUp("budget")]


def test_goodbye_waits_for_the_answer_that_is_being_made():
    stage = Stage()
    stage.hear("response.created", response={"id": "r1"})
    assert sent(stage.give(BudgetReached(WORDS, NOON))) == []
    [response] = asked(stage.hear("response.done", response={"id": "r1", "status": "completed"}))
    assert response["metadata"] == GOODBYE


def test_goodbye_that_met_another_answer_is_asked_for_again():
    stage = Stage()
    [send] = [effect for effect in stage.give(BudgetReached(WORDS, NOON)) if isinstance(effect, Send)]
    stage.hear("response.created", response={"id": "r1"})  # the provider's own
    error = {"code": "conversation_already_has_active_response", "event_id": send.event["event_id"]}
    stage.hear("error", error=error)
    [response] = asked(stage.hear("response.done", response={"id": "r1", "status": "cancelled"}))
    assert response["metadata"] == GOODBYE


def test_on_its_way_out_a_call_runs_no_tools_and_hints_nothing():
    stage = Stage()
    stage.response("r1", ("c1", "get_weather", "{}"))
    stage.give(BudgetReached(WORDS, NOON))
    assert stage.finish("c1") == []
    assert asked(stage.response("r2", ("c2", "get_weather", "{}")))[0]["metadata"] == GOODBYE
    assert stage.give(TimerFired("warn", NOON)) == []
    assert stage.give(BudgetReached(WORDS, NOON)) == []
    assert stage.give(EndRequested("user", NOON)) == [HangUp("user")]


def test_whoever_is_still_speaking_is_not_idle():
    stage = Stage()
    stage.hear("input_audio_buffer.speech_started", item_id="u1")
    assert stage.give(TimerFired("idle", NOON)) == [Arm("idle", 120.0)]
    stage.hear("input_audio_buffer.speech_stopped", item_id="u1")
    assert stage.give(TimerFired("idle", NOON)) == [HangUp("idle")]
