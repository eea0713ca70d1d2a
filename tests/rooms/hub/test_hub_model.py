"""Random histories inside one process: frames come late, in bursts or never, sockets join, leave, come back.

Feed, joins, history and register are the real ones, on a real Redis. Only the wire between the subscription
and the feed is the test's, so that it can lose and hold back.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rooms.connections import open_redis
from rooms.frames import Position
from rooms.history import History
from rooms.hub import Hub, feed, joins, tail
from rooms.hub.feed import Feed
from rooms.keys import Keys
from rooms.names import room_from_text
from rooms.presence import Presence
from rooms.register import FORGOTTEN, Register
from tests.fuzzing import examples
from tests.rooms.conftest import make_limits
from tests.rooms.hub.pages import Page, Wire
from tests.rooms.ledger import RoomModel

pytestmark = pytest.mark.fuzz

ROOM = room_from_text("device01")
SIZE = 8
names = st.sampled_from(["ann", "bob", "cyd"])
few = st.integers(1, 5)


class Histories(RuleBasedStateMachine):
    """One room in one process, three pages, a wire that fails."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._runner.run(self._build())
        self.model = RoomModel(ROOM, SIZE, 1 << 20)
        self.pages: dict[str, Page] = {}
        self.faults: list[AssertionError] = []
        self._failed = False

    async def _build(self) -> None:
        namespace = f"t{secrets.token_hex(4)}:"
        self._redis = open_redis(self.url)
        self._keys = Keys(namespace)
        self._register = Register(self._redis, namespace, make_limits(history_size=SIZE))
        self.wire = Wire()
        wire: Any = self.wire
        self.hub = Hub()
        self.hub._namespace = namespace
        self.hub._care = SimpleNamespace(changed=lambda room: None)  # type: ignore[assignment]
        self.hub.history = History(self._redis, namespace, settle_s=0)
        presence = Presence(self._redis, namespace)
        self.hub.feed = Feed(wire, self._register, self.hub.history, presence, self.hub._spawn)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        self._failed, failed = True, self._failed
        result = self._runner.run(work)
        for page in self.pages.values():
            page.ledger.check(every=True)
        if self.faults:
            raise self.faults[0]
        self._failed = failed
        return result

    @initialize()
    def begin(self) -> None:
        self.connect("ann")

    def connect(self, name: str, since: Position | None = None, last: int = 0) -> None:
        self.pages[name] = page = Page(self)
        self.run(self._join(page, since, last))

    async def _join(self, page: Page, since: Position | None, last: int) -> None:
        await self.hub.join(page.socket, ROOM, since=since, last=last)
        while page.must_join:
            await self.hub.join(page.socket, ROOM, since=page.ledger.place, last=last)

    # What is published, and what of it is heard ---------------------------------------------------

    async def _publish(self, payloads: list[bytes]) -> None:
        for payload in payloads:
            done = await self._register.publish(ROOM, payload, source="raw", command=False)
            self.model.registered(done, payload)
            self.wire.carry(self.model.frames[done.position].encode())

    @rule(count=few)
    def publish(self, count: int) -> None:
        self.run(self._publish([b"x"] * count))

    @rule(count=few)
    def publish_much(self, count: int) -> None:
        self.run(self._publish([b"x" * 60_000] * count))

    @rule(count=st.integers(1, 12))
    def bring(self, count: int) -> None:
        self.run(self.wire.bring(count))

    @rule(count=few)
    def lose(self, count: int) -> None:
        """Those that would have come next."""
        del self.wire.coming[:count]

    @rule()
    def repeat(self) -> None:
        """A message that was read from the history already comes by the wire."""
        if self.model.kept:
            place = self.model.kept[-1]
            self.wire.coming.insert(0, self.model.frames[place].encode())

    @rule()
    def restore_the_link(self) -> None:
        """As after a broken subscription: what was on its way is gone, every room is read on."""
        self.wire.coming.clear()
        self.run(self._settle())

    async def _settle(self) -> None:
        for local in tuple(self.hub.feed.rooms.values()):
            await self.hub.feed.settle(local)

    @rule()
    def restart_redis(self) -> None:
        self.run(self._another_run())

    async def _another_run(self) -> None:
        await asyncio.sleep(0.002)
        await self._redis.hset(f"{self._keys.keys}gen", "run", secrets.token_hex(20))

    @rule()
    def forget(self) -> None:
        self.run(self._register.forget(ROOM))
        self.model.restore(None, [], SIZE)
        self.wire.carry(FORGOTTEN.encode())

    # Pages ----------------------------------------------------------------------------------------

    @rule(name=names, last=st.integers(0, 2 * SIZE))
    def join_anew(self, name: str, last: int) -> None:
        self._drop(name)
        self.connect(name, last=last)

    @rule(name=names, last=st.integers(0, 2 * SIZE))
    def join_on_the_same_socket(self, name: str, last: int) -> None:
        if page := self.pages.get(name):
            self.run(self._join(page, page.ledger.place, last))

    @rule(name=names, last=st.integers(0, 2 * SIZE))
    def come_back(self, name: str, last: int) -> None:
        """On another socket, from where the page stood."""
        if page := self.pages.get(name):
            ledger = page.ledger
            self._drop(name)
            self.pages[name] = page = Page(self)
            page.ledger = ledger
            self.run(self._join(page, ledger.place, last))

    @rule(name=names, last=st.integers(0, SIZE), count=few, brought=st.integers(0, 12))
    def join_while_messages_come(self, name: str, last: int, count: int, brought: int) -> None:
        page = self.pages.get(name)
        if page is None:
            self.pages[name] = page = Page(self)
        self.run(self._both(page, last, count, brought))

    async def _both(self, page: Page, last: int, count: int, brought: int) -> None:
        joining = asyncio.create_task(self._join(page, page.ledger.place, last))
        await self._publish([b"y"] * count)
        await self.wire.bring(brought)
        await joining

    @precondition(lambda self: len(self.pages) > 1)
    @rule(name=names)
    def leave(self, name: str) -> None:
        self._drop(name)

    def _drop(self, name: str) -> None:
        if page := self.pages.pop(name, None):
            self.hub.disconnect(page.socket)

    # The end --------------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            if not self._failed:
                self.run(self._finish())
        finally:
            self._runner.run(self._redis.aclose())
            self._runner.close()

    async def _finish(self) -> None:
        """Whatever was lost: after one look at the position everybody has everything."""
        await self.wire.bring(len(self.wire.coming))
        await self._settle()
        top = (await self._register.tops([ROOM])).get(ROOM)
        for page in self.pages.values():
            assert page.closed is None
            assert page.ledger.place == top
        for name in tuple(self.pages):
            self._drop(name)
        assert not self.hub.feed.rooms and self.hub._tails.used == 0


