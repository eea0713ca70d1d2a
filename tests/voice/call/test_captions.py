"""The transcript the core keeps: order, interruption, what is no turn, usage."""

from __future__ import annotations

from datetime import timedelta

from tests.voice.call.stage import NOON, Stage, sent, turns
from voice.call import EndRequested, HangUp, StoreUsage, TurnData


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
    assert turns(stage.hear("conversation.item.added", item=hidden)) == []


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


def test_sound_thrown_away_without_a_truncation_is_no_heard_speech():
    stage = Stage(paced=False)
    speak(stage, "a1", "The week stays dry and the weekend will be sunny and warm.")
    item = {"id": "a1", "type": "message", "role": "assistant", "status": "completed"}
    stage.hear("response.output_item.done", response_id="r", item=item)
    stage.hear("output_audio_buffer.started", response_id="r")
    turn = turns(stage.hear("output_audio_buffer.cleared", response_id="r"))[0]
    assert (turn.heard_text, turn.heard_exact, turn.interrupted) == ("The week stays", False, True)
    exact = turns(stage.hear("conversation.item.truncated", item_id="a1", audio_end_ms=400))[0]
    assert exact.heard_text == "The"
