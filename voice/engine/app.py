"""The engine's HTTP: mints secrets, starts and ends calls, opens sidebands, says how it is.

Paths, statuses and error bodies are the hosted API's; `Refusal` becomes a body here and nowhere else in
HTTP. Source: OpenAI platform documentation, "Realtime API with WebRTC" and "Webhooks and server-side
controls".
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import BodyPartReader, web

from voice.engine.calls import Calls
from voice.engine.config import EngineConfig
from voice.engine.errors import Refusal
from voice.engine.keys import Keys
from voice.engine.offers import read_offer
from voice.engine.session import Session
from voice.engine.session_models import ExpiresAfter, SecretRequest, read
from voice.engine.sideband import serve_conversation, serve_sideband
from voice.engine.speech import Speech
from voice.protocol import SDP_TYPE, JsonObject, error_body, error_event

_MAX_BODY = 1024 * 1024
_BETA_TEXT = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
_BETA_CLOSE = 4000
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, X-OpenAI-Agents-SDK, OpenAI-Safety-Identifier, OpenAI-Organization, "
        "OpenAI-Project, OpenAI-Beta"
    ),
    "Access-Control-Expose-Headers": "Location, X-Request-Id",
    "Access-Control-Max-Age": "600",
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """The handlers, with what they share."""

    def __init__(self, keys: Keys, calls: Calls, *, speech_on: bool) -> None:
        self._keys = keys
        self._calls = calls
        self._speech_on = speech_on

    async def health(self, request: web.Request) -> web.Response:
        """Say that the engine is up and how many calls it carries."""
        return web.json_response({"status": "ok", "calls": len(self._calls), "speech": self._speech_on})

    async def mint(self, request: web.Request) -> web.Response:
        """Answer with a fresh client secret and the session it stands for."""
        self._keys.check(_bearer(request))
        asked = read(SecretRequest, _parse_json(await request.read()))
        session = Session(asked.session, started=False)
        ttl_s = (asked.expires_after or ExpiresAfter()).seconds
        value, expires_at = self._keys.mint(asked.session or {"type": "realtime"}, ttl_s)
        body = {"value": value, "expires_at": expires_at, "session": session.data}
        return web.json_response(body, headers={"Cache-Control": "no-store"})

    async def start(self, request: web.Request) -> web.Response:
        """Answer an SDP offer with the answer, and the new call's place."""
        given, offer = await self._offer_of(request)
        call_id, answer = await self._calls.start(Session(given), read_offer(offer))
        return web.Response(
            status=201,
            body=answer.encode(),
            content_type=SDP_TYPE,
            headers={"Location": f"/v1/realtime/calls/{call_id}"},
        )

    async def hang_up(self, request: web.Request) -> web.Response:
        """End a call."""
        self._keys.check(_bearer(request))
        await self._calls.hang_up(request.match_info["call_id"])
        return web.Response(body=b"")

    async def sideband(self, request: web.Request) -> web.StreamResponse:
        """Open a WebSocket: onto a running call (`call_id`), or as a written call of its own (`model`).

        A secret finds no running call, as at the hosted API.
        """
        bearer = _bearer(request)
        if not bearer.startswith("ek_"):
            self._keys.check(bearer)
        if "OpenAI-Beta" in request.headers:
            return await _close_beta(request)
        if "call_id" not in request.query:
            return await self._converse(request, bearer)
        call_id = "" if bearer.startswith("ek_") else request.query["call_id"]
        return await serve_sideband(request, self._calls.find(call_id))

    async def _converse(self, request: web.Request, bearer: str) -> web.StreamResponse:
        """A call without media; the secret's session, else a new one of the named model."""
        model = request.query.get("model", "")
        given = self._keys.spend(bearer) if bearer.startswith("ek_") else None
        if given is None and not model:
            raise Refusal("missing_required_parameter", "Missing required parameter: 'model'.", param="model")
        session = Session(given or {"type": "realtime", "model": model})
        return await serve_conversation(request, self._calls.converse(session))

    async def beta(self, request: web.Request) -> web.Response:
        """Refuse what the hosted API no longer has."""
        raise Refusal("beta_api_shape_disabled", _BETA_TEXT)

    async def _offer_of(self, request: web.Request) -> tuple[JsonObject | None, bytes]:
        """Return the session asked for and the offer, from either kind of request."""
        bearer = _bearer(request)
        parts = await _multipart(request) if request.content_type == "multipart/form-data" else None
        session: JsonObject | None
        if bearer.startswith("ek_"):
            session = self._keys.spend(bearer)
        else:
            self._keys.check(bearer)
            session = _parse_json(parts["session"]) if parts and "session" in parts else None
        if parts is not None:
            return session, parts.get("sdp", b"")
        if request.content_type != SDP_TYPE:
            raise Refusal("invalid_value", f"Unsupported content type '{request.content_type}'.", status=400)
        return session, await request.read()


