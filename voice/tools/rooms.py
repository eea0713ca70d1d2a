"""Rooms by voice: which there are, what one says, publish to one. The person's own rights count.

A name that was heard is seldom the name that is written ("device one" is device01), so the nearest room is
taken: for reading also one that is only like it, for publishing one that reads the same aloud.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model

from rooms.directory import describe, permitted
from rooms.errors import RoomsError
from rooms.names import BadRoomName, Room, room_from_text
from rooms.policies import is_listed, rights_for
from rooms.registry import RoomState
from voice.errors import ToolError
from voice.tools.context import CodeTool, Output, ToolContext

MOST_TOLD = 20
MOST_LOOKED_THROUGH = 500
MOST_CHARS = 300
_ALIKE = 0.75
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


async def list_rooms(context: ToolContext, arguments: dict[str, Any]) -> Output:
    """`{"rooms": [{"room", "title"?, "data"?, "age", "late"}], "more": bool}`, newest activity first."""
    with _in_words():
        found, following = await permitted(
            context.rooms, _person(context), search=arguments.get("search", ""), limit=MOST_TOLD
        )
        entries = await describe(context.rooms, found)
    told = []
    for entry in entries:
        one = {"room": entry.state.room, "title": entry.title, "data": _text(entry.state)}
        about = {"age": _age(entry.state), "late": entry.late}
        told.append({name: value for name, value in one.items() if value} | about)
    return {"rooms": told, "more": following is not None}


async def read_room(context: ToolContext, arguments: dict[str, Any]) -> Output:
    """`{"spoken", "room", "title", "data", "unit", "age", "late"}`: the last message."""
    name = arguments["room"]
    with _in_words():
        state = await _meant(context, name)
        if state is None:
            raise ToolError(f"There is no room called {name[:80]} that you may watch.")
        entry = (await describe(context.rooms, [state]))[0]
    value = f"{_spoken(_text(state))} {entry.unit}".strip() or "something that is no text"
    return {
        "spoken": f"{entry.title or state.room} says {value}, {_age(state)}.",
        "room": state.room,
        "title": entry.title,
        "data": _text(state),
        "unit": entry.unit,
        "age": _age(state),
        "late": entry.late,
    }


async def publish_to_room(context: ToolContext, arguments: dict[str, Any]) -> Output:
    """`{"spoken", "room", "offset"}`: the message is in the room, and the device has been told."""
    name, message = arguments["room"], arguments["message"]
    with _in_words():
        room = await _addressed(context, name)
        if not (await rights_for(_person(context), room)).publish:
            raise ToolError(f"You may not publish to {room[:80]}, so nothing was sent.")
        placed = await context.rooms.register.publish(room, message.encode(), source="voice")
    return {"spoken": f"I sent {message[:80]} to {room}.", "room": room, "offset": placed.position.offset}


def _person(context: ToolContext) -> Any:
    """Only the key counts: rights are read afresh."""
    return get_user_model()(pk=context.user_id)


@contextmanager
def _in_words() -> Iterator[None]:
    """What goes wrong in rooms, as a sentence for the model."""
    try:
        yield
    except RoomsError as exc:
        raise ToolError(exc.message) from exc


def _room(name: str) -> Room:
    try:
        return room_from_text(name)
    except BadRoomName as exc:
        raise ToolError(str(exc)) from exc


async def _meant(context: ToolContext, name: str) -> RoomState | None:
    """The room to read: of that name, of that sound, of that title, or much like it."""
    room, person = _room(name), _person(context)
    exact = (await context.rooms.registry.states([room])).get(room)
    if exact is not None and is_listed(room) and (await rights_for(person, room)).view:
        return exact
    found, _ = await permitted(context.rooms, person, limit=MOST_LOOKED_THROUGH)
    wanted, by_sound = _sound(name), _by_sound(found)
    if wanted in by_sound:
        return by_sound[wanted]
    for entry in await describe(context.rooms, found):
        if entry.title and _sound(entry.title) == wanted:
            return entry.state
    alike = difflib.get_close_matches(wanted, by_sound, n=1, cutoff=_ALIKE)
    return by_sound[alike[0]] if alike else None


async def _addressed(context: ToolContext, name: str) -> Room:
    """The room to publish to: of that name, else of that sound; a name nobody has is a new room."""
    room, person = _room(name), _person(context)
    if room in await context.rooms.registry.states([room]):
        return room
    wanted = _sound(name)
    found, _ = await permitted(context.rooms, person, limit=MOST_LOOKED_THROUGH, may="publish")
    # One that is closed to the person is still the one that was meant: to be refused, not to be replaced.
    page = await context.rooms.registry.list(limit=MOST_LOOKED_THROUGH)
    by_sound = _by_sound(page.rooms) | _by_sound(found)
    return by_sound[wanted].room if wanted in by_sound else room


def _by_sound(states: list[RoomState]) -> dict[str, RoomState]:
    """Of rooms that sound alike, the one with the newest message."""
    return {_sound(state.room): state for state in reversed(states)}


def _sound(name: str) -> str:
    """A name as it is said: no case, no punctuation, no leading zeros."""
    words = re.findall(r"\d+|[^\W\d_]+", name.casefold())
    return "".join(word.lstrip("0") or "0" if word.isdigit() else word for word in words)


def _text(state: RoomState) -> str:
    try:
        return state.payload.decode("utf-8")[:MOST_CHARS]
    except UnicodeDecodeError:
        return ""


def _spoken(text: str) -> str:
    """A JSON object as its names and values, anything else as it is."""
    try:
        values = json.loads(text)
    except ValueError:
        return text
    if not isinstance(values, dict):
        return text
    return ", ".join(
        f"{name} {value}" for name, value in values.items() if isinstance(value, str | int | float)
    )


def _age(state: RoomState) -> str:
    seconds = max(0, state.now_ms - state.at_ms) // 1000
    for size, unit in _UNITS:
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


_ROOM = {
    "type": "string",
    "description": "Name of the room as it was said or written, such as device01 or greenhouse/temp",
    "minLength": 1,
    "maxLength": 256,
}

LIST_ROOMS = CodeTool(
    name="list_rooms",
    title="Rooms",
    icon="grid",
    description="Lists the device rooms that exist, the most recently active first, with their last values.",
    parameters={
        "type": "object",
        "properties": {
            "search": {
                "type": "string",
                "description": "Part of the name, when only some are meant",
                "maxLength": 100,
            }
        },
        "additionalProperties": False,
    },
    function=list_rooms,
)
READ_ROOM = CodeTool(
    name="read_room",
    title="Room",
    icon="room",
    description="Reads the last value that a device room, sensor or channel has published, and its age.",
    parameters={
        "type": "object",
        "properties": {"room": _ROOM},
        "required": ["room"],
        "additionalProperties": False,
    },
    function=read_room,
)
PUBLISH_TO_ROOM = CodeTool(
    name="publish_to_room",
    title="Publish",
    icon="send",
    description="Publishes a message to a device room, so that the device and everybody watching get it.",
    parameters={
        "type": "object",
        "properties": {
            "room": _ROOM,
            "message": {"type": "string", "description": "The text to send, unchanged", "maxLength": 4000},
        },
        "required": ["room", "message"],
        "additionalProperties": False,
    },
    function=publish_to_room,
)
ROOM_TOOLS = (LIST_ROOMS, READ_ROOM, PUBLISH_TO_ROOM)
