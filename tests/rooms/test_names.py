"""What can name a room, and how a room is told to Redis and to Channels."""

import pytest
from channels.layers import BaseChannelLayer

from rooms import names

GOOD = ["device01", "sensors:temp", "home/kitchen", "ünit 7", "a" * 256, "é" * 128, "...", " ", "call.1"]
BAD = ["", "a" * 257, "é" * 129, ".", "..", "a\nb", "\x00", "\x01x", "a\x7f", "\x85", "\ud800"]


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
