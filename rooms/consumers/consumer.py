"""The socket `/ws/rooms/`: decodes what the client says and hands it on; what it is told goes by the hub.

Handlers return at once: commands wait their turn in a task of the socket, because Channels hears nothing more
of a client while one of its handlers waits. A client that says more than its turn allows is answered
`rate_limited`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
from collections import deque
from collections.abc import Coroutine
from typing import Any

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer
from django.db import DatabaseError

from rooms.consumers.commands import Commands
from rooms.consumers.origins import is_own_origin
from rooms.consumers.shapes import NotAnObject, parse_object
from rooms.consumers.visitors import find_visitor, session_key_of
from rooms.errors import BadMessage, RateLimited
from rooms.hub import CLOSE_RESTART, Hub, Socket
from rooms.hub.care import HEARTBEAT_S
from rooms.sinks import EventSink, open_sink
from rooms.tasks import end_tasks

logger = logging.getLogger(__name__)

CLOSE_NO_OBJECT = 4500
CLOSE_FAULT = 1011
RECHECK_S = 60.0
MOST_WAITING = 512
# A client that does not read its answers gets no further ones to queue up.
_FULL_BYTES = 128 * 1024
_LOOK_AGAIN_S = 0.05


class RoomsConsumer(AsyncConsumer):
    """One client. `recheck_s`: how often session and rights are looked at again."""

    def __init__(self, recheck_s: float = RECHECK_S) -> None:
        self._recheck_s = recheck_s
        self._socket: Socket | None = None
        self._inbox: deque[dict[str, Any]] = deque()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._hub: Hub = scope["rooms_hub"]
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            if self._socket and self._sink.is_cut:
                return  # ended from here, because the server did not come back from `send`
            await self._be_stopped()
            raise
        finally:
            if self._socket:
                self._hub.disconnect(self._socket)
            await end_tasks(*self._tasks)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does, without its visit to the database thread before every event."""
        await getattr(self, get_handler_name(message))(message)

    # What the server says -------------------------------------------------------------------------

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        headers = self.scope["headers"]
        if not is_own_origin(headers):
            await self.send({"type": "websocket.close"})
            return
        self._session_key = session_key_of(headers)
        visitor = await find_visitor(self._session_key)
        await self.send({"type": "websocket.accept"})
        if visitor.close_code:
            await self.send({"type": "websocket.close", "code": visitor.close_code})
            return
        self._open(visitor.user)

    def _open(self, user: Any) -> None:
        layer, me = self._hub.layer, asyncio.current_task()
        assert me is not None
        self._sink = open_sink(
            self.base_send,
            backlog=self._hub.backlog,
            deliver=lambda event: layer.deliver(self.channel_name, event),
            abort=me.cancel,
        )
        self._socket = self._hub.connect(self._sink)
        self._commands = Commands(self._hub, self._socket, user)
        self._socket.say(type="welcome", connection=secrets.token_hex(8), heartbeat_s=HEARTBEAT_S)
        self._tasks = [self._start(self._work()), self._start(self._look_again())]

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self._socket is None:
            return
        text = message.get("text")
        if text is None:
            self._commands.refuse({}, BadMessage("A message is a text frame."))
            return
        try:
            found = parse_object(text)
        except NotAnObject:
            self._sink.close(CLOSE_NO_OBJECT)
            return
        if found.get("type") == "ping" and len(found) == 1:
            self._socket.say(type="pong")
        elif len(self._inbox) >= MOST_WAITING:
            self._commands.refuse(found, RateLimited("Too many messages. Wait a moment.", retry_in_s=1))
        else:
            self._inbox.append(found)
            self._wake.set()

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        raise StopConsumer

    # What the hub says, where it cannot write by itself -------------------------------------------

    async def room_frames(self, event: dict[str, Any]) -> None:
        for text in event["texts"]:
            await self.send({"type": "websocket.send", "text": text})
        if isinstance(self._sink, EventSink):
            self._sink.sent(event["size"])

    async def room_close(self, event: dict[str, Any]) -> None:
        await self.send({"type": "websocket.close", "code": event["code"]})

    # Tasks of the socket --------------------------------------------------------------------------

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (exc := task.exception()):
            logger.error("A socket failed: %s", type(exc).__name__, exc_info=exc)
            self._sink.close(CLOSE_FAULT)

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            while self._inbox:
                # No transport says when it has drained so far.
                while self._sink.waiting_bytes() > _FULL_BYTES:  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK_AGAIN_S)
                await self._commands.run(self._inbox.popleft())
            self._wake.clear()

    async def _look_again(self) -> None:
        """At session and rights; the first time at random, so that sockets of one restart spread."""
        await asyncio.sleep(self._recheck_s * random.uniform(0.5, 1))
        while True:
            with contextlib.suppress(DatabaseError):
                visitor = await find_visitor(self._session_key)
                if visitor.close_code:
                    self._sink.close(visitor.close_code)
                    return
                self._commands.user = visitor.user
                await self._commands.leave_forbidden_rooms()
            await asyncio.sleep(self._recheck_s)

    async def _be_stopped(self) -> None:
        """The server stops."""
        if self._socket is None or self._socket not in self._hub.sockets:
            return
        if self._sink.outlives_consumer:
            self._hub.leave_to_drain(self._socket)
            self._socket = None
        else:
            await self.send({"type": "websocket.close", "code": CLOSE_RESTART})
