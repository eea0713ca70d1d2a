"""What a client's messages do, one after another for each socket; errors are answered, the socket stays."""

from __future__ import annotations

import asyncio
from typing import Any

from django.db import DatabaseError

from rooms.consumers.rates import Bucket
from rooms.consumers.shapes import ClientMessage, Join, Leave, Ping, Publish, parse_message
from rooms.errors import NotAllowed, RoomsError, TooManyRooms, Unavailable
from rooms.hub import Hub, Socket
from rooms.names import Room

MOST_ROOMS = 100
PUBLISH_BURST = 100
PUBLISH_PER_S = 20.0
LONGEST_ECHO = 256


class Commands:
    """The commands of one socket; `user_id` is replaced whenever the session is looked at again."""

    __slots__ = ("_bucket", "_hub", "_socket", "user_id")

    def __init__(self, hub: Hub, socket: Socket, user_id: Any) -> None:
        self.user_id = user_id
        self._hub = hub
        self._socket = socket
        self._bucket: Bucket | None = None  # most sockets never publish

    async def run(self, found: dict[str, Any]) -> None:
        """Do what one message asks, and answer it."""
        try:
            await self._run(parse_message(found))
        except RoomsError as exc:
            self.refuse(found, exc)
        except DatabaseError:
            self.refuse(found, Unavailable("The database cannot be reached just now.", retry_in_s=1))

    def refuse(self, found: dict[str, Any], error: RoomsError) -> None:
        """Answer `error`, naming what it is about."""
        about = {key: found[key] for key in ("room", "id") if _can_be_said(found.get(key))}
        if error.field:
            about["field"] = error.field
        if error.retry_in_s is not None:
            about["retry_in_s"] = error.retry_in_s
        self._socket.say(type="error", code=error.code, message=error.message, **about)

    async def _run(self, message: ClientMessage) -> None:
        match message:
            case Join():
                await self._join(message)
            case Leave():
                room = message.read_room()
                self._hub.leave(self._socket, room)
                self._socket.say(type="left", room=room)
            case Publish():
                await self._publish(message)
            case Ping():
                self._socket.say(type="pong")

    async def _join(self, message: Join) -> None:
        room = message.read_room()
        if room not in self._socket.rooms and len(self._socket.rooms) >= MOST_ROOMS:
            raise TooManyRooms(f"One socket joins at most {MOST_ROOMS} rooms.", field="room")
        if not (await self._hub.entrance.rights(self.user_id, room)).view:
            raise NotAllowed("You may not watch this room.", field="room")
        await self._hub.entrance.entered(self.user_id, room)
        await self._hub.join(self._socket, room, since=message.position, last=message.last or 0)

    async def _publish(self, message: Publish) -> None:
        room, payload = message.read_room(), message.read_payload()
        if self._bucket is None:
            self._bucket = Bucket(burst=PUBLISH_BURST, per_second=PUBLISH_PER_S)
        self._bucket.take()
        if not (await self._hub.entrance.rights(self.user_id, room)).publish:
            raise NotAllowed("You may not publish to this room.", field="room")
        done = await self._hub.publish(room, payload)
        place = done.position.as_body()
        self._socket.say(type="published", id=message.id, room=room, **place)

    async def leave_forbidden_rooms(self) -> None:
        """Leave what this person may no longer watch, and say so."""
        rooms = tuple(self._socket.rooms)
        asked = (self._hub.entrance.rights(self.user_id, room) for room in rooms)
        for room, rights in zip(rooms, await asyncio.gather(*asked), strict=True):
            if not rights.view and room in self._socket.rooms:
                self._leave_forbidden(room)

    def _leave_forbidden(self, room: Room) -> None:
        self._hub.leave(self._socket, room)
        self._socket.say(type="left", room=room, reason=NotAllowed.code)


def _can_be_said(value: Any) -> bool:
    """Whether a client's value can go back to it: short, and Unicode text if it is a text."""
    if isinstance(value, str):
        return len(value) <= LONGEST_ECHO and not any("\ud800" <= char <= "\udfff" for char in value)
    return isinstance(value, int)
