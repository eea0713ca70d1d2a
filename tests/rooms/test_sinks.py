"""What sinks stand on is there, and their bound holds."""

from __future__ import annotations

import asyncio
import functools
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop
from twisted.internet import tcp

from rooms.sinks import AsyncioSink, Batch, EventSink, TwistedSink, open_sink, waiting
from rooms.sinks.waiting import Waiting


class Pair:
    """Two ends of a connection, the near one in Twisted's hands."""

    def __init__(self) -> None:
        near, self.far = socket.socketpair()
        near.setblocking(False)
        self.far.setblocking(False)
        reactor = SimpleNamespace(addWriter=lambda _: None, removeWriter=lambda _: None)
        connection: Any = tcp.Connection
        self.connection: Any = connection(near, None, reactor)
        self.connection.connected = 1
        self.aborted = False
        self.connection.abortConnection = self._abort
        self.closed_with: list[int] = []
        self.protocol = SimpleNamespace(
            transport=self.connection, state=3, sendClose=lambda code: self.closed_with.append(code)
        )
        self.send = functools.partial(print, self.protocol)

    def _abort(self) -> None:
        self.aborted = True

    def read(self) -> bytes:
        found = b""
        while True:
            try:
                found += self.far.recv(1 << 20)
            except BlockingIOError:
                return found


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.connection.socket.close()
    made.far.close()


@pytest.mark.parametrize(
    ("size", "header"),
    [(0, "8100"), (125, "817d"), (126, "817e007e"), (65535, "817effff"), (65536, "817f0000000000010000")],
)
def test_frames_are_headed_as_the_protocol_wants(size, header):
    assert Batch([b"x" * size]).wire == bytes.fromhex(header) + b"x" * size


def test_a_batch_is_one_write(pair):
    sink = TwistedSink.for_send(pair.send, set())
    sink.give(Batch([b"a", b"bc"]))
    assert pair.read() == b"\x81\x01a\x81\x02bc"


def test_what_the_kernel_does_not_take_waits_in_order(pair):
    backlog: set[Any] = set()
    sink = TwistedSink.for_send(pair.send, backlog)
    while not sink.waiting_bytes():
        sink.give(Batch([b"x" * 60_000]))
    sink.give(Batch([b"last"]))
    assert backlog == {sink}
    taken = pair.read()
    while sink.waiting_bytes():
        pair.connection.doWrite()
        taken += pair.read()
    assert taken.endswith(b"\x81\x04last") and taken.count(b"\x81\x7e\xea\x60") * 60_004 + 6 == len(taken)


def test_too_much_waiting_is_cut(pair):
    sink = TwistedSink.for_send(pair.send, set())
    for _ in range(100):
        sink.give(Batch([b"x" * 60_000]))
        assert sink.waiting_bytes() <= waiting.QUEUE_BYTES
    assert pair.aborted and sink.is_cut


def test_too_long_waiting_is_cut_and_a_moving_queue_is_not(pair, monkeypatch):
    monkeypatch.setattr(waiting, "QUEUE_S", 0.05)
    sink = TwistedSink.for_send(pair.send, set())
    while not sink.waiting_bytes():
        sink.give(Batch([b"x" * 60_000]))
    assert sink.cut_if_stuck()
    pair.read()
    pair.connection.doWrite()
    assert not sink.cut_if_stuck() and not pair.aborted
    while not sink.waiting_bytes():
        sink.give(Batch([b"x" * 60_000]))
    while sink.cut_if_stuck():
        pass
    assert pair.aborted


def test_an_uncounted_frame_leaves_the_bound_to_others(pair):
    sink = TwistedSink.for_send(pair.send, set())
    while not sink.waiting_bytes():
        sink.give(Batch([b"x" * 60_000]))
    sink.give(Batch([b"x" * waiting.QUEUE_BYTES]), counted=False)
    sink.give(Batch([b"live"]))
    assert not pair.aborted and sink.waiting_bytes() > waiting.QUEUE_BYTES


