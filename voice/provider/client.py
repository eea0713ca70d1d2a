"""One async HTTP client for every provider.

Source: OpenAI API reference, "Realtime" (calls, client secrets).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from django.conf import settings
from websockets.asyncio.client import connect

from voice.errors import CallGone, ProviderError
from voice.protocol import SDP_TYPE, JsonObject, call_id_of
from voice.provider.config import ProviderConfig
from voice.provider.faults import error_for_status, ours
from voice.provider.sideband import Sideband

ATTACH_PATIENCE_S = 3.0
"""A sideband may answer 404 for a moment after the call was made."""
ATTACH_PAUSE_S = 0.1
HANG_UP_PAUSES_S = (0.3, 1.0, 2.0)
MAX_EVENT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class CreatedCall:
    """`answer` is the SDP answer, `call_id` the provider's `rtc_…`."""

    answer: str
    call_id: str


@dataclass(frozen=True)
class Minted:
    """An ephemeral secret: single use, `expires_at` in Unix seconds; `session` as the provider echoed it."""

    value: str
    expires_at: int
    session: JsonObject


def safety_identifier(user_id: int) -> str:
    """A stable opaque name for a person, without anything personal in it."""
    return hashlib.sha256(f"{settings.SECRET_KEY}:{user_id}".encode()).hexdigest()[:32]


class Provider:
    """The provider's verbs. Opened by its owner, closed by `aclose()`; safe for many calls at once."""

    def __init__(self, config: ProviderConfig, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.config = config
        self._http = httpx.AsyncClient(
            transport=transport,
            timeout=config.timeout_s,
            trust_env=not config.is_local,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=8),
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def mint(self, session: JsonObject, *, user_id: int) -> Minted:
        """Get an ephemeral secret for `session`. Raises ProviderError and its kin."""
        headers = {**self.config.auth, "OpenAI-Safety-Identifier": safety_identifier(user_id)}
        reply = await self._post("/realtime/client_secrets", headers, json={"session": session})
        with self._unusable("secret"):
            body = reply.json()
            return Minted(str(body["value"]), int(body["expires_at"]), dict(body.get("session") or {}))

    async def create_call(self, offer: str, session: JsonObject, *, user_id: int) -> CreatedCall:
        """Exchange SDP. Raises BadOffer for an unreadable offer, else ProviderError and its kin."""
        headers = {"OpenAI-Safety-Identifier": safety_identifier(user_id), "Accept": SDP_TYPE}
        if self.config.two_step:
            secret = await self.mint(session, user_id=user_id)
            headers |= {"Authorization": f"Bearer {secret.value}", "Content-Type": SDP_TYPE}
            reply = await self._post("/realtime/calls", headers, content=offer)
        else:
            parts = {
                "sdp": (None, offer, SDP_TYPE),
                "session": (None, json.dumps(session), "application/json"),
            }
            reply = await self._post("/realtime/calls", headers | self.config.auth, files=parts)
        call_id = call_id_of(reply.headers.get("location", ""))
        if not call_id:
            raise ProviderError(f"{self.config.name} made a call without saying its id (no Location header).")
        if not reply.text.startswith("v="):
            await self.hang_up(call_id)
            raise ProviderError(f"{self.config.name} answered something that is not SDP.")
        return CreatedCall(reply.text, call_id)

    async def hang_up(self, call_id: str) -> None:
        """End a call; one that is already gone is fine. Tried again while the provider may come round."""
        for pause_s in (*HANG_UP_PAUSES_S, None):
            try:
                await self._post(f"/realtime/calls/{call_id}/hangup", self.config.auth)
                return
            except CallGone:
                return
            except ProviderError as exc:
                if pause_s is None or not exc.retryable:
                    raise
                await asyncio.sleep(pause_s)

    async def attach(self, call_id: str, *, patience_s: float = ATTACH_PATIENCE_S) -> Sideband:
        """Join a call. Raises CallGone when the provider still knows none after `patience_s`."""
        deadline = asyncio.get_running_loop().time() + patience_s
        while True:
            try:
                return await self._attach_once(call_id)
            except CallGone:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
                await asyncio.sleep(ATTACH_PAUSE_S)

    async def _attach_once(self, call_id: str) -> Sideband:
        return await self._connect(f"call_id={call_id}")

    async def converse(self, model: str) -> Sideband:
        """Begin a session without media: what is written goes both ways. Raises ProviderError and its kin."""
        return await self._connect(f"model={quote(model, safe='')}")

    async def _connect(self, query: str) -> Sideband:
        url = f"{self.config.websocket_url}/realtime?{query}"
        with ours(self.config):
            async with asyncio.timeout(self.config.timeout_s):
                socket = await connect(
                    url,
                    additional_headers=self.config.auth,
                    open_timeout=None,
                    close_timeout=2,
                    max_size=MAX_EVENT_BYTES,
                    # Deflating small events costs a fifth of a turn's CPU, and memory for each call.
                    compression=None,
                    proxy=None if self.config.is_local else True,
                )
        return Sideband(socket, self.config)

    async def _post(self, path: str, headers: dict[str, str], **body: Any) -> httpx.Response:
        with ours(self.config):
            async with asyncio.timeout(self.config.timeout_s):
                reply = await self._http.post(f"{self.config.base_url}{path}", headers=headers, **body)
        if reply.is_success:
            return reply
        raise error_for_status(
            self.config, reply.status_code, reply.content, reply.headers.get("retry-after", "")
        )

    @contextlib.contextmanager
    def _unusable(self, what: str) -> Any:
        try:
            yield
        except (ValueError, KeyError, TypeError) as exc:
            raise ProviderError(f"{self.config.name} answered without a usable {what}.") from exc
