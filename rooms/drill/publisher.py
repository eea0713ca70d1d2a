"""The numbered publisher: 1, 2, 3… at a rate, in a process of its own, as a device would.

What Redis does not confirm is not repeated and counts as not taken. Run as a program it is told what to do by
JSON lines on its standard input, so that no address stands in a list of processes: first
`{"url", "channel", "rate", "pad"}` for raw PUBLISH, or with `"room"` and `"namespace"` instead of `"channel"`
for a room of a running site; later lines change `rate` (a second) and `pad` (bytes more a message). It
answers `number time` for each one taken, time being Redis' in ms.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from rooms.connections import open_redis
from rooms.drill.child import Child
from rooms.drill.waiting import until
from rooms.errors import Unavailable
from rooms.names import Room
from rooms.register import Limits, Register

TIMEOUT_S = 1.0
PATIENCE_S = 60.0
_PAUSE_S = 0.01

Publish = Callable[[bytes], Awaitable[int]]


class Publisher:
    """The drill's end of it: what to say, and what was taken."""

    def __init__(self, child: Child, *, rate: float) -> None:
        self._child = child
        self._usual_rate = rate
        self.pad = 0
        self.taken: dict[int, int] = {}
        child.on_line = self._take

    @property
    def latest(self) -> int:
        """The newest number that Redis has taken."""
        return next(reversed(self.taken), 0)

    def begin(self, where: dict[str, Any]) -> None:
        """Speak from now on; `where` as in this module's docstring."""
        self._child.tell(json.dumps(where | {"rate": self._usual_rate, "pad": 0}))

    def change(self, *, rate: float = 0, pad: int = 0) -> None:
        """From the next message on; without arguments as in the beginning."""
        self.pad = pad
        self._child.tell(json.dumps({"rate": rate or self._usual_rate, "pad": pad}))

    async def has_said(self, number: int) -> None:
        """Wait until all that was taken up to that number stands in `taken`. Raises StepFailed."""

        async def has() -> bool:
            return self.latest >= number

        await until(has, PATIENCE_S, "the publisher did not go on")

    def forget(self, before: int) -> None:
        """Drop what was taken before that number."""
        self.taken = {number: at_ms for number, at_ms in self.taken.items() if number >= before}

    def _take(self, line: str) -> None:
        number, _, at_ms = line.partition(" ")
        if number.isdigit():
            self.taken[int(number)] = int(at_ms)


async def speak(how: dict[str, Any]) -> None:
    """The program: numbers until it is ended."""
    client = open_redis(how["url"], timeout_s=TIMEOUT_S)
    publish = _registered(client, how) if "room" in how else _raw(client, how["channel"])
    number, due_s = 0, time.monotonic()
    while True:
        number += 1
        try:
            at_ms = await publish(f"{number}{' ' + 'x' * how['pad'] if how['pad'] else ''}".encode())
            print(number, at_ms, flush=True)
        except (RedisError, OSError, Unavailable):
            await asyncio.sleep(_PAUSE_S)
        # Late is late: a burst to make up for it would be another fault.
        due_s = max(due_s + 1 / how["rate"], time.monotonic() - 1)
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))


def _raw(client: Redis, channel: str) -> Publish:
    async def publish(payload: bytes) -> int:
        async with client.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.publish(channel, payload)
            (seconds, micros), _ = await pipe.execute()
        return int(seconds * 1000 + micros // 1000)

    return publish


def _registered(client: Redis, how: dict[str, Any]) -> Publish:
    register = Register(client, how["namespace"], Limits(**how["limits"]))
    room = Room(how["room"])

    async def publish(payload: bytes) -> int:
        done = await register.publish(room, payload, source="http", command=False, listed=False)
        return done.at_ms

    return publish


async def main() -> None:
    """Follow standard input; its end is the end."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    how: dict[str, Any] = json.loads(await reader.readline())
    speaking = asyncio.create_task(speak(how))
    try:
        while line := await reader.readline():
            how |= json.loads(line)
    finally:
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main())
