"""The only translator between a Redis channel, a room and a Channels group.

A room is any Redis channel whose name is 1 to 256 bytes of UTF-8 without control characters and is
neither "." nor "..". The room's name is that text, unchanged. Its group is a digest, because group
names allow far fewer characters; one group is one Redis channel that begins with byte 0x01, which
no room can, so that the bridge can drop whatever is our own.
"""

import hashlib
import unicodedata
from typing import NewType

Room = NewType("Room", str)

INTERNAL_MARK = "\x01"
ROOM_NAME_BYTES = 256
CALL_PREFIX = "call."
GROUP_PREFIX = "room."
_DIGEST_BYTES = 16


class BadRoomName(ValueError):
    """The text cannot name a room; the message says why."""


def room_from_text(text: str) -> Room:
    """The room of that name. Raises BadRoomName."""
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as exc:
        raise BadRoomName("A room's name is UTF-8 text.") from exc
    if not 1 <= size <= ROOM_NAME_BYTES:
        raise BadRoomName(f"A room's name has 1 to {ROOM_NAME_BYTES} bytes.")
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise BadRoomName("A room's name has no control characters.")
    if text in (".", ".."):
        raise BadRoomName('A room cannot be named "." or "..".')
    return Room(text)


def room_from_channel(channel: bytes) -> Room:
    """The room that a Redis channel is. Raises BadRoomName for channels that are none."""
    try:
        return room_from_text(channel.decode("utf-8"))
    except UnicodeDecodeError as exc:
        raise BadRoomName("A room's name is UTF-8 text.") from exc


def channel_of(room: Room) -> bytes:
    """The plain Redis channel that devices publish and subscribe on."""
    return room.encode("utf-8")


def digest_of(room: Room) -> str:
    """Sixteen bytes of the name's hash, in hex: the same in every process and release."""
    return hashlib.blake2b(room.encode("utf-8"), digest_size=_DIGEST_BYTES).hexdigest()


def group_of(room: Room) -> str:
    """The Channels group of a room: ASCII, under 100 characters."""
    return f"{GROUP_PREFIX}{digest_of(room)}"


def group_channel_of(room: Room, namespace: str) -> str:
    """The Redis channel that carries the room's finished frames, in this deployment's namespace."""
    return channel_of_group(group_of(room), namespace)


def channel_of_group(group: str, namespace: str) -> str:
    """The same for who knows only the room's group."""
    return f"{INTERNAL_MARK}{namespace}room:{group.removeprefix(GROUP_PREFIX)}"


def is_internal(channel: bytes) -> bool:
    """Whether the channel is our own, of any deployment: nothing to relay."""
    return channel.startswith(b"\x01")


def is_call_room(room: Room) -> bool:
    """Whether the name is reserved for a running call."""
    return room.startswith(CALL_PREFIX)
