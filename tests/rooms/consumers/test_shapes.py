"""Whatever a client says is a message, or is answered with an error that names the field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.consumers.commands import Commands
from rooms.consumers.shapes import Join, Leave, NotAnObject, Publish, parse_message, parse_object
from rooms.errors import BadMessage, BadRoom, RoomsError, UnknownType
from rooms.hub.socket import Socket
from rooms.sinks import Batch
from tests.fuzzing import examples

pytestmark = pytest.mark.fuzz

LONGEST_ERROR = 2000

# Also halves of surrogate pairs, which JSON can carry and UTF-8 cannot.
any_text = st.text(st.characters(exclude_categories=()), max_size=40)
any_number = st.one_of(st.integers(), st.floats(), st.sampled_from([2**53, 2**64, -1, 10**400]))
any_value = st.recursive(
    st.one_of(st.none(), st.booleans(), any_number, any_text),
    lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(any_text, inside, max_size=3)),
    max_leaves=6,
)
keys = st.sampled_from(["type", "room", "data", "id", "last", "since", "epoch", "offset"])
sinces = st.one_of(
    any_value,
    st.fixed_dictionaries({}, optional={"epoch": any_value, "offset": any_value, "\ud800": any_value}),
)
near_messages = st.fixed_dictionaries(
    {"type": st.one_of(st.sampled_from(["join", "leave", "publish", "ping"]), any_value)},
    optional={"room": st.one_of(any_text, any_value), "since": sinces}
    | dict.fromkeys(("data", "id", "last", "�", "x" * 300), any_value),
)
objects = st.one_of(near_messages, st.dictionaries(st.one_of(keys, any_text), any_value, max_size=5))
frames = st.one_of(st.text(), any_value.map(json.dumps), objects.map(json.dumps))


class Heard:
    """A way out that keeps what is said, as bytes."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def give(self, batch: Batch, *, counted: bool = True) -> None:
        self.frames += batch.bodies


def answer_to(found: dict[str, Any], error: RoomsError) -> dict[str, Any]:
    heard: Any = Heard()
    hub: Any = None
    Commands(hub, Socket(1, heard), None).refuse(found, error)
    (frame,) = heard.frames
    assert len(frame) < LONGEST_ERROR
    answer: dict[str, Any] = json.loads(frame.decode("utf-8"))
    return answer


@examples(200)
@given(text=frames)
def test_any_text_is_an_object_or_none(text: str):
    try:
        assert isinstance(parse_object(text), dict)
    except NotAnObject:
        return


@examples(150)
@given(found=objects)
def test_any_object_is_a_message_or_an_error_with_code_and_field(found: dict[str, Any]):
    found = parse_object(json.dumps(found))
    try:
        message = parse_message(found)
    except (BadMessage, UnknownType) as exc:
        answer = answer_to(found, exc)
        assert answer["type"] == "error"
        assert answer["code"] in ("bad_message", "unknown_type")
        assert answer["message"] and answer["field"]
        return
    assert message.type == found["type"]


@examples(200)
@given(room=any_text, data=any_text, offset=st.integers(0, 2**53), epoch=st.text(max_size=100))
def test_any_room_and_payload_is_read_or_refused(room: str, data: str, offset: int, epoch: str):
    since = {"epoch": epoch, "offset": offset}
    for found in (
        {"type": "join", "room": room, "since": since},
        {"type": "leave", "room": room},
        {"type": "publish", "room": room, "data": data, "id": 1},
    ):
        try:
            message = parse_message(found)
            assert isinstance(message, Join | Leave | Publish)
            assert message.read_room() == room
            if isinstance(message, Publish):
                assert message.read_payload().decode() == data
        except (BadRoom, BadMessage) as exc:
            assert answer_to(found, exc)["field"] in ("room", "data", "since.epoch")


@pytest.mark.parametrize("depth", [100, 100_000])
def test_a_deep_text_is_refused(depth: int):
    with pytest.raises(NotAnObject):
        parse_object("[" * depth)
    try:
        found = parse_object('{"type":' + "[" * depth + "]" * depth + "}")
    except NotAnObject:
        return
    with pytest.raises(BadMessage):
        parse_message(found)


def test_a_name_that_is_no_unicode_text_is_answered():
    with pytest.raises(BadMessage) as caught:
        parse_message({"type": "ping", "\ud800": 1})
    assert answer_to({}, caught.value)["field"] == "\\ud800"


def test_a_very_long_name_is_not_said_back_whole():
    with pytest.raises(BadMessage) as caught:
        parse_message({"type": "join", "since": {"k" * 1_000_000: 1}, "room": "a"})
    assert len(caught.value.field) < 100
