"""Takes a client's events apart and does what they ask; a wrong one is answered by an error event.

The data channel and the sidebands come in here alike. An error echoes the event's id and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, JsonValue

from voice.engine.call import Call, session_options
from voice.engine.errors import Refusal
from voice.engine.item_models import ItemShape, wire_item
from voice.engine.session_models import ResponseShape, Shape, given_fields, read
from voice.protocol import JsonObject, error_event, new_id, parse_event


class Plain(Shape):
    """An event without fields of its own."""

    type: str
    event_id: Annotated[str, Field(max_length=512)] | None = None


class SessionUpdate(Plain):
    session: JsonValue


class ItemRef(Plain):
    item_id: str


class ItemTruncate(ItemRef):
    content_index: int
    audio_end_ms: int


class ResponseCreate(Plain):
    response: ResponseShape | None = None


class ResponseCancel(Plain):
    response_id: str | None = None


class AudioAppend(Plain):
    audio: str


def handle(call: Call, text: str | bytes) -> None:
    """Do what one message asks of a call."""
    event_id: str | None = None
    try:
        event = _parsed(text)
        given_id = event.get("event_id")
        event_id = given_id if isinstance(given_id, str) else None
        _handler_of(event)(call, event)
    except Refusal as refusal:
        call.outbox.send(error_event(refusal.code, refusal.message, param=refusal.param, event_id=event_id))


def _parsed(text: str | bytes) -> JsonObject:
    try:
        return parse_event(text)
    except ValueError as exc:
        raise Refusal("invalid_event", str(exc)) from exc


def _handler_of(event: JsonObject) -> Callable[[Call, JsonObject], None]:
    if event["type"] in _HANDLERS:
        return _HANDLERS[event["type"]]
    supported = ", ".join(f"'{kind}'" for kind in sorted(_HANDLERS))
    message = f"Invalid value: '{event['type'][:64]}'. Supported values are: {supported}."
    raise Refusal("invalid_value", message, param="type")


def _update_session(call: Call, event: JsonObject) -> None:
    call.update_session(read(SessionUpdate, event).session)


def _append_audio(call: Call, event: JsonObject) -> None:
    read(AudioAppend, event)
    raise Refusal("invalid_event_for_transport", "Audio arrives on the call's media track, not as events.")


def _commit_audio(call: Call, event: JsonObject) -> None:
    read(Plain, event)
    call.commit(new_id("item"), call.ears.commit())


def _clear_audio(call: Call, event: JsonObject) -> None:
    read(Plain, event)
    call.clear_input()


def _clear_output(call: Call, event: JsonObject) -> None:
    read(Plain, event)
    call.clear_output()


def _create_item(call: Call, event: JsonObject) -> None:
    shape = read(ItemShape, event)
    item: dict[str, Any] = wire_item(shape.item)
    item.setdefault("id", new_id("item"))
    item.setdefault("status", "completed")
    previous = call.talk.conversation.add(item, after=shape.previous_item_id)
    call.outbox.emit("conversation.item.added", previous_item_id=previous, item=item)
    call.outbox.emit("conversation.item.done", previous_item_id=previous, item=item)


def _retrieve_item(call: Call, event: JsonObject) -> None:
    entry = call.talk.conversation.find(read(ItemRef, event).item_id)
    call.outbox.emit("conversation.item.retrieved", item=entry.item)


def _truncate_item(call: Call, event: JsonObject) -> None:
    wanted = read(ItemTruncate, event)
    call.talk.conversation.cut(wanted.item_id, audio_ms=wanted.audio_end_ms)
    call.outbox.emit(
        "conversation.item.truncated",
        item_id=wanted.item_id,
        content_index=wanted.content_index,
        audio_end_ms=wanted.audio_end_ms,
    )


def _delete_item(call: Call, event: JsonObject) -> None:
    item_id = read(ItemRef, event).item_id
    call.talk.conversation.remove(item_id)
    call.outbox.emit("conversation.item.deleted", item_id=item_id)


def _create_response(call: Call, event: JsonObject) -> None:
    shape = read(ResponseCreate, event).response
    given = given_fields(shape) if shape else {}
    if given.get("input") is not None:
        given["input"] = [_given_item(call, item) for item in given["input"]]
    call.respond(session_options(call.session, given))


def _given_item(call: Call, item: JsonObject) -> JsonObject:
    """Return an item of a response's own input, looked up when it is only a reference."""
    if item.get("type") == "item_reference":
        return call.talk.conversation.find(str(item.get("id"))).item
    return wire_item(read(ItemShape, {"item": item}, param="response.input").item)


def _cancel_response(call: Call, event: JsonObject) -> None:
    call.cancel_response(read(ResponseCancel, event).response_id)


_HANDLERS: dict[str, Callable[[Call, JsonObject], None]] = {
    "session.update": _update_session,
    "input_audio_buffer.append": _append_audio,
    "input_audio_buffer.commit": _commit_audio,
    "input_audio_buffer.clear": _clear_audio,
    "output_audio_buffer.clear": _clear_output,
    "conversation.item.create": _create_item,
    "conversation.item.retrieve": _retrieve_item,
    "conversation.item.truncate": _truncate_item,
    "conversation.item.delete": _delete_item,
    "response.create": _create_response,
    "response.cancel": _cancel_response,
}
