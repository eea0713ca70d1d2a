"""`/api/rooms/<room>/messages`: publish one, read those that are kept."""

from __future__ import annotations

from typing import Annotated

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Header, Query, Router, Status

from rooms.api.addresses import room_of
from rooms.api.pace import keep_pace
from rooms.api.parts import parts_of
from rooms.api.payloads import payload_of
from rooms.api.refusals import BadParameter
from rooms.api.shapes import Messages, Published, Refusal
from rooms.errors import NotAllowed
from rooms.frames import Position
from rooms.history import Reading
from rooms.models import DeviceKey
from rooms.names import Room
from rooms.policies import Rights, rights_for, rights_of_key, tell_entered

MOST_MESSAGES = 1000
_ANY_BODY = {"schema": {"type": "string"}}
_BODY = {
    "description": "The payload, at most 64 KiB, of any kind; published unchanged.",
    "content": {
        "text/plain": _ANY_BODY,
        "application/json": {"schema": {}},
        "application/octet-stream": _ANY_BODY,
    },
}
_REFUSALS = dict.fromkeys((400, 401, 403, 422, 503), Refusal)

router = Router(tags=["messages"])


@router.post(
    "/{text:room}/messages",
    response={201: Published, **_REFUSALS, 409: Refusal, 413: Refusal, 429: Refusal},
    openapi_extra={"requestBody": _BODY},
    summary="Publish a message",
)
async def publish(
    request: HttpRequest,
    room: str,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", max_length=200)] = "",
) -> Status[Published]:
    """Give the payload its place in the room; devices subscribed to the Redis channel get it unchanged.

    With an `Idempotency-Key` the same body is published once in a day, however often it is sent.
    """
    named = room_of(room)
    if not (await _rights(request, named)).publish:
        raise NotAllowed("You may not publish to this room.", field="room")
    payload = payload_of(request)
    async with parts_of(request) as parts:
        await keep_pace(parts.redis, settings.ROOMS_NAMESPACE, request.auth)  # type: ignore[attr-defined]
        placed = await parts.register.publish(named, payload, source="http", idempotency_key=idempotency_key)
    return Status(201, Published(room=named, epoch=placed.position.epoch, offset=placed.position.offset))


@router.get(
    "/{text:room}/messages",
    response={200: Messages, **_REFUSALS},
    by_alias=True,  # a gap's `from` is a word of Python
    summary="Read what is kept",
)
async def read(
    request: HttpRequest,
    room: str,
    since: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    epoch: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_MESSAGES)] = 100,
) -> HttpResponse:
    """The newest `limit` messages; with `since` and its `epoch`, all that came after it, or one gap."""
    named = room_of(room)
    if not (await _rights(request, named)).view:
        raise NotAllowed("You may not read this room.", field="room")
    if since is not None and not epoch:
        raise BadParameter("An offset is a place only together with its epoch.", field="epoch")
    await tell_entered(request.auth, named)  # type: ignore[attr-defined]
    position = None if since is None else Position(epoch, since)
    async with parts_of(request) as parts:
        reading = await parts.history.read(named, since=position, last=limit, limit=limit)
    return HttpResponse(_written(reading), content_type="application/json")


async def _rights(request: HttpRequest, room: Room) -> Rights:
    caller = request.auth  # type: ignore[attr-defined]
    # A key was looked up for this very request.
    return rights_of_key(caller, room) if isinstance(caller, DeviceKey) else await rights_for(caller, room)


def _written(reading: Reading) -> str:
    """The answer as text: frames are finished texts already, and payloads are never parsed."""
    recovered = {None: "null", True: "true", False: "false"}[reading.recovered]
    more = ',"more":true' if reading.more else ""
    return (
        f'{{"epoch":"{reading.position.epoch}","offset":{reading.position.offset},"recovered":{recovered},'
        f'"messages":[{",".join(reading.frames)}],"gaps":[{",".join(reading.gaps)}]{more}}}'
    )
