"""Frames are valid JSON, and a payload comes back byte for byte, whatever it is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.frames import (
    Position,
    gap_body,
    gap_frame,
    head_of,
    join_frame,
    message_body,
    message_frame,
    tail_of,
)
from rooms.names import Room
from tests.fuzzing import examples
from tests.rooms.test_names import any_room

pytestmark = pytest.mark.fuzz

any_payload = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(str.encode),
    st.sampled_from([b'"}', b"\\", b"\x00", b"\xed\xa0\x80", b"\xff", "\u2028\u2029\ufeff".encode(), b"NaN"]),
)
any_position = st.builds(
    Position, st.from_regex(r"[0-9a-f]{10}\.[0-9]{13}", fullmatch=True), st.integers(0, 2**53)
)


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def read(text: str) -> Any:
    """As strict as a browser: encoded and decoded, without Python's additions to JSON."""
    return json.loads(text.encode("utf-8"), parse_constant=refuse_constant)


@examples(200)
@given(room=any_room, position=any_position, at_ms=st.integers(0, 2**53), payload=any_payload)
def test_any_payload_comes_back_byte_for_byte(room: Room, position: Position, at_ms: int, payload: bytes):
    body = read(message_frame(room, position, at_ms, payload))
    assert body == message_body(room, position, at_ms, payload)
    assert (body["room"], body["epoch"], body["offset"], body["at"]) == (
        room,
        position.epoch,
        position.offset,
        at_ms,
    )
    if "data" in body:
        assert body["data"].encode() == payload and "base64" not in body
    else:
        assert base64.b64decode(body["base64"], validate=True) == payload
        with pytest.raises(UnicodeDecodeError):
            payload.decode()


@examples(100)
@given(room=any_room, position=any_position, size=st.integers(1, 2**40))
def test_what_was_too_large_says_its_size_and_nothing_of_it(room: Room, position: Position, size: int):
    body = read(join_frame(head_of(room), position, 5, tail_of(b"secret", too_large=size)))
    assert body == message_body(room, position, 5, b"secret", too_large=size)
    assert body["too_large"] == size and not {"data", "base64"} & body.keys()


@examples(100)
@given(room=any_room, from_=st.none() | any_position, to=st.none() | any_position, ms=st.integers(0, 2**53))
def test_any_gap_is_the_body_it_was_made_of(room: Room, from_: Position | None, to: Position | None, ms: int):
    text = gap_frame(room, from_=from_, to=to, since_ms=0, until_ms=ms, reason="epoch")
    assert read(text) == gap_body(room, from_=from_, to=to, since_ms=0, until_ms=ms, reason="epoch")
