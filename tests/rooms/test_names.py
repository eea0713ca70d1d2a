"""What can name a room, and how a room is told to Redis and to Channels."""

import pytest
from channels.layers import BaseChannelLayer
from hypothesis import given
from hypothesis import strategies as st

from rooms import names
from tests.fuzzing import examples

GOOD = ["device01", "sensors:temp", "home/kitchen", "ünit 7", "a" * 256, "é" * 128, "...", " ", "call.1"]
BAD = ["", "a" * 257, "é" * 129, ".", "..", "a\nb", "\x00", "\x01x", "a\x7f", "\x85", "\ud800"]


def is_room(text: str) -> bool:
    try:
        return bool(names.room_from_text(text))
    except names.BadRoomName:
        return False


any_room = st.text(min_size=1, max_size=256).filter(is_room).map(names.Room)


@pytest.mark.parametrize("text", GOOD)
def test_a_room_and_its_channel_are_the_same_bytes(text):
    room = names.room_from_text(text)
    assert names.room_from_channel(names.channel_of(room)) == room == text


@pytest.mark.parametrize("text", BAD)
def test_what_cannot_name_a_room(text):
    with pytest.raises(names.BadRoomName):
        names.room_from_text(text)


def test_a_channel_that_is_not_utf8_is_no_room():
    with pytest.raises(names.BadRoomName):
        names.room_from_channel(b"\xff\xfe")


@pytest.mark.parametrize("text", GOOD)
def test_groups_are_valid_group_names(text):
    assert BaseChannelLayer().require_valid_group_name(names.group_of(names.room_from_text(text)))


def test_groups_of_different_rooms_differ_and_stay_the_same():
    groups = {names.group_of(names.room_from_text(text)) for text in GOOD}
    assert len(groups) == len(GOOD)
    assert names.digest_of(names.room_from_text("device01")) == "4176e3feebf977b78280a6739e81a80a"


def test_our_own_channels_are_known_by_their_first_byte():
    channel = names.group_channel_of(names.room_from_text("device01"), "ns:")
    assert names.is_internal(channel.encode()) and channel.startswith("\x01ns:room:")
    assert not names.is_internal(b"device01")
    with pytest.raises(names.BadRoomName):
        names.room_from_channel(channel.encode())


def test_names_of_calls_are_reserved():
    assert names.is_call_room(names.room_from_text("call.7"))
    assert not names.is_call_room(names.room_from_text("callsign"))


@pytest.mark.fuzz
@examples(200)
@given(text=st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_is_a_room_by_the_rule_or_is_refused(text):
    size = len(text.encode("utf-8", "surrogatepass"))
    controls = any(ord(char) < 32 or 127 <= ord(char) < 160 for char in text)
    surrogates = any("\ud800" <= char <= "\udfff" for char in text)
    assert is_room(text) == (1 <= size <= 256 and not controls and not surrogates and text not in (".", ".."))


@pytest.mark.fuzz
@examples(200)
@given(channel=st.binary(max_size=300))
def test_any_channel_is_one_room_of_the_same_bytes_or_none(channel):
    try:
        room = names.room_from_channel(channel)
    except names.BadRoomName:
        return
    assert names.channel_of(room) == channel
    assert not names.is_internal(channel)


@pytest.mark.fuzz
@examples(200)
@given(one=any_room, other=any_room, namespace=st.from_regex(r"[a-z0-9]{1,8}:", fullmatch=True))
def test_any_two_rooms_have_groups_of_their_own_and_no_room_is_internal(one, other, namespace):
    assert names.room_from_channel(names.channel_of(one)) == one
    assert (names.group_of(one) == names.group_of(other)) == (one == other)
    assert BaseChannelLayer().require_valid_group_name(names.group_of(one))
    channel = names.group_channel_of(one, namespace)
    assert channel == names.channel_of_group(names.group_of(one), namespace)
    assert channel.isascii() and names.is_internal(channel.encode())
