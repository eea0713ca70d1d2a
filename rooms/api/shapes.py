"""The shapes of answers, as `/api/docs` shows them."""

from __future__ import annotations

from typing import Literal

from ninja import Schema
from pydantic import Field


class ErrorBody(Schema):
    code: str = Field(description="Stable, for programs.")
    message: str = Field(description="For the person in front of the screen.")
    field: str | None = None


class Refusal(Schema):
    error: ErrorBody


class Published(Schema):
    room: str
    epoch: str
    offset: int


class Place(Schema):
    epoch: str
    offset: int


class Message(Schema):
    """One of `data`, `base64` (not UTF-8) and `too_large` (bytes not carried) is there."""

    type: Literal["message"]
    room: str
    epoch: str
    offset: int
    at: int = Field(description="Milliseconds since 1970, by Redis' clock.")
    data: str | None = Field(None, description="The payload exactly as published.")
    base64: str | None = None
    too_large: int | None = None


class Gap(Schema):
    """Everything strictly between the two places is unknown; null: the times tell."""

    type: Literal["gap"]
    room: str
    since: Place | None = Field(alias="from")
    to: Place | None
    since_ms: int
    until_ms: int
    reason: Literal["trimmed", "epoch", "not_heard", "too_large"]


class Messages(Schema):
    epoch: str
    offset: int = Field(description="The newest place of the room.")
    recovered: bool | None = Field(description="null without `since`; true when nothing after it is missing.")
    messages: list[Message]
    gaps: list[Gap]
    more: bool | None = Field(None, description="True: ask again with the last offset you got.")


class ListedRoom(Schema):
    room: str
    title: str
    unit: str
    epoch: str
    offset: int
    data: str | None = Field(None, description="The last payload.")
    base64: str | None = None
    too_large: int | None = None
    at: int = Field(description="Of the last message, in milliseconds since 1970.")
    rate_per_min: float
    interval_ms: int | None = Field(description="Between two messages: expected, or learned from them.")
    watchers: int
    late: bool = Field(description="Silent for longer than its interval lets expect.")


class Rooms(Schema):
    rooms: list[ListedRoom]
    next: str | None = Field(description="What to give as `after` for more; null at the end.")
