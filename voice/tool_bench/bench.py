"""One bench: what a tool needs to run outside a call, opened for an errand and closed after it.

Promises: a tool runs here by the same road as in a call (arguments checked, time and size limited, errors as
the model would read them), with the rights of the person it runs for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from asgiref.sync import async_to_sync
from django.conf import settings

from rooms.connections import open_redis
from rooms.parts import parts_on
from voice.models import McpServer, Tool
from voice.outbound.transport import Outbound
from voice.tools.context import ToolContext
from voice.tools.executor import Executor, ToolResult, failure
from voice.tools.mcp.listing import ListedTool, read_list
from voice.tools.registry import CODE_TOOLS
from voice.writer import Writer

AT_ONCE = 4
CODE_HTTP_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Errand:
    """One run: a tool, whose arguments it gets as the model would write them, and for whom."""

    tool: Tool
    arguments: str
    user: Any

    @property
    def refusal(self) -> str:
        """Why this person may not use the tool, or nothing."""
        if not self.user.is_active:
            return f"{self.user} is not active."
        if not Tool.objects.open_to(self.user).filter(pk=self.tool.pk).exists():
            return f"{self.user} is in none of the tool's groups."
        return ""


def run_errands(errands: list[Errand]) -> list[ToolResult]:
    """What each came to, in their order. The results are on the screen and in no record."""
    refusals = [errand.refusal for errand in errands]
    return async_to_sync(_run_all)(errands, refusals)


def read_tools_of(server: McpServer) -> list[ListedTool]:
    """The server's list, for callers without an event loop. Raises OutboundError."""
    return async_to_sync(_read_list)(server)


async def _read_list(server: McpServer) -> list[ListedTool]:
    outbound = Outbound()
    try:
        return await read_list(server, outbound)
    finally:
        await outbound.aclose()


async def _run_all(errands: list[Errand], refusals: list[str]) -> list[ToolResult]:
    free = asyncio.Semaphore(AT_ONCE)
    async with _open_bench() as bench:

        async def run(errand: Errand, refusal: str) -> ToolResult:
            if refusal:
                no_such_tool = failure(f"There is no tool called {errand.tool.name}.")
                return ToolResult(no_such_tool, failed=True, duration_ms=0, detail=refusal)
            async with free:
                return await bench.run(errand)

        return list(await asyncio.gather(*map(run, errands, refusals)))


@dataclass(frozen=True)
class _Bench:
    executor: Executor
    context: ToolContext

    async def run(self, errand: Errand) -> ToolResult:
        shared = self.context
        context = ToolContext(errand.user.pk, None, shared.http, shared.rooms, approved=True)
        return await self.executor.run_row(context, errand.tool, errand.arguments)


@asynccontextmanager
async def _open_bench() -> AsyncIterator[_Bench]:
    writer, outbound, redis = Writer(), Outbound(), open_redis(settings.REDIS_URL)
    async with httpx.AsyncClient(timeout=CODE_HTTP_TIMEOUT_S) as http:
        try:
            context = ToolContext(0, None, http, parts_on(redis, settings.ROOMS_NAMESPACE))
            yield _Bench(Executor(writer, CODE_TOOLS, outbound), context)
        finally:
            await outbound.aclose()
            await redis.aclose()
            await writer.aclose()
