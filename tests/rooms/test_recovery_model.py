"""Whoever comes back to a room gets all, or is told of one gap: random histories, faults and readers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rooms.connections import open_redis
from rooms.errors import Conflict, TooLarge
from rooms.frames import Position
from rooms.history import History
from rooms.keys import Keys
from rooms.names import room_from_text
from rooms.register import FeedPlace, RawMessage, Register, Registered
from rooms.sizes import write_sizes
from tests.fuzzing import examples
from tests.rooms.conftest import make_limits
from tests.rooms.ledger import RoomModel, position_of
from tests.rooms.reader import ROOM, Reader

pytestmark = pytest.mark.fuzz

OTHER = room_from_text("other")
SIZE, BYTES, MESSAGE_BYTES = 8, 400, 100
LONG_S, SHORT_S = 86400, 0.03
payloads = st.one_of(
    st.binary(max_size=MESSAGE_BYTES),
    st.text(max_size=25).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
too_large = st.binary(min_size=MESSAGE_BYTES + 1, max_size=MESSAGE_BYTES + 40)
names = st.sampled_from(["ann", "bob"])
few = st.integers(0, 2 * SIZE)


class RoomHistories(RuleBasedStateMachine):
    """One room, two publishers' roads, three kinds of restart, several readers."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self.redis = open_redis(self.url)
        self.namespace = f"t{secrets.token_hex(4)}:"
        self._keys = Keys(self.namespace)
        self.history = History(self.redis, self.namespace, settle_s=0)
        self.readers: dict[str, Reader] = {}
        self._used: dict[str, tuple[bytes, Registered]] = {}
        self._saved: tuple[Any, ...] | None = None
        self._failed = False

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        self._failed, failed = True, self._failed
        result = self._runner.run(work)
        self._failed = failed
        return result

    @initialize(rooms_are_full=st.booleans(), ttl_s=st.sampled_from([LONG_S, LONG_S, SHORT_S]))
    def begin(self, rooms_are_full: bool, ttl_s: Any) -> None:
        limits = make_limits(
            history_size=SIZE,
            history_bytes=BYTES,
            history_ttl_s=ttl_s,
            message_bytes=MESSAGE_BYTES,
            rooms=1 if rooms_are_full else 10,
        )
        self._ages = ttl_s == SHORT_S
        self._settings = override_settings(ROOMS_HISTORY_TTL_S=ttl_s)
        self._settings.enable()
        self.register = Register(self.redis, self.namespace, limits)
        self.model = RoomModel(ROOM, SIZE, BYTES, is_kept=not rooms_are_full)
        self.run(self._prepare())

    async def _prepare(self) -> None:
        """What an empty Redis needs: the bridge's fence, and the room that takes the only place."""
        await self.redis.hset(self._keys.bridge, "fence", "1")
        await self.register.publish(OTHER, b"first", source="http")

    # Publishing -----------------------------------------------------------------------------------

    @rule(payload=payloads, source=st.sampled_from(["http", "socket", "voice"]))
    def publish(self, payload: bytes, source: Any) -> None:
        done = self.run(self.register.publish(ROOM, payload, source=source))
        self.model.registered(done, payload)

    @rule(key=st.sampled_from(["one", "two", "ü"]), payload=st.sampled_from([b"on", b"off"]))
    def publish_with_a_key(self, key: str, payload: bytes) -> None:
        work = self.register.publish(ROOM, payload, source="http", idempotency_key=key)
        before, first = self._used.get(key, (payload, None))
        if before != payload:
            with pytest.raises(Conflict):
                self._runner.run(work)
            return
        done: Registered = self.run(work)
        if first is None:
            assert not done.duplicate
            self.model.registered(done, payload)
            self._used[key] = (payload, done)
        else:
            assert (done.duplicate, done.position, done.at_ms) == (True, first.position, first.at_ms)

    @rule(batch=st.lists(st.one_of(payloads, too_large), min_size=1, max_size=5))
    def publish_raw(self, batch: list[bytes]) -> None:
        messages = [RawMessage(ROOM, payload) for payload in batch]
        first: Registered = self.run(self.register.publish_raw(messages, 1, FeedPlace("m", 1)))[ROOM]
        for number, payload in enumerate(batch, start=first.position.offset):
            size = len(payload) if len(payload) > MESSAGE_BYTES else 0
            done = replace(first, position=Position(first.position.epoch, number))
            self.model.registered(done, payload, too_large=size)

    @rule(payload=too_large)
    def publish_too_much(self, payload: bytes) -> None:
        with pytest.raises(TooLarge):
            self._runner.run(self.register.publish(ROOM, payload, source="http"))

    @rule(size=st.integers(1, 2 * SIZE))
    def keep_so_many(self, size: int) -> None:
        self.run(write_sizes(self.redis, self.namespace, {ROOM: size}))
        self.model.history_size = size

    @precondition(lambda self: self._ages)
    @rule()
    def grow_old(self) -> None:
        self.run(asyncio.sleep(SHORT_S))

    # Faults ---------------------------------------------------------------------------------------

    async def _another_run(self) -> None:
        """A generation is a time in ms; no Redis starts twice in one."""
        await asyncio.sleep(0.002)
        await self.redis.hset(f"{self._keys.keys}gen", "run", secrets.token_hex(20))

    @rule()
    def restart_with_its_data(self) -> None:
        self.run(self._another_run())

    @rule()
    def save(self) -> None:
        """What a Redis would have on its disk."""
        self._saved = (self.run(self._dump()), *self.model.saved(), dict(self._used))

    async def _dump(self) -> dict[Any, bytes]:
        found = await self.redis.keys(f"\x01{self.namespace}*")
        dumped = {key: await self.redis.dump(key) for key in found}
        return {key: data for key, data in dumped.items() if data}  # without what expired meanwhile

    @precondition(lambda self: self._saved)
    @rule()
    def restart_with_older_data(self) -> None:
        assert self._saved
        data, top, kept, size, self._used = self._saved
        self._used = dict(self._used)
        self.run(self._load(data))
        self.model.restore(top, kept, size)

    @rule()
    def restart_empty(self) -> None:
        self.run(self._load({}))
        self.run(self._prepare())
        self._used = {}
        self.model.restore(None, [], SIZE)

    async def _load(self, data: dict[bytes, bytes]) -> None:
        if found := await self.redis.keys(f"\x01{self.namespace}*"):
            await self.redis.delete(*found)
        for key, value in data.items():
            await self.redis.restore(key, 0, value)
        if data:
            await self._another_run()

    @rule()
    def forget(self) -> None:
        self.run(self.register.forget(ROOM))
        self.model.restore(None, [], SIZE)

    # Readers --------------------------------------------------------------------------------------

    @rule(name=names, last=few)
    def join(self, name: str, last: int) -> None:
        if name in self.readers:
            self.run(self.readers[name].cut())
        self.readers[name] = Reader(self)
        self.run(self.readers[name].join(last))

    @precondition(lambda self: self.readers)
    @rule(name=names)
    def listen(self, name: str) -> None:
        if name in self.readers:
            self.run(self.readers[name].listen())

    @precondition(lambda self: self.readers)
    @rule(name=names)
    def cut(self, name: str) -> None:
        if name in self.readers:
            self.run(self.readers[name].cut())

    @precondition(lambda self: self.readers)
    @rule(name=names, last=few, limit=st.integers(1, 2 * SIZE))
    def come_back(self, name: str, last: int, limit: int) -> None:
        if name in self.readers:
            self.run(self.readers[name].come_back(last, limit))

    @rule(
        offset=st.one_of(st.integers(0, 30), st.integers(0, 2**53)), epoch=st.sampled_from(["", "x.1", "0"])
    )
    def read_from_a_wrong_place(self, offset: int, epoch: str) -> None:
        """Whatever a client makes up is answered; the room's own epoch is the hardest case."""
        top = self.run(self.register.enter(ROOM))
        since = Position(epoch or top.epoch, offset)
        reading = self.run(self.history.read(ROOM, since=since))
        self._check_recovered(reading, self.model.after(since, top))
        assert len(reading.gaps) == (not reading.recovered)

    # What must hold -------------------------------------------------------------------------------

    def check_judgement(self, reading: Any, since: Position, limit: int) -> None:
        """Recovered exactly when all is kept; then exactly that, as far as the limit goes."""
        top = reading.position
        if reading.more:
            assert self.model.top
            top = Position(since.epoch, self.model.top.offset)
        missing = self.model.after(since, top)
        self._check_recovered(reading, missing)
        if reading.recovered and missing is not None:
            assert [position_of(text) for text in reading.frames] == missing[:limit]
            assert (reading.more, reading.gaps) == (len(missing) > limit, [])

    def _check_recovered(self, reading: Any, missing: list[Position] | None) -> None:
        assert reading.recovered is (missing is not None) or (self._ages and reading.recovered is False)

    def check_newest(self, texts: list[str], last: int) -> None:
        wanted = len(texts) if self._ages else min(last, len(self.model.kept))
        newest = self.model.kept[len(self.model.kept) - wanted :]
        assert texts == [self.model.frames[place] for place in newest]

    def teardown(self) -> None:
        try:
            self._runner.run(self._finish(judged=not self._failed))
        finally:
            self._runner.close()
            self._settings.disable()

    async def _finish(self, *, judged: bool) -> None:
        try:
            for reader in self.readers.values() if judged else ():
                await reader.listen()
                await reader.come_back(0, 3)
                tops = await self.register.tops([ROOM])
                assert reader.ledger.place == tops[ROOM]
        finally:
            for reader in self.readers.values():
                await reader.cut()
            await self.redis.aclose()


def test_whoever_comes_back_gets_all_or_is_told(redis_server: str):
    RoomHistories.url = redis_server
    run_state_machine_as_test(RoomHistories, settings=examples(40))
