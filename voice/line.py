"""The server's line into one call: a sideband that is joined again when it breaks.

What is said while there is no line is kept and said after the next join, but a tool's output and the
request that follows it only for `OUTPUT_KEPT_S`: after 1.5 s without them the page answers the
function call itself, and the model must not hear two answers.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

from voice.errors import CallGone, VoiceError
from voice.models import EndReason
from voice.protocol import JsonObject
from voice.provider import Provider, Sideband

logger = logging.getLogger(__name__)

REJOIN_PAUSES_S = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
OUTPUT_KEPT_S = 1.0
UNSAID_LIMIT = 200


@dataclass(frozen=True)
class Rejoined:
    """The line is back; what happened meanwhile was not heard."""


@dataclass(frozen=True)
class Lost:
    """There is nothing to join any more; `reason` is an EndReason value."""

    reason: str


class Line:
    """One call's sideband. Without one (the page is courier) it swallows what it is given."""

    def __init__(
        self, conversation_id: uuid.UUID, call_id: str, provider: Provider, first: Sideband | None
    ) -> None:
        self._name = conversation_id
        self._call_id = call_id
        self._provider = provider
        self._sideband = first
        self._exists = first is not None
        self._unsaid: list[tuple[float, JsonObject]] = []

    @property
    def exists(self) -> bool:
        """Whether this call ever had a sideband."""
        return self._exists

    async def send(self, event: JsonObject) -> None:
        """Say it now, or after the next join."""
        if self._sideband is not None:
            try:
                await self._sideband.send(event)
                return
            except VoiceError as exc:
                logger.warning("Call %s: the sideband did not take an event: %s", self._name, exc.code)
        if self._exists and len(self._unsaid) < UNSAID_LIMIT:
            self._unsaid.append((asyncio.get_running_loop().time(), event))

    async def follow(self) -> AsyncIterator[str | bytes | Rejoined | Lost]:
        """Yield raw events, `Rejoined` after each break, and `Lost` last."""
        while self._sideband is not None:
            async for raw in self._sideband.events():
                yield raw
            broken, self._sideband = self._sideband, None
            await broken.close()
            rejoined = await self._rejoin()
            if isinstance(rejoined, Lost):
                yield rejoined
                return
            self._sideband = rejoined
            yield Rejoined()
            await self._say_unsaid()

    async def close(self) -> None:
        if self._sideband is not None:
            await self._sideband.close()

    async def _rejoin(self) -> Sideband | Lost:
        for pause_s in REJOIN_PAUSES_S:
            await asyncio.sleep(pause_s)
            try:
                return await self._provider.attach(self._call_id, patience_s=0)
            except CallGone:
                return Lost(EndReason.BROWSER_LEFT)
            except VoiceError as exc:
                logger.warning("Call %s: cannot rejoin: %s", self._name, exc.code)
        return Lost(EndReason.PROVIDER_LOST)

    async def _say_unsaid(self) -> None:
        now = asyncio.get_running_loop().time()
        unsaid, self._unsaid = self._unsaid, []
        for said_at, event in unsaid:
            if now - said_at < OUTPUT_KEPT_S or not _answers_a_tool(event):
                await self.send(event)


def _answers_a_tool(event: JsonObject) -> bool:
    if event["type"] == "response.create":
        return "response" not in event
    return bool(event.get("item", {}).get("type") == "function_call_output")
