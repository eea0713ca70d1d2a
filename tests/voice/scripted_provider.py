"""A provider on a real socket that does what a test tells it: late, refusing, or speaking a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiohttp import WSMsgType, web

ANSWER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
OFFER = (
    "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:x\r\na=ice-pwd:y\r\na=fingerprint:sha-256 AA\r\n"
)
PATIENCE_S = 5.0


@dataclass
class ScriptedProvider:
    """What to answer, and what was asked. `behind` is a real engine to pass requests on to."""

    delay_s: float = 0.0
    status: int = 201
    error: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    location: bool = True
    answer: str = ANSWER
    sideband_status: int = 101
    behind: str = ""
    base_url: str = ""
    hung_up: list[str] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    sockets: dict[str, web.WebSocketResponse] = field(default_factory=dict)
    made: int = 0
    joined: int = 0
    refuse_hang_ups: int = 0

    async def create(self, request: web.Request) -> web.Response:
        self.authorizations.append(request.headers.get("Authorization", request.headers.get("api-key", "")))
        body = await request.read()
        await asyncio.sleep(self.delay_s)
        if self.behind:
            return await self._pass_on(request, body)
        if self.status != 201:
            return web.json_response({"error": self.error}, status=self.status, headers=self.headers)
        self.made += 1
        headers = {"Location": f"/v1/realtime/calls/rtc_{self.made}"} if self.location else {}
        return web.Response(text=self.answer, status=201, headers=headers, content_type="application/sdp")

    async def _pass_on(self, request: web.Request, body: bytes) -> web.Response:
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type")}
        async with httpx.AsyncClient() as http:
            reply = await http.post(f"{self.behind}/realtime/calls", content=body, headers=headers)
        headers = {"Location": reply.headers["Location"]}
        return web.Response(text=reply.text, status=reply.status_code, headers=headers)

    async def hang_up(self, request: web.Request) -> web.Response:
        call_id = request.match_info["call_id"]
        if self.refuse_hang_ups:
            self.refuse_hang_ups -= 1
            return web.json_response({"error": {"code": "server_error"}}, status=503)
        self.hung_up.append(call_id)
        if self.behind:
            async with httpx.AsyncClient(headers={"Authorization": "Bearer key"}) as http:
                await http.post(f"{self.behind}/realtime/calls/{call_id}/hangup")
        if (socket := self.sockets.pop(call_id, None)) is not None:
            await socket.close()
        return web.Response()

    async def sideband(self, request: web.Request) -> web.StreamResponse:
        if self.sideband_status != 101:
            body = {"error": {"code": "call_id_not_found", "message": "No session found"}}
            return web.json_response(body, status=self.sideband_status)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.joined += 1
        self.sockets[request.query["call_id"]] = socket
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                event = json.loads(message.data)
                self.received.append(event)
                if event["type"] == "conversation.item.create":
                    echo = {"type": "conversation.item.added", "event_id": "e", "item": event["item"]}
                    await socket.send_json(echo)
        return socket

    async def say(self, call_id: str, kind: str, **fields: Any) -> None:
        """Send one event into the call's sideband."""
        async with asyncio.timeout(PATIENCE_S):
            while call_id not in self.sockets:
                await asyncio.sleep(0.01)
        await self.sockets[call_id].send_json({"type": kind, "event_id": "e", **fields})

    async def respond(self, call_id: str, response_id: str, *calls: tuple[str, str, str]) -> None:
        """A completed response that holds function calls `(call_id, name, arguments)`."""
        await self.say(call_id, "response.created", response={"id": response_id, "status": "in_progress"})
        await self.finish_response(call_id, response_id, *calls)

    async def finish_response(self, call_id: str, response_id: str, *calls: tuple[str, str, str]) -> None:
        """The end of such a response only."""
        kind = {"type": "function_call"}
        output = [
            {**kind, "id": f"item_{one}", "call_id": one, "name": name, "arguments": arguments}
            for one, name, arguments in calls
        ]
        done = {"id": response_id, "status": "completed", "output": output}
        await self.say(call_id, "response.done", response=done)

    async def until(self, kind: str, *, count: int = 1) -> dict[str, Any]:
        """The `count`-th client event of that type, waited for."""
        async with asyncio.timeout(PATIENCE_S):
            while len(found := [event for event in self.received if event["type"] == kind]) < count:
                await asyncio.sleep(0.01)
        return found[count - 1]

    def outputs(self) -> dict[str, Any]:
        """Function call outputs received so far, by call id."""
        items = [event["item"] for event in self.received if event["type"] == "conversation.item.create"]
        return {
            item["call_id"]: json.loads(item["output"])
            for item in items
            if item["type"] == "function_call_output"
        }


@asynccontextmanager
async def serving(provider: ScriptedProvider) -> AsyncIterator[ScriptedProvider]:
    """Run it on a free port of this machine."""
    app = web.Application()
    app.router.add_post("/v1/realtime/calls", provider.create)
    app.router.add_post("/v1/realtime/calls/{call_id}/hangup", provider.hang_up)
    app.router.add_get("/v1/realtime", provider.sideband)
    runner = web.AppRunner(app, shutdown_timeout=0.5, access_log=None)
    await runner.setup()
    place = web.TCPSite(runner, "127.0.0.1", 0)
    await place.start()
    port = runner.addresses[0][1]
    provider.base_url = f"http://127.0.0.1:{port}/v1"
    try:
        yield provider
    finally:
        for socket in list(provider.sockets.values()):
            await socket.close()
        await runner.cleanup()
