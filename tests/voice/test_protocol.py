"""What the shared protocol words promise to both sides of a call."""

import pytest
from openai.types.realtime import RealtimeServerEvent, RealtimeSessionCreateRequest
from pydantic import TypeAdapter

from voice import protocol

SERVER_EVENT: TypeAdapter = TypeAdapter(RealtimeServerEvent)


def test_ids_carry_their_prefix_and_do_not_repeat():
    ids = {protocol.new_id("item") for _ in range(100)}
    assert len(ids) == 100
    assert all(one.startswith("item_") for one in ids)


def test_default_session_is_what_the_official_types_accept():
    session = protocol.default_session("gpt-realtime-2.1-mini")
    RealtimeSessionCreateRequest.model_validate(session, strict=True)
    event = protocol.server_event("session.created", session={**session, "id": "sess_1"})
    assert SERVER_EVENT.validate_python(event).type == "session.created"


def test_error_event_echoes_the_client_event():
    event = protocol.error_event("invalid_event", "no", event_id="event_7")
    assert SERVER_EVENT.validate_python(event).error.event_id == "event_7"


@pytest.mark.parametrize(
    "location", ["/v1/realtime/calls/rtc_1", "https://x/v1/realtime/calls/rtc_1?y=2", "rtc_1"]
)
def test_call_id_is_the_last_segment_of_location(location):
    assert protocol.call_id_of(location) == "rtc_1"


def test_item_text_reads_every_kind_of_content():
    item = {"type": "message", "content": [{"type": "input_audio", "transcript": "hi"}, {"text": "there"}]}
    assert protocol.item_text(item) == "hi there"
    assert protocol.item_text({"type": "function_call"}) == ""


@pytest.mark.parametrize("text", ["", "[]", "{", '{"type": 1}', "[" * 100_000])
def test_what_is_no_event_raises_value_error(text):
    with pytest.raises(ValueError, match=r"JSON|type"):
        protocol.parse_event(text)