@pytest.fixture
def small_tails(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (feed, tail):
        monkeypatch.setattr(module, "TAIL_FRAMES", 5)
    monkeypatch.setattr(joins, "_LAG_S", 0.002)


def test_pages_get_everything_once_or_are_told_whatever_the_wire_does(redis_server: str, small_tails: None):
    Histories.url = redis_server
    run_state_machine_as_test(Histories, settings=examples(30))


def test_a_message_of_a_forgotten_room_that_comes_late_sends_nobody_away(redis_server: str):
    Histories.url = redis_server
    histories = Histories()
    histories.begin()
    histories.forget()
    histories.publish(1)
    histories.forget()
    histories.bring(3)
    histories.teardown()


def test_a_room_that_is_closed_while_it_is_read_gives_its_memory_back(redis_server: str):
    Histories.url = redis_server
    histories = Histories()
    histories.begin()
    histories.forget()
    histories.join_while_messages_come("ann", last=0, count=1, brought=1)
    histories.come_back("ann", last=0)
    histories.teardown()


def test_a_room_that_is_forgotten_while_it_is_read_still_has_a_place(redis_server: str):
    Histories.url = redis_server
    histories = Histories()
    histories.begin()
    read = histories.hub.history.read
    forgotten: list[bool] = []

    async def forget_first(*args: Any, **how: Any) -> Any:
        if not forgotten:
            forgotten.append(True)
            await histories._register.forget(ROOM)
        return await read(*args, **how)

    histories.hub.feed._history.read = forget_first  # type: ignore[method-assign]
    histories.forget()
    histories.bring(1)
    histories.restore_the_link()
    assert forgotten and histories.pages["ann"].ledger.place
    assert histories.pages["ann"].ledger.place.epoch
    histories.teardown()
