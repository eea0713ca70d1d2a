"""WebSockets of calls: a server's onto a running one, and the one that is a whole call without media.

Both see every event and may send every client event. As at the hosted API the first kind gets no
`session.created` and is closed when its call ends; the second begins with it, and its call ends when it is
closed. A reader that falls behind is dropped rather than slowing the call.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from aiohttp import WSCloseCode, WSMsgType, web

from voice.engine.call import Call
from voice.engine.client_events import handle

log = logging.getLogger(__name__)

_MOST_WAITING = 2000
_SEND_TIMEOUT_S = 10.0
_DRAIN_S = 1.0
_PING_S = 20.0
_LARGEST_MESSAGE = 4 * 1024 * 1024


async def serve_sideband(request: web.Request, call: Call) -> web.WebSocketResponse:
    """Connect a WebSocket to a call until either ends."""
    return await _serve(request, call, opens=False)


async def serve_conversation(request: web.Request, call: Call) -> web.WebSocketResponse:
    """Carry a call without media on its own WebSocket."""
    try:
        return await _serve(request, call, opens=True)
    finally:
        call.end("hung_up")


async def _serve(request: web.Request, call: Call, *, opens: bool) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(heartbeat=_PING_S, max_msg_size=_LARGEST_MESSAGE, protocols=("realtime",))
    waiting: asyncio.Queue[str] = asyncio.Queue(_MOST_WAITING)
    behind = asyncio.Event()

    def listen(text: str) -> None:
        if waiting.full():
            behind.set()
        else:
            waiting.put_nowait(text)

    call.outbox.attach(listen)
    if opens:
        call.outbox.emit("session.created", session=call.session.data)
    try:
        await socket.prepare(request)
        await _run(socket, call, waiting, behind)
    finally:
        call.outbox.detach(listen)
    return socket


async def _run(
    socket: web.WebSocketResponse, call: Call, waiting: asyncio.Queue[str], behind: asyncio.Event
) -> None:
    """Carry messages both ways until the socket closes, the call ends or the reader is behind."""
    tasks = [
        asyncio.create_task(_read(socket, call)),
        asyncio.create_task(_write(socket, waiting)),
        asyncio.create_task(_set(call.ended)),
        asyncio.create_task(_set(behind)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if call.ended.is_set():
            await _let_drain(waiting)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for result in ended:
        if isinstance(result, Exception) and not isinstance(result, OSError | TimeoutError):
            log.error("A sideband failed", exc_info=result)
    await _close(socket, call, fell_behind=behind.is_set())


async def _close(socket: web.WebSocketResponse, call: Call, *, fell_behind: bool) -> None:
    if call.end_reason == "expired":
        reason = b"Your session hit the maximum duration of 60 minutes."
        await socket.close(code=WSCloseCode.GOING_AWAY, message=reason)
    else:
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER if fell_behind else WSCloseCode.OK)


async def _read(socket: web.WebSocketResponse, call: Call) -> None:
    async for message in socket:
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            handle(call, message.data)


async def _write(socket: web.WebSocketResponse, waiting: asyncio.Queue[str]) -> None:
    while True:
        text = await waiting.get()
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            await socket.send_str(text)
        waiting.task_done()


async def _let_drain(waiting: asyncio.Queue[str]) -> None:
    """Give the last events of a call that has ended a moment to leave."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            await waiting.join()


async def _set(event: asyncio.Event) -> None:
    await event.wait()
