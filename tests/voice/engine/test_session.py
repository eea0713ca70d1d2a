"""A session is updated in whole or not at all, and refuses what the hosted API refuses."""

import pytest

from voice.engine.errors import Refusal
from voice.engine.session import Session

START = {"type": "realtime", "model": "gpt-realtime-2.1"}


def refusal(given):
    session = Session(START)
    before = session.data
    with pytest.raises(Refusal) as caught:
        session.update(given)
    assert session.data == before
    return caught.value.code, caught.value.param


def test_update_keeps_what_is_not_sent():
    session = Session({**START, "instructions": "Be brief."})
    session.update(
        {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.7}}}}
    )
    detection = session.turn_detection or {}
    assert (detection["threshold"], detection["silence_duration_ms"]) == (0.7, 500)
    assert session.data["instructions"] == "Be brief."


def test_null_clears_what_may_be_null():
    session = Session({**START, "instructions": "x", "tools": [{"type": "function", "name": "a"}]})
    session.update({"type": "realtime", "instructions": None, "tools": None})
    session.update({"type": "realtime", "audio": {"input": {"turn_detection": None}}})
    assert (session.data["instructions"], session.data["tools"]) == ("", [])
    assert session.turn_detection is None


def test_another_kind_of_turn_detection_starts_from_its_own_defaults():
    session = Session(START)
    session.update({"type": "realtime", "audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}})
    assert session.turn_detection == {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    }


def test_the_model_stays_what_it_was():
    session = Session(START)
    session.update({"type": "realtime", "model": "gpt-realtime"})
    assert session.data["model"] == "gpt-realtime-2.1"


def test_the_voice_stays_once_the_assistant_has_spoken():
    session = Session(START)
    voice = {"type": "realtime", "audio": {"output": {"voice": "cedar"}}}
    session.spoken = True
    with pytest.raises(Refusal) as caught:
        session.update(voice)
    assert caught.value.code == "cannot_update_voice"
    session.spoken = False
    session.update(voice)
    assert session.data["audio"]["output"]["voice"] == "cedar"


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"instructions": "x"}, "missing_required_parameter", "session.type"),
        ({"type": "realtime", "modalities": ["audio"]}, "unknown_parameter", "session.modalities"),
        ({"type": "transcription"}, "invalid_value", "session.type"),
        (
            {"type": "realtime", "output_modalities": ["audio", "text"]},
            "invalid_value",
            "session.output_modalities",
        ),
        ({"type": "realtime", "max_output_tokens": 0}, "invalid_value", None),
        (
            {
                "type": "realtime",
                "audio": {"input": {"turn_detection": {"type": "server_vad", "eagerness": "low"}}},
            },
            "unknown_parameter",
            "session.audio.input.turn_detection.eagerness",
        ),
        (
            {"type": "realtime", "audio": {"input": {"turn_detection": {"threshold": 0.5}}}},
            "missing_required_parameter",
            "session.audio.input.turn_detection.type",
        ),
        ({"type": "realtime", "audio": {"output": {"voice": "nobody"}}}, "invalid_value", None),
        ({"type": "realtime", "tools": [{"type": "function", "name": "a b"}]}, "invalid_value", None),
        (None, "invalid_value", "session"),
    ],
)
def test_what_the_hosted_api_refuses_is_refused_and_changes_nothing(given, code, param):
    got_code, got_param = refusal(given)
    assert got_code == code
    assert param is None or got_param == param


@pytest.mark.parametrize("model", ["gpt-4o-realtime-preview", "gpt-5"])
def test_unknown_models_do_not_exist(model):
    with pytest.raises(Refusal) as caught:
        Session({"type": "realtime", "model": model})
    assert (caught.value.code, caught.value.status) == ("model_not_found", 404)


def test_a_session_without_a_model_gets_one():
    assert Session({"type": "realtime"}).data["model"].startswith("gpt-realtime")
