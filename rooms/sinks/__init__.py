"""Ways to put frames on one socket without waiting, chosen by what the server shows.

Under daphne (plain TCP) a frame goes to the kernel by one `send`; under TLS or uvicorn by the transport's own
`write`; where neither transport nor its queue can be seen, as an ordinary event of the consumer's channel.
Every sink bounds what waits for its socket (`rooms.sinks.waiting`). Nothing here ever waits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings

from rooms.sinks.batch import Batch
from rooms.sinks.events import EventSink
from rooms.sinks.transports import (
    AsyncioSink,
    TwistedSink,
    asyncio_transport,
    explain_failures,
    twisted_connection,
    twisted_unsent,
)
from rooms.sinks.waiting import CLOSE_SLOW, QUEUE_BYTES, QUEUE_S, Sink

__all__ = [
    "CLOSE_SLOW",
    "QUEUE_BYTES",
    "QUEUE_S",
    "AsyncioSink",
    "Batch",
    "EventSink",
    "Sink",
    "TwistedSink",
    "open_sink",
]


def open_sink(
    send: Any,
    *,
    backlog: set[Any],
    deliver: Callable[[dict[str, Any]], None],
    close: Callable[[int], None],
    abort: Callable[[], object],
) -> Sink:
    """The best sink for an accepted socket with this ASGI `send`.

    `deliver` puts an event on the consumer's channel and is used by an EventSink alone; `close` sends an ASGI
    close; `abort` ends a consumer that is stuck in `send`.
    """
    explain_failures(send)
    if settings.ROOMS_DIRECT_WRITES:
        direct = TwistedSink.for_send(send, backlog) or AsyncioSink.for_send(send, backlog, close)
        if direct:
            return direct
    if (connection := twisted_connection(send)) is not None:
        return EventSink(deliver, connection.abortConnection, lambda: twisted_unsent(connection), backlog)
    if (transport := asyncio_transport(send)) is not None:
        return EventSink(deliver, transport.abort, transport.get_write_buffer_size, backlog)
    return EventSink(deliver, abort, lambda: 0, backlog)
