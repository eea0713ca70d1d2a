"""The socket `/ws/rooms/`: decodes what the client says and hands it on; what it is told goes by the hub.

A socket that is idle has no task of its own and no channel of the layer: commands wait their turn in a task
that lives as long as there are some, because nothing more of a client is heard while one of its handlers
waits; a channel is opened only where frames must travel as events. A client that says more than its turn
allows is answered `rate_limited`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
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
from rooms.errors import BadMessage, RateLimited, Unavailable
from rooms.hub import CLOSE_RESTART, Hub, Socket
from rooms.hub.care import HEARTBEAT_S
from rooms.sinks import EventSink, open_sink
from rooms.tasks import end_tasks
from rooms.visitors import Visitor, session_key_of

logger = logging.getLogger(__name__)

CLOSE_NO_OBJECT = 4500
CLOSE_FAULT = 1011
CROWDED = Visitor(close_code=1013)
MOST_WAITING = 512
# A client that does not read its answers gets no further ones to queue up.
_FULL_BYTES = 128 * 1024
_LOOK_AGAIN_S = 0.05


class RoomsConsumer(AsyncConsumer):
    """One client."""

    def __init__(self) -> None:
        self._socket: Socket | None = None
        self._inbox: deque[dict[str, Any]] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.take(scope["rooms_hub"], scope["headers"])
        await self.serve(receive, send)

    def take(self, hub: Hub, headers: list[tuple[bytes, bytes]]) -> None:
        """What is needed of the connection's scope."""
        self._hub = hub
        self._headers = headers

    async def serve(self, receive: Any, send: Any) -> None:
        """Until the client has gone."""
        self.base_send = send
        try:
            # Not Channels' own loop, which keeps a task and a channel for each socket.
            with contextlib.suppress(StopConsumer):
                while True:
                    await self.dispatch(await receive())
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
        headers = self._headers
        del self._headers
        if not is_own_origin(headers):
            await self.send({"type": "websocket.close"})
            return
        self._session_key = session_key_of(headers)
        with self._hub.admission.entering(len(self._hub.sockets)) as wait_s:
            visitor = CROWDED if wait_s else await self._find_visitor()
        await self.send({"type": "websocket.accept"})
        if wait_s:
            await self._explain_crowd(wait_s)
        if visitor.close_code:
            await self.send({"type": "websocket.close", "code": visitor.close_code})
            return
        await self._open(visitor.user_id)

    async def _explain_crowd(self, wait_s: float) -> None:
        message = "Many are coming in just now. Come back in a moment."
        told = {"type": "error", "code": Unavailable.code, "message": message, "retry_in_s": wait_s}
        await self.send({"type": "websocket.send", "text": json.dumps(told)})

    async def _find_visitor(self) -> Visitor:
        try:
            return await self._hub.entrance.visitor(self._session_key)
        except (DatabaseError, Unavailable):
            return CROWDED

    async def _open(self, user_id: Any) -> None:
        me = asyncio.current_task()
        assert me is not None
        self._sink = open_sink(
            self.base_send,
            backlog=self._hub.backlog,
            deliver=self._deliver,
            close=self._close_soon,
            abort=me.cancel,
        )
        if isinstance(self._sink, EventSink):
            self._channel = await self._hub.layer.new_channel()
            self._start(self._take_events())
        self._socket = self._hub.connect(self._sink)
        self._socket.look_again = self._look_again
        self._commands = Commands(self._hub, self._socket, user_id)
        self._socket.say(type="welcome", connection=secrets.token_hex(8), heartbeat_s=HEARTBEAT_S)

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
        elif self._inbox is None:
            self._inbox = deque((found,))
            self._start(self._work(self._inbox))
        elif len(self._inbox) >= MOST_WAITING:
            self._commands.refuse(found, RateLimited("Too many messages. Wait a moment.", retry_in_s=1))
        else:
            self._inbox.append(found)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        raise StopConsumer

    # What the hub says, where it cannot write by itself -------------------------------------------

    def _deliver(self, event: dict[str, Any]) -> None:
        self._hub.layer.deliver(self._channel, event)

    async def _take_events(self) -> None:
        layer = self._hub.layer
        try:
            while True:
                await self.dispatch(await layer.receive(self._channel))
        finally:
            layer.forget(self._channel)

    async def room_frames(self, event: dict[str, Any]) -> None:
        for text in event["texts"]:
            await self.send({"type": "websocket.send", "text": text})
        if isinstance(self._sink, EventSink):
            self._sink.sent(event["size"])

    async def room_close(self, event: dict[str, Any]) -> None:
        await self.send({"type": "websocket.close", "code": event["code"]})

    def _close_soon(self, code: int) -> None:
        self._start(self.room_close({"code": code}))

    # Tasks of the socket --------------------------------------------------------------------------

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.remove(task)
        if task.cancelled() or not (exc := task.exception()) or isinstance(exc, OSError):
            return  # an OSError is how a server says that the client has gone
        logger.error("A socket failed: %s", type(exc).__name__, exc_info=exc)
        self._sink.close(CLOSE_FAULT)

    async def _work(self, inbox: deque[dict[str, Any]]) -> None:
        while inbox:
            # No transport says when it has drained so far.
            while self._sink.waiting_bytes() > _FULL_BYTES:  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_AGAIN_S)
            await self._commands.run(inbox.popleft())
        self._inbox = None

    async def _look_again(self) -> None:
        """At session and rights; whoever keeps the sockets calls it."""
        with contextlib.suppress(DatabaseError, Unavailable):
            visitor = await self._hub.entrance.visitor(self._session_key)
            if visitor.close_code:
                self._sink.close(visitor.close_code)
                return
            self._commands.user_id = visitor.user_id
            await self._commands.leave_forbidden_rooms()

    async def _be_stopped(self) -> None:
        """The server stops."""
        if self._socket is None or self._socket not in self._hub.sockets:
            return
        if self._sink.outlives_consumer:
            self._hub.leave_to_drain(self._socket)
            self._socket = None
        else:
            await self.send({"type": "websocket.close", "code": CLOSE_RESTART})
