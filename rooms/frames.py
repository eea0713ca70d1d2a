"""The JSON texts that travel to browsers: message and gap, built in one place.

A message frame is `{"type":"message","room","epoch","offset","at":ms,"data"}`, with `"base64"` instead of
`"data"` for bytes that are no UTF-8, and `"too_large": bytes` instead of either for what was above the limit.
Epoch, offset and time are known only inside the register script; so a frame is kept in two halves, `head` and
`tail`, between which the script (or `message_frame`) writes them. Payloads are never parsed.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Literal

from rooms.names import Room

GapReason = Literal["trimmed", "epoch", "not_heard", "too_large"]


@dataclass(frozen=True)
class Position:
    """A place in a room. Offsets of two epochs cannot be compared."""

    epoch: str
    offset: int

    def as_body(self) -> dict[str, Any]:
        """`{"epoch", "offset"}`."""
        return {"epoch": self.epoch, "offset": self.offset}


def head_of(room: Room) -> str:
    """The frame up to where the epoch is written."""
    return '{"type":"message","room":' + _text(room) + ',"epoch":"'


def tail_of(payload: bytes, *, too_large: int = 0) -> str:
    """The frame from behind the time on; `too_large` is the size of a payload that is not carried."""
    if too_large:
        return f',"too_large":{too_large}}}'
    try:
        return ',"data":' + _text(payload.decode("utf-8")) + "}"
    except UnicodeDecodeError:
        return ',"base64":"' + base64.b64encode(payload).decode("ascii") + '"}'


def join_frame(head: str, position: Position, at_ms: int, tail: str) -> str:
    """What the register script does, for frames read back from the stream."""
    return f'{head}{position.epoch}","offset":{position.offset},"at":{at_ms}{tail}'


def message_frame(room: Room, position: Position, at_ms: int, payload: bytes, *, too_large: int = 0) -> str:
    """The whole text of one message."""
    return join_frame(head_of(room), position, at_ms, tail_of(payload, too_large=too_large))


def message_body(
    room: Room, position: Position, at_ms: int, payload: bytes, *, too_large: int = 0
) -> dict[str, Any]:
    """The same as a dict."""
    body = {"type": "message", "room": room, **position.as_body(), "at": at_ms}
    return body | payload_body(payload, too_large=too_large)


def payload_body(payload: bytes, *, too_large: int = 0) -> dict[str, Any]:
    """`{"data"}`, `{"base64"}` or `{"too_large"}`."""
    if too_large:
        return {"too_large": too_large}
    try:
        return {"data": payload.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(payload).decode("ascii")}


def gap_frame(
    room: Room,
    *,
    from_: Position | None,
    to: Position | None,
    since_ms: int,
    until_ms: int,
    reason: GapReason,
) -> str:
    """The text of one gap: everything strictly between the two positions is unknown; none: see the times."""
    return _text(
        gap_body(room, from_=from_, to=to, since_ms=since_ms, until_ms=until_ms, reason=reason),
    )


def gap_body(
    room: Room,
    *,
    from_: Position | None,
    to: Position | None,
    since_ms: int,
    until_ms: int,
    reason: GapReason,
) -> dict[str, Any]:
    """The same as a dict."""
    return {
        "type": "gap",
        "room": room,
        "from": from_.as_body() if from_ else None,
        "to": to.as_body() if to else None,
        "since_ms": since_ms,
        "until_ms": until_ms,
        "reason": reason,
    }


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
