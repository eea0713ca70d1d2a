"""What an address says: properly encoded, and with a room in it that can be."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest

from rooms.api.refusals import BadAddress
from rooms.errors import BadRoom
from rooms.names import BadRoomName, Room, room_from_text

_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def refuse_bad_encoding(request: HttpRequest) -> None:
    """Servers repair a broken address by guessing, and a guessed room is another room. Raises BadAddress."""
    scope = getattr(request, "scope", {})
    for raw in (scope.get("raw_path") or b"", scope.get("query_string") or b""):
        if _BROKEN_ESCAPE.search(raw):
            raise BadAddress("The address has a % that is not followed by two hexadecimal digits.")
        try:
            unquote_to_bytes(raw).decode("utf-8")
        except UnicodeDecodeError as exc:
            raise BadAddress("The address is not percent-encoded UTF-8.") from exc


def room_of(text: str) -> Room:
    """The room an address names. Raises BadRoom."""
    try:
        return room_from_text(text)
    except BadRoomName as exc:
        raise BadRoom(str(exc), field="room") from exc


class AnyText:
    """A path converter that takes any text, also what no room can be called: that is refused in words."""

    regex = r"[\s\S]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