def build_app(config: EngineConfig, speech: Speech) -> web.Application:
    """Return the application; its calls end when it shuts down."""
    calls = Calls(config, speech)
    api = Api(Keys(config.api_key), calls, speech_on=speech.on)
    app = web.Application(middlewares=[_frame], client_max_size=_MAX_BODY)
    app.router.add_get("/healthz", api.health)
    app.router.add_post("/v1/realtime/client_secrets", api.mint)
    app.router.add_post("/v1/realtime/calls", api.start)
    app.router.add_post("/v1/realtime/calls/{call_id}/hangup", api.hang_up)
    app.router.add_get("/v1/realtime", api.sideband)
    for path in ("/v1/realtime", "/v1/realtime/sessions", "/v1/realtime/transcription_sessions"):
        app.router.add_post(path, api.beta)

    async def end_calls(_: web.Application) -> None:
        await calls.close()

    app.on_shutdown.append(end_calls)
    return app


@web.middleware
async def _frame(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer preflights, put errors into the API's shape, and let any origin read."""
    if request.method == "OPTIONS":
        return web.Response(status=204, headers=_CORS)
    try:
        if request.method == "POST" and "OpenAI-Beta" in request.headers:
            raise Refusal("beta_api_shape_disabled", _BETA_TEXT)
        response = await handler(request)
    except Refusal as refusal:
        body = error_body(refusal.code, refusal.message, param=refusal.param)
        response = web.json_response(body, status=refusal.status)
    except web.HTTPException as exc:
        body = error_body("invalid_request", f"{exc.reason}: {request.method} {request.path}")
        response = web.json_response(body, status=exc.status)
    if not response.prepared:
        response.headers.update(_CORS)
    return response


async def _close_beta(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=("realtime",))
    await socket.prepare(request)
    await socket.send_json(error_event("beta_api_shape_disabled", _BETA_TEXT))
    reason = b"invalid_request_error.beta_api_shape_disabled"
    await socket.close(code=_BETA_CLOSE, message=reason)
    return socket


async def _multipart(request: web.Request) -> dict[str, bytes]:
    """Return the parts of a form by name, none larger than an offer may be plus a session."""
    parts: dict[str, bytes] = {}
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if isinstance(part, BodyPartReader) and part.name in ("sdp", "session"):
                parts[part.name] = await _read_part(part)
    except (ValueError, AssertionError, RuntimeError) as exc:
        raise Refusal("invalid_value", "The multipart body could not be read.") from exc
    if "sdp" not in parts:
        raise Refusal("missing_required_parameter", "Missing required parameter: 'sdp'.", param="sdp")
    return parts


async def _read_part(part: BodyPartReader) -> bytes:
    """Return a part's content; the limit on bodies does not hold for parts read one by one."""
    content = bytearray()
    while chunk := await part.read_chunk():
        content += chunk
        if len(content) > _MAX_BODY:
            raise Refusal("invalid_value", f"The part '{part.name}' is too large.", status=413)
    return bytes(content)


def _parse_json(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError) as exc:
        raise Refusal("invalid_value", "The body is not JSON.") from exc


def _bearer(request: web.Request) -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""
