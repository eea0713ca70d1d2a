"""The socket `/ws/rehearsal/<assistant>/`: one rehearsal as long as the socket lives.

Opened by pages of this site only, for people who may change assistants (looked up anew at each word). What
the browser says is `Begin`, `Say`, `Decide`; what it is told stands in docs/protocol.md.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Annotated, Any, Literal

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer
from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rooms.consumers.origins import is_own_origin
from rooms.visitors import session_key_of
from voice.calls import CallOwner
from voice.errors import VoiceError
from voice.protocol import JsonObject
from voice.rehearsal.plan import LONGEST_TEXT, find_rehearser, plan_rehearsal
from voice.rehearsal.session import Rehearsal
from voice.rehearsal.tools import RehearsedTools, Workshop

logger = logging.getLogger(__name__)

OVER = 1000
UNUSABLE = 4500


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Begin(_Said):
    type: Literal["begin"]
    dry: bool = False


class Say(_Said):
    type: Literal["say"]
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class Decide(_Said):
    type: Literal["decide"]
    call_id: Annotated[str, Field(max_length=120)]
    approve: bool


_SAID: TypeAdapter[Begin | Say | Decide] = TypeAdapter(
    Annotated[Begin | Say | Decide, Field(discriminator="type")]
)


class RehearsalConsumer(AsyncConsumer):
    """One rehearser's socket."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._owner: CallOwner = scope["call_owner"]
        self._rehearsal: Rehearsal | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._telling: asyncio.Queue[JsonObject] = asyncio.Queue()
        try:
            await super().__call__(scope, receive, send)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does, without its visit to the database thread before every event."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        headers = self.scope["headers"]
        if not is_own_origin(headers):
            await self.send({"type": "websocket.close"})
            return
        self._session_key = session_key_of(headers)
        await self.send({"type": "websocket.accept"})
        if await self._visitor() is not None:
            self._spawn(self._write())

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        user = await self._visitor()
        if user is None:
            return
        try:
            said = _SAID.validate_json(message.get("text") or "")
        except ValidationError as exc:
            first = exc.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "message"
            self._tell({"type": "error", "message": f"{where}: {first['msg']}"})
            return
        try:
            await self._do(said, user)
        except VoiceError as exc:
            self._tell({"type": "error", "message": exc.message})

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        raise StopConsumer

    async def _do(self, said: Begin | Say | Decide, user: Any) -> None:
        match said:
            case Begin(dry=dry) if self._rehearsal is None and not self._tasks_beyond_writing():
                self._spawn(self._rehearse(user, dry=dry))
            case Say(text=text) if self._rehearsal is not None:
                await self._rehearsal.say(text)
            case Decide(call_id=call_id, approve=approve) if self._rehearsal is not None:
                self._rehearsal.decide(call_id, approve)
            case _:
                self._tell({"type": "error", "message": "Not now."})

    async def _rehearse(self, user: Any, *, dry: bool) -> None:
        owner, assistant_id = self._owner, int(self.scope["url_route"]["kwargs"]["assistant_id"])
        plan = await owner.writer.run(plan_rehearsal, user, assistant_id, settings.REALTIME_MODEL, dry=dry)
        if plan is None:
            self._tell({"type": "error", "message": "There is no such assistant any more."})
            return
        runs = owner.tool_runs
        tools = RehearsedTools(plan, Workshop(owner.writer, runs.executor, runs.desk), self._tell)
        try:
            line = await owner.provider.converse(plan.model)
        except VoiceError as exc:
            self._tell({"type": "error", "message": exc.message})
            self._tell({"type": "over", "reason": "failed"})
            return
        self._rehearsal = Rehearsal(plan, line, tools, self._tell)
        await self._rehearsal.run()
        self._rehearsal = None

    async def _visitor(self) -> Any:
        """The person, while they may rehearse; else the socket is closed and there is nobody."""
        user, code = await self._owner.writer.run(find_rehearser, self._session_key)
        if user is None:
            await self.send({"type": "websocket.close", "code": code})
        return user

    def _tell(self, body: JsonObject) -> None:
        self._telling.put_nowait(body)

    async def _write(self) -> None:
        while True:
            body = await self._telling.get()
            await self.send({"type": "websocket.send", "text": json.dumps(body, ensure_ascii=False)})
            if body["type"] == "over":
                await self.send({"type": "websocket.close", "code": OVER})
                return

    def _tasks_beyond_writing(self) -> bool:
        return len(self._tasks) > 1

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
