"""Sinks that write into the server's transport: one non-blocking write a batch and socket.

They use names that daphne, Twisted and uvicorn do not promise, so each is taken only when all it touches is
there; `tests/rooms/test_sinks.py` fails when a new release renames something.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from rooms.sinks.batch import Batch
from rooms.sinks.waiting import CLOSE_SLOW, BoundedSink

_AUTOBAHN_OPEN = 3
_WEBSOCKETS_OPEN = 1
_QUEUE_OF_TWISTED = ("socket", "_tempDataBuffer", "_tempDataLen", "dataBuffer", "offset", "disconnecting")


def twisted_connection(send: Any) -> Any | None:
    """The TCP connection, with its queue, below daphne's `send`; under TLS too."""
    tcp = sys.modules.get("twisted.internet.tcp")
    transport = getattr(next(iter(getattr(send, "args", ())), None), "transport", None)
    if tcp is None or transport is None:
        return None
    if not isinstance(transport, tcp.Connection):
        transport = getattr(transport, "transport", None)
    known = isinstance(transport, tcp.Connection) and all(hasattr(transport, n) for n in _QUEUE_OF_TWISTED)
    return transport if known else None


def twisted_unsent(connection: Any) -> int:
    """Bytes in Twisted's queue."""
    return int(connection._tempDataLen + len(connection.dataBuffer) - connection.offset)


def explain_failures(send: Any) -> None:
    """Let daphne say why it ends a connection (1009: too large) instead of dropping it without a word."""
    protocol: Any = next(iter(getattr(send, "args", ())), None)
    if hasattr(protocol, "failByDrop"):
        protocol.failByDrop = False


def asyncio_transport(send: Any) -> Any | None:
    """The asyncio transport below uvicorn's `send`."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    return transport if hasattr(transport, "get_write_buffer_size") else None


def _descriptor_of(transport: Any) -> int:
    """The descriptor that plain bytes for the other side can be written to; -1 when there is none."""
    connection = transport.get_extra_info("socket")
    if connection is None or transport.get_extra_info("sslcontext") is not None:
        return -1
    return int(connection.fileno())


class TwistedSink(BoundedSink):
    """Daphne: `send` straight to the kernel while nothing waits, else Twisted's own queue.

    Under TLS nothing goes straight: `connection`, which has the queue, lies below `protocol.transport`.
    """

    __slots__ = ("_connection", "_protocol", "_send")

    outlives_consumer = True

    def __init__(self, protocol: Any, connection: Any, backlog: set[Any]) -> None:
        super().__init__(backlog)
        self._protocol = protocol
        self._connection = connection
        connection.dataBuffer = connection.dataBuffer  # its own from now on, no longer its class's
        self._send = connection.socket.send if protocol.transport is connection else None

    @classmethod
    def for_send(cls, send: Any, backlog: set[Any]) -> TwistedSink | None:
        """The sink behind an ASGI `send` of daphne, or None."""
        connection = twisted_connection(send)
        if connection is None or not hasattr(send.args[0], "sendClose"):
            return None
        return cls(send.args[0], connection, backlog)

    def give(self, batch: Batch, counted: bool = True) -> None:
        # What is read here is paid for once a delivery, mostly from cold memory: no more than these, all of
        # them the objects' own, since what stands on their classes is looked up the long way.
        queue, data = self._connection, batch.wire
        if self._protocol.state != _AUTOBAHN_OPEN:
            return
        if not (queue._tempDataLen or queue.dataBuffer) and self._send:
            try:
                sent = self._send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                queue.abortConnection()
                return
            if sent == len(data):
                return
            data = data[sent:]
        if queue.connected and not queue.disconnecting and self.admit(len(data), counted=counted):
            self._protocol.transport.write(data)

    def waiting_bytes(self) -> int:
        return twisted_unsent(self._connection)

    def close(self, code: int) -> None:
        if self._protocol.state == _AUTOBAHN_OPEN:
            self._protocol.sendClose(code=code)

    def cut(self) -> None:
        self.is_cut = True
        if self.waiting_bytes():
            self._connection.abortConnection()
        else:
            self.close(CLOSE_SLOW)


class AsyncioSink(BoundedSink):
    """uvicorn on websockets' sans-I/O protocol: straight to the kernel while nothing waits, else `write`.

    Under TLS, or where the transport has no descriptor to show, nothing goes straight.
    """

    __slots__ = ("_close", "_descriptor", "_protocol", "_unsent")

    def __init__(self, protocol: Any, backlog: set[Any], close: Callable[[int], None]) -> None:
        super().__init__(backlog)
        self._protocol = protocol
        self._close = close
        self._unsent = protocol.transport.get_write_buffer_size
        self._descriptor = _descriptor_of(protocol.transport)

    @classmethod
    def for_send(cls, send: Any, backlog: set[Any], close: Callable[[int], None]) -> AsyncioSink | None:
        """The sink behind an ASGI `send` of uvicorn, or None."""
        protocol = getattr(send, "__self__", None)
        known = hasattr(getattr(protocol, "conn", None), "state") and hasattr(protocol, "close_sent")
        return cls(protocol, backlog, close) if known and asyncio_transport(send) else None

    def give(self, batch: Batch, counted: bool = True) -> None:
        protocol, data = self._protocol, batch.wire
        transport = protocol.transport
        if protocol.close_sent or protocol.conn.state != _WEBSOCKETS_OPEN or transport.is_closing():
            return
        if self._descriptor >= 0 and not self._unsent():
            # The descriptor is the transport's own for as long as that is not closing.
            try:
                sent = os.write(self._descriptor, data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                transport.abort()
                return
            if sent == len(data):
                return
            data = data[sent:]
        if self.admit(len(data), counted=counted):
            transport.write(data)

    def waiting_bytes(self) -> int:
        return int(self._unsent())

    def close(self, code: int) -> None:
        self._close(code)

    def cut(self) -> None:
        self.is_cut = True
        if self.waiting_bytes():
            self._protocol.transport.abort()
        else:
            self._close(CLOSE_SLOW)
