"""Runs one function call and always comes back with an output for the model.

Promises: arguments are checked against the tool's JSON Schema, the run has a time and a size limit,
only tools that the call was given run, the person's rights are checked at every run, a tool that asks
first runs only approved, and the model reads either the result or `{"error": "<a sentence it can say>"}`:
ToolError's text, or a fixed sentence for anything unforeseen.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from voice.errors import ToolError
from voice.models import Tool
from voice.outbound.transport import Outbound
from voice.tools.context import CodeTool, ToolContext
from voice.tools.kinds import Kinds
from voice.tools.rights import refuse_unasked, usable_tool
from voice.writer import Writer

logger = logging.getLogger(__name__)

MAX_ARGUMENT_CHARS = 16_384
MAX_OUTPUT_BYTES = 16_384
UNFORESEEN = "Something went wrong inside the tool."


@dataclass(frozen=True)
class ToolResult:
    """`output` is JSON text for the model; `duration_ms` is wall time; `detail` is for operators only."""

    output: str
    failed: bool
    duration_ms: int
    detail: str = ""


class Executor:
    """Runs tools for one process; `tools` are the functions there are."""

    def __init__(self, writer: Writer, tools: tuple[CodeTool, ...], outbound: Outbound) -> None:
        self._writer = writer
        self._kinds = Kinds(tools, outbound)

    async def run(self, context: ToolContext, name: str, arguments: str) -> ToolResult:
        """Run tool `name` with the model's argument text. Raises nothing but cancellation."""
        return await _answered(name, self._run(context, name, arguments))

    async def run_row(self, context: ToolContext, row: Tool, arguments: str) -> ToolResult:
        """The same for a row at hand, whether or not a call was given it."""
        return await _answered(row.name, self._run_row(context, row, arguments))

    async def _run(self, context: ToolContext, name: str, arguments: str) -> str:
        if name not in context.issued:
            raise ToolError(f"There is no tool called {name[:64]}.")
        row = await self._writer.run(usable_tool, context.user_id, name)
        return await self._run_row(context, row, arguments)

    async def _run_row(self, context: ToolContext, row: Tool, arguments: str) -> str:
        values = checked_arguments(row, arguments)
        refuse_unasked(row, arguments, approved=context.approved)
        try:
            async with asyncio.timeout(row.timeout_s):
                result = await self._kinds.run(row, context, values)
        except TimeoutError as exc:
            raise ToolError(
                f"{row} took longer than {row.timeout_s:g} seconds, so I stopped waiting."
            ) from exc
        return fitting(row, result)


async def _answered(name: str, work: Awaitable[str]) -> ToolResult:
    """The output or the failure, and how long it took."""
    began, detail = time.monotonic(), ""
    try:
        output, failed = await work, False
    except ToolError as exc:
        output, failed, detail = failure(exc.message), True, getattr(exc, "detail", "")
    except Exception as exc:  # noqa: BLE001  (the tool's edge: whatever it does, the model must get an answer)
        logger.error("Tool %s failed: %s", name[:64], type(exc).__name__)
        logger.debug("Tool %s failed", name[:64], exc_info=exc)
        output, failed = failure(UNFORESEEN), True
    return ToolResult(storable(output), failed, round((time.monotonic() - began) * 1000), detail)


def storable(text: str) -> str:
    """Text as every database keeps it: no NUL, no half of a surrogate pair; models and browsers send both."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def failure(message: str) -> str:
    """What the model reads when a tool could not do it."""
    return json.dumps({"error": message}, ensure_ascii=False)


def checked_arguments(row: Tool, arguments: str) -> dict[str, Any]:
    """The argument text as values. Raises ToolError naming what is wrong."""
    if len(arguments) > MAX_ARGUMENT_CHARS:
        raise ToolError(f"The arguments for {row} are too long.")
    try:
        values = json.loads(arguments or "{}")
    except ValueError as exc:
        raise ToolError(f"The arguments for {row} are not valid JSON.") from exc
    if not isinstance(values, dict):
        raise ToolError(f"The arguments for {row} must be a JSON object.")
    # An empty registry: a schema that points elsewhere must not make this process fetch it.
    validator = Draft202012Validator(row.parameters, registry=Registry())
    try:
        wrong = next(iter(validator.iter_errors(values)), None)
    except Unresolvable as exc:
        raise ToolError(UNFORESEEN) from exc
    if wrong is not None:
        where = ".".join(map(str, wrong.path)) or "arguments"
        raise ToolError(f"{row} cannot use these arguments: {where}: {wrong.message[:200]}")
    return values


def fitting(row: Tool, result: dict[str, Any]) -> str:
    """The result as JSON text, refused when it would flood the conversation."""
    text = json.dumps(result, ensure_ascii=False, allow_nan=False, default=str)
    if len(text.encode()) > MAX_OUTPUT_BYTES:
        raise ToolError(f"{row} gave an answer that is too long to read.")
    return text
