"""The two ends of the rooms drill: pages that follow the protocol, and a publisher of numbers."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

import redis
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

ROOM = "drill/numbers"


@dataclass
class Watcher:
    """One page: follows the protocol, keeps what its application would see."""

    url: str
    session: str
    numbers: list[int] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    position: dict[str, Any] | None = None
    socket: Any = None
    joining: bool = False

    async def run(self) -> None:
        headers = {"Cookie": f"sessionid={self.session}", "Origin": self.url}
        address = f"{self.url.replace('http', 'ws')}/ws/rooms/"
        while True:
            try:
                async with connect(
                    address, additional_headers=headers, compression=None, proxy=None, max_size=None
                ) as self.socket:
                    await self.join()
                    async for text in self.socket:
                        await self.hear(json.loads(text))
            except (OSError, WebSocketException, TimeoutError):
                pass
            self.joining = False
            await asyncio.sleep(0.2)

    async def join(self) -> None:
        if self.joining:
            return
        self.joining = True
        since = {"since": self.position} if self.position else {"last": 0}
        await self.socket.send(json.dumps({"type": "join", "room": ROOM, **since}))

    async def hear(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "joined":
                self.joining = False
                self.gaps += frame["gaps"]
                for message in frame["messages"]:
                    self.take(message)
                self.position = {"epoch": frame["epoch"], "offset": frame["offset"]}
                if frame.get("more"):
                    await self.join()
            case "message" if self.position and not self.joining:
                await self.follow(frame)
            case "gap":
                self.gaps.append(frame)
                if to := frame["to"]:
                    self.position = {"epoch": to["epoch"], "offset": to["offset"] - 1}
            case "heartbeat" if ROOM in frame["rooms"] and not self.joining:
                if frame["rooms"][ROOM] != self.position:
                    await self.join()
            case "error" if frame["code"] == "unavailable":
                self.joining = False
                await asyncio.sleep(0.2)
                await self.join()

    async def follow(self, frame: dict[str, Any]) -> None:
        assert self.position is not None
        if frame["epoch"] != self.position["epoch"] or frame["offset"] > self.position["offset"] + 1:
            await self.join()
        elif frame["offset"] == self.position["offset"] + 1:
            self.position = {"epoch": frame["epoch"], "offset": frame["offset"]}
            self.take(frame)

    def take(self, message: dict[str, Any]) -> None:
        self.numbers.append(int(message["data"]))


def publish(url: str, rate: float, target: str) -> None:
    """Numbers with plain PUBLISH until terminated; those that Redis took stand in the file."""
    client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=None)
    began = time.monotonic()
    number = 0
    with open(target, "a", buffering=1) as log:
        while True:
            number += 1
            try:
                client.publish(ROOM, str(number))
                log.write(f"{number}\n")
            except redis.RedisError:
                time.sleep(0.01)
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            if began + number / rate < time.monotonic() - 1:
                began = time.monotonic() - number / rate