def test_a_closed_socket_swallows(pair):
    sink = TwistedSink.for_send(pair.send, set())
    pair.protocol.state = 2
    sink.give(Batch([b"a"]))
    sink.close(4001)
    assert pair.read() == b"" and pair.closed_with == []


def test_under_tls_nothing_goes_past_the_transport(pair):
    written: list[bytes] = []
    pair.protocol.transport = SimpleNamespace(transport=pair.connection, write=written.append)
    sink = TwistedSink.for_send(pair.send, set())
    sink.give(Batch([b"a"]))
    assert pair.read() == b"" and written == [b"\x81\x01a"]


def test_a_transport_that_is_not_known_is_served_by_events(pair):
    events: list[Any] = []
    pair.protocol.transport = SimpleNamespace(write=None)
    sink = open_sink(pair.send, backlog=set(), deliver=events.append, close=print, abort=lambda: None)
    assert isinstance(sink, EventSink)
    sink.give(Batch([b"a"]))
    assert events == [{"type": "room.frames", "texts": ["a"], "size": 1}]


class Uvicorn:
    """uvicorn's protocol object as far as its sink looks at it, on a real transport of the running loop."""

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.conn = SimpleNamespace(state=1)
        self.close_sent = False

    async def send(self) -> None:
        """Where uvicorn's ASGI `send` stands."""


@asynccontextmanager
async def uvicorn_pair() -> AsyncIterator[tuple[Uvicorn, socket.socket]]:
    near, far = socket.socketpair()
    far.setblocking(False)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=near)
    yield Uvicorn(transport), far
    transport.abort()
    far.close()
    await asyncio.sleep(0)


def on_loop(kind: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    factory = uvloop.new_event_loop if kind == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work())


LOOPS = pytest.mark.parametrize("kind", ["asyncio", "uvloop"])


@LOOPS
def test_uvicorns_transport_is_known_and_given_at_once(kind):
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol as Protocol

    assert {"connection_made", "send"} <= set(dir(Protocol))

    async def work() -> None:
        async with uvicorn_pair() as (server, far):
            sink = AsyncioSink.for_send(server.send, set(), lambda code: None)
            assert sink
            sink.give(Batch([b"a"]))
            assert far.recv(100) == b"\x81\x01a"
            server.close_sent = True
            sink.give(Batch([b"b"]))
            with pytest.raises(BlockingIOError):
                far.recv(100)

    on_loop(kind, work)


@LOOPS
def test_what_the_kernel_does_not_take_waits_in_uvicorns_transport_in_order(kind):
    async def work() -> None:
        async with uvicorn_pair() as (server, far):
            backlog: set[Any] = set()
            sink = AsyncioSink.for_send(server.send, backlog, lambda code: None)
            assert sink
            while not sink.waiting_bytes():
                sink.give(Batch([b"x" * 60_000]))
            sink.give(Batch([b"last"]))
            assert backlog == {sink}
            taken = b""
            async with asyncio.timeout(10):
                while not taken.endswith(b"\x81\x04last"):
                    with suppress(BlockingIOError):
                        taken += far.recv(1 << 20)
                    await asyncio.sleep(0)
            assert taken.count(b"\x81\x7e\xea\x60") * 60_004 + 6 == len(taken)

    on_loop(kind, work)


@LOOPS
def test_a_socket_that_broke_is_aborted(kind):
    async def work() -> None:
        async with uvicorn_pair() as (server, far):
            sink = AsyncioSink.for_send(server.send, set(), lambda code: None)
            assert sink
            far.close()
            sink.give(Batch([b"a"]))
            assert server.transport.is_closing()
            sink.give(Batch([b"a"]))

    on_loop(kind, work)


def test_age_is_that_of_the_oldest_byte(monkeypatch):
    left = 0
    clock = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    queue = Waiting(lambda: left)
    queue.add(10, counted=True)
    left, clock = 10, 104.0
    queue.add(10, counted=True)
    left = 20
    assert queue.age_s() == 4.0
    left = 10
    assert queue.age_s() == 0.0
    clock = 105.0
    assert queue.age_s() == 1.0
    left = 0
    assert queue.age_s() == 0.0
