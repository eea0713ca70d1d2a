"""What a client may say: one JSON object a text frame, checked before anything acts on it."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rooms import names
from rooms.errors import BadMessage, BadRoom, UnknownType
from rooms.frames import Position
from rooms.names import Room

LONGEST_NAME = 60


class NotAnObject(ValueError):
    """The text is no JSON object; the socket is closed with 4500."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _InRoom(_Message):
    room: str

    def read_room(self) -> Room:
        """The room that is meant. Raises BadRoom."""
        try:
            return names.room_from_text(self.room)
        except names.BadRoomName as exc:
            raise BadRoom(str(exc), field="room") from exc


class Since(_Message):
    """The place of the last message that the client has."""

    epoch: Annotated[str, Field(max_length=100)]
    offset: Annotated[int, Field(ge=0, le=2**53)]


class Join(_InRoom):
    type: Literal["join"]
    last: Annotated[int, Field(ge=0)] | None = None
    since: Since | None = None

    @property
    def position(self) -> Position | None:
        return Position(self.since.epoch, self.since.offset) if self.since else None


class Leave(_InRoom):
    type: Literal["leave"]


class Publish(_InRoom):
    type: Literal["publish"]
    data: str
    id: Annotated[str, Field(max_length=100)] | int | None = None

    def read_payload(self) -> bytes:
        """What is published. Raises BadMessage."""
        try:
            return self.data.encode()
        except UnicodeEncodeError as exc:
            raise BadMessage("The data is no Unicode text.", field="data") from exc


class Ping(_Message):
    type: Literal["ping"]


ClientMessage = Join | Leave | Publish | Ping
_TYPES: dict[str, type[ClientMessage]] = {"join": Join, "leave": Leave, "publish": Publish, "ping": Ping}


def parse_object(text: str) -> dict[str, Any]:
    """The object that a frame's text is. Raises NotAnObject."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise NotAnObject from exc
    if not isinstance(found, dict):
        raise NotAnObject
    return found


def parse_message(found: dict[str, Any]) -> ClientMessage:
    """The message that an object is. Raises BadMessage, UnknownType."""
    kind = found.get("type")
    if not isinstance(kind, str):
        raise BadMessage('A message has a "type".', field="type")
    if kind not in _TYPES:
        raise UnknownType(f"Messages are of the types {', '.join(_TYPES)}.", field="type")
    try:
        return _TYPES[kind].model_validate(found)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False, include_context=False)[0]
        where = _where(first["loc"], found)
        raise BadMessage(f"{where}: {first['msg']}.", field=where) from exc


def _where(path: tuple[int | str, ...], found: dict[str, Any]) -> str:
    """The field that an error is about, as it can be said back: short, and Unicode text."""
    # Pydantic has no path to a name that is no Unicode text: JSON can carry half a surrogate pair.
    path = path or tuple(name for name in found if not _is_unicode(name))
    parts = (str(part)[:LONGEST_NAME] for part in path[: 2 if path[0] == "since" else 1])
    return ".".join(parts).encode("utf-8", "backslashreplace").decode()


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
