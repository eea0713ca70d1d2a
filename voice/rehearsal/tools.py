"""Tools in a rehearsal: run for real under the rehearser's own rights, or only checked (`dry`).

Promises: a tool that asks first asks here too; every real run and every answer is an audit row without
arguments; always an output for the model.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth import get_user_model

from voice.audit import record
from voice.call import RunTool
from voice.errors import ToolError
from voice.models import AuditAction, Tool
from voice.protocol import JsonObject
from voice.rehearsal.plan import Plan
from voice.tools.context import Desk, ToolContext
from voice.tools.executor import Executor, ToolResult, checked_arguments, failure
from voice.tools.rights import LONGEST_SHOWN, usable_tool
from voice.writer import Writer

Tell = Callable[[JsonObject], None]


@dataclass(frozen=True)
class Workshop:
    """What tools need of the process."""

    writer: Writer
    executor: Executor
    desk: Desk


class RehearsedTools:
    """The tool runs of one rehearsal."""

    def __init__(self, plan: Plan, workshop: Workshop, tell: Tell) -> None:
        self._plan = plan
        self._workshop = workshop
        self._tell = tell
        self._open: dict[str, asyncio.Future[bool]] = {}

    def decide(self, call_id: str, approved: bool) -> None:
        """The rehearser's answer to an open question; another one is ignored."""
        found = self._open.get(call_id)
        if found is not None and not found.done():
            found.set_result(approved)

    async def output_of(self, run: RunTool) -> str:
        """Run, or check, one function call."""
        self._tell({"type": "tool", "call_id": run.call_id, "name": run.name, "arguments": run.arguments})
        status, result = await self._run(run)
        self._tell(
            {
                "type": "tool_done",
                "call_id": run.call_id,
                "status": status,
                "output": result.output,
                "duration_ms": result.duration_ms,
            }
        )
        return result.output

    async def _run(self, run: RunTool) -> tuple[str, ToolResult]:
        plan, shop = self._plan, self._workshop
        try:
            tool = await shop.writer.run(_checked, plan, run)
        except ToolError as exc:
            return "failed", ToolResult(failure(exc.message), True, 0)
        if plan.dry:
            output = {"result": f"This is a dry rehearsal: {tool} was not used."}
            return "dry", ToolResult(json.dumps(output), False, 0)
        approved = False
        if tool.ask_first and len(run.arguments) <= LONGEST_SHOWN:
            approved = await self._ask(run, tool)
            if not approved:
                return "denied", ToolResult(failure(f"You said no, so I did not use {tool}."), True, 0)
        context = ToolContext(plan.user_id, None, shop.desk.http, shop.desk.rooms, plan.issued)
        result = await shop.executor.run(replace(context, approved=approved), run.name, run.arguments)
        await shop.writer.run(_audit, AuditAction.TOOL_TRIED, plan, run.name)
        return "failed" if result.failed else "done", result

    async def _ask(self, run: RunTool, tool: Tool) -> bool:
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._open[run.call_id] = answer
        self._tell({"type": "ask", "call_id": run.call_id, "title": str(tool), "ends_in_s": tool.ask_s})
        try:
            async with asyncio.timeout(tool.ask_s):
                approved = await answer
            action = AuditAction.TOOL_APPROVED if approved else AuditAction.TOOL_DENIED
        except TimeoutError:
            approved, action = False, AuditAction.TOOL_UNANSWERED
        finally:
            self._open.pop(run.call_id, None)
        await self._workshop.writer.run(_audit, action, self._plan, run.name)
        return approved


def _checked(plan: Plan, run: RunTool) -> Tool:
    if run.name not in plan.issued:
        raise ToolError(f"There is no tool called {run.name[:64]}.")
    tool = usable_tool(plan.user_id, run.name)
    checked_arguments(tool, run.arguments)
    return tool


def _audit(action: AuditAction, plan: Plan, tool: str) -> None:
    user: Any = get_user_model().objects.filter(pk=plan.user_id).first()
    record(action, actor=user, tool=tool, assistant=plan.slug, rehearsal=True)
