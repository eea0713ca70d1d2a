"""The people of the voice bench: logged-in clients that start calls and end them, over HTTP like a page."""

from __future__ import annotations

import asyncio
import re
from types import TracebackType
from typing import Self

import httpx

from bench.login import log_in
from bench.voice_stage import PASSWORD, PEOPLE
from tests.voice.scripted_provider import OFFER

AT_ONCE = 4
"""Calls being made at the same time."""


class People:
    """Everybody who talks to one site. Use as an async context manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: list[httpx.AsyncClient] = []
        self.calls: list[tuple[httpx.AsyncClient, str]] = []

    async def __aenter__(self) -> Self:
        for number in range(PEOPLE):
            self._clients.append(await log_in(self._url, f"speaker{number}", PASSWORD))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            await client.aclose()

    async def call_until(self, wanted: int) -> list[float]:
        """Start calls until that many run; our own milliseconds of each set-up, as the site tells them."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> float:
            async with slots:
                return await self._call(self._clients[number % PEOPLE])

        return list(await asyncio.gather(*(one(number) for number in range(len(self.calls), wanted))))

    async def _call(self, client: httpx.AsyncClient) -> float:
        reply = await client.post("/voice/calls/", json={"sdp": OFFER})
        assert reply.status_code == 201, reply.text
        body = reply.json()
        assert body["control"] == "sideband", body
        assert (await client.post(f"/voice/calls/{body['id']}/ready")).status_code == 204
        self.calls.append((client, body["id"]))
        return own_ms(reply.headers["server-timing"])

    async def hang_up(self) -> None:
        """End every call."""
        calls, self.calls = self.calls, []
        for client, call in calls:
            assert (await client.post(f"/voice/calls/{call}/end")).status_code == 200


def own_ms(server_timing: str) -> float:
    """The site's own share of a set-up: without the provider's answer and the joining of the sideband."""
    found = re.search(r"ours;dur=([\d.]+)", server_timing)
    assert found, server_timing
    return float(found[1])
