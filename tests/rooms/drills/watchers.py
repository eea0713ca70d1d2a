"""Those who count: one that recovers as a hub does, and one that is a browser's socket."""

import asyncio
import json
import random

from redis.exceptions import RedisError
from websockets.exceptions import WebSocketException

from rooms.connections import open_redis
from rooms.errors import Unavailable
from rooms.frames import Position
from rooms.history import History, unheard_frames
from rooms.keys import Keys
from rooms.names import group_channel_of
from rooms.register import Register
from tests.rooms.browser import opened
from tests.rooms.conftest import make_limits
from tests.rooms.drills.stage import NAMESPACE, ROOM


class Tally:
    """What one watcher got, in its order."""

    def __init__(self) -> None:
        self.position: Position | None = None
        self.places: list[tuple[str, int]] = []
        self.numbers: list[int] = []
        # Each gap with the number before it.
        self.gaps: list[tuple[dict, int]] = []
        self.watches = asyncio.Event()

    def follows(self, frame) -> bool:
        here = self.position
        return here is not None and (frame["epoch"], frame["offset"]) == (here.epoch, here.offset + 1)

    def is_old(self, frame) -> bool:
        here = self.position
        return here is not None and frame["epoch"] == here.epoch and frame["offset"] <= here.offset

    def take(self, frame) -> None:
        self.places.append((frame["epoch"], frame["offset"]))
        self.numbers.append(int(frame["data"]))
        self.position = Position(frame["epoch"], frame["offset"])

    def take_gap(self, gap) -> None:
        """The same gap told again, after a reconnect, is one gap."""
        if gap not in (told for told, _ in self.gaps):
            self.gaps.append((gap, self.numbers[-1] if self.numbers else 0))

    def covers(self, gap, before: int, number: int, published_ms: float) -> bool:
        """Whether the gap says that this number may be missing: by its place, or by its time."""
        if gap["from"] is None:
            return bool(gap["since_ms"] - 50 <= published_ms <= gap["until_ms"] + 50)
        after = next((n for n in self.numbers if n > before), None)
        return before < number and (after is None or number < after)


class Watcher(Tally):
    """Subscribes first, reads second, merges by offset; comes back after every break of its link."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    async def run(self) -> None:
        while True:
            client = open_redis(self._url, timeout_s=2.0)
            try:
                await self._watch(client)
            except (RedisError, OSError, Unavailable):
                await asyncio.sleep(0.05)
            finally:
                await client.aclose()

    async def _watch(self, client) -> None:
        history = History(client, NAMESPACE)
        self._register = Register(client, NAMESPACE, make_limits())
        if self.position is None:
            self.position = await self._register.enter(ROOM)
        async with client.pubsub() as heard:
            await heard.subscribe(group_channel_of(ROOM, NAMESPACE), Keys(NAMESPACE).gaps_channel)
            await heard.get_message(timeout=2)
            await self._recover(history)
            self.watches.set()
            while True:
                message = await heard.get_message(ignore_subscribe_messages=True, timeout=1.0)
                if message is None:
                    await heard.ping()
                elif message["type"] == "message" and message["channel"].endswith(b"gaps"):
                    self._take_gaps(unheard_frames(ROOM, [json.loads(message["data"])]))
                elif message["type"] == "message":
                    await self._take_live(history, json.loads(message["data"]))

    async def _take_live(self, history, frame) -> None:
        if self.is_old(frame):
            return
        if self.follows(frame):
            self.take(frame)
        else:
            await self._recover(history)

    async def _recover(self, history) -> None:
        more = True
        while more:
            # A Redis that came back empty does not know the room before its first message; hubs enter it too.
            await self._register.enter(ROOM)
            reading = await history.read(ROOM, since=self.position)
            self._take_gaps(reading.gaps)
            for frame in reading.frames:
                self.take(json.loads(frame))
            self.position, more = reading.position, reading.more

    def _take_gaps(self, texts) -> None:
        for gap in map(json.loads, texts):
            self.take_gap(gap)


class SocketWatcher(Tally):
    """A browser: joins with its place, comes back with jitter to any of the addresses."""

    def __init__(self, urls, user) -> None:
        super().__init__()
        self._urls = urls
        self._user = user

    async def run(self) -> None:
        while True:
            try:
                async with opened(random.choice(self._urls), self._user) as browser:
                    await self._watch(browser)
            except (WebSocketException, OSError, TimeoutError):
                await asyncio.sleep(random.uniform(0.05, 0.3))

    async def _watch(self, browser) -> None:
        await self._join(browser)
        while True:
            frame = json.loads(await browser.connection.recv())
            if frame["type"] == "joined":
                await self._take_joined(browser, frame)
            elif frame["type"] == "gap":
                self.take_gap(frame)
                self.position = None
            elif frame["type"] == "message" and not self.is_old(frame):
                assert self.position is None or self.follows(frame), (
                    f"a hole that was not told: {self.position}, {frame}, {self.gaps}"
                )
                self.take(frame)
            elif frame["type"] == "error":
                await asyncio.sleep(0.1)
                await self._join(browser)

    async def _join(self, browser) -> None:
        since = {"since": self.position.as_body()} if self.position else {"last": 0}
        await browser.say(type="join", room=ROOM, **since)

    async def _take_joined(self, browser, frame) -> None:
        for gap in frame["gaps"]:
            self.take_gap(gap)
        for message in frame["messages"]:
            self.take(message)
        self.position = Position(frame["epoch"], frame["offset"])
        self.watches.set()
        if frame.get("more"):
            await self._join(browser)
