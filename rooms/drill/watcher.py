"""One page: follows the protocol as docs/protocol.md asks of clients, and keeps what its application saw.

Comes back by itself, with its place, until it is cancelled. Nothing is skipped silently: what it does not
follow it asks for again, and `record` is judged afterwards.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket as sockets
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from rooms.drill.verdict import Delivery, Gap
from rooms.frames import Position
from rooms.names import Room

OPEN_S = 30.0
_FINAL = (4501, 4503)
_RECEIVE_BYTES = 16 * 1024


@dataclass(frozen=True)
class Door:
    """Where sockets are opened, and as whom: `cookie` is the session's, name and key."""

    url: str
    cookie: str
    room: Room


@dataclass(eq=False)
class Watcher:
    """One socket at a time. `ends` are the close codes of those that ended, `refused` why none can be had."""

    door: Door
    record: list[Delivery | Gap] = field(default_factory=list)
    ends: list[int | None] = field(default_factory=list)
    refused: str = ""
    position: Position | None = None
    last: int = 0
    # Stops reading on purpose: its silence says nothing about the site.
    is_slow: bool = False

    def __post_init__(self) -> None:
        self._socket: ClientConnection | None = None
        self._is_joining = False
        self._reads = asyncio.Event()
        self._reads.set()

    @property
    def has_joined(self) -> bool:
        """Whether it stands in the room now."""
        return self._socket is not None and self.position is not None and not self._is_joining

    def cut(self) -> None:
        """Break the connection without a word."""
        if self._socket:
            self._socket.transport.abort()

    def stop_reading(self) -> None:
        """Leave what comes in the kernel's buffers, kept small so that the server notices."""
        self.is_slow = True
        self._reads.clear()
        if self._socket and (plain := self._socket.transport.get_extra_info("socket")):
            plain.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, _RECEIVE_BYTES)

    def read_again(self) -> None:
        """Read what is left, and learn how the connection ended."""
        self._reads.set()

    async def run(self) -> None:
        """Until it is cancelled, or refused for good."""
        while not self.refused:
            try:
                await self._open_and_follow()
            except (OSError, WebSocketException, TimeoutError) as exc:
                if isinstance(exc, TimeoutError | OSError):
                    self.ends.append(None)
            self._is_joining = False
            await asyncio.sleep(random.uniform(0.05, 0.3))

    async def _open_and_follow(self) -> None:
        address = f"{self.door.url.replace('http', 'ws', 1)}/ws/rooms/"
        headers = {"Cookie": self.door.cookie, "Origin": self.door.url}
        async with connect(
            address,
            additional_headers=headers,
            compression=None,
            proxy=None,
            max_size=None,
            open_timeout=OPEN_S,
            close_timeout=1,
            ping_interval=None,
        ) as socket:
            self._socket = socket
            try:
                await self._follow(socket)
            finally:
                self._socket = None
                self.ends.append(socket.close_code)
                if socket.close_code in _FINAL:
                    self.refused = "the session has ended or is not valid"

    async def _follow(self, socket: ClientConnection) -> None:
        await self._join(socket)
        async for text in socket:
            await self._hear(socket, json.loads(text))
            await self._reads.wait()

    async def _join(self, socket: ClientConnection) -> None:
        if self._is_joining:
            return
        self._is_joining = True
        since = {"since": self.position.as_body()} if self.position else {"last": 0}
        await socket.send(json.dumps({"type": "join", "room": self.door.room, **since}))

    async def _hear(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "joined":
                await self._be_joined(socket, frame)
            case "message" if self.position and not self._is_joining:
                await self._take_live(socket, frame)
            case "gap":
                self._take_gap(frame)
                if to := frame["to"]:
                    self.position = Position(to["epoch"], to["offset"] - 1)
            case "heartbeat" if self.position and not self._is_joining:
                here = frame["rooms"].get(self.door.room)
                if here and here != self.position.as_body():
                    await self._join(socket)
            case "error":
                await self._be_refused(socket, frame)

    async def _be_joined(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        self._is_joining = False
        for gap in frame["gaps"]:
            self._take_gap(gap)
        for message in frame["messages"]:
            self._take(message)
        self.position = _position(frame)
        if frame.get("more"):
            await self._join(socket)

    async def _take_live(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        assert self.position is not None
        place = _position(frame)
        if place == Position(self.position.epoch, self.position.offset + 1):
            self.position = place
            self._take(frame)
        elif place.epoch != self.position.epoch or place.offset > self.position.offset:
            await self._join(socket)

    async def _be_refused(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        self._is_joining = False
        if frame["code"] == "unavailable":
            await asyncio.sleep(0.2)
            await self._join(socket)
        else:
            self.refused = frame["message"]

    def _take(self, message: dict[str, Any]) -> None:
        self.last = int(message["data"].partition(" ")[0])
        self.record.append(Delivery(self.last, _position(message), message["at"], time.monotonic()))

    def _take_gap(self, frame: dict[str, Any]) -> None:
        """The same gap may come by itself and again with a `joined`: it is one."""
        before, after = (_position(place) if (place := frame[key]) else None for key in ("from", "to"))
        gap = Gap(frame["reason"], before, after, frame["since_ms"], frame["until_ms"])
        if gap not in self.record[-1000:]:
            self.record.append(gap)


def _position(body: dict[str, Any]) -> Position:
    return Position(body["epoch"], body["offset"])
