"""A room consumer as in the Channels tutorial: one group a room, one event a socket and message."""

from typing import Any

from bench.peers.channels.layer import configure

configure()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402  (needs the settings)
from channels.routing import ProtocolTypeRouter  # noqa: E402


class RoomConsumer(AsyncWebsocketConsumer):  # type: ignore[misc, unused-ignore]
    """`join ROOM` is answered with `joined ROOM`; then the room's messages as they were published."""

    rooms: tuple[str, ...] = ()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        room = (text_data or "").removeprefix("join ")
        await self.channel_layer.group_add(room, self.channel_name)
        self.rooms = (*self.rooms, room)
        await self.send(text_data=f"joined {room}")

    async def disconnect(self, code: int) -> None:
        for room in self.rooms:
            await self.channel_layer.group_discard(room, self.channel_name)

    async def room_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


application = ProtocolTypeRouter({"websocket": RoomConsumer.as_asgi()})
