"""What a tool may know and use while it runs."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from rooms.parts import Parts
from voice.outbound.transport import Outbound

Output = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """What all tools of a process share."""

    http: httpx.AsyncClient
    rooms: Parts
    outbound: Outbound


@dataclass(frozen=True)
class ToolContext:
    """For whom a tool runs, and what it may use. The person's rights are the tool's rights.

    `issued` are the tools that the call was given; a page cannot add to them. `approved`: the person has said
    yes to this run.
    """

    user_id: int
    conversation_id: uuid.UUID | None
    http: httpx.AsyncClient
    rooms: Parts
    issued: frozenset[str] = frozenset()
    approved: bool = False


@dataclass(frozen=True)
class CodeTool:
    """A shipped function: `function(context, arguments)` returns a JSON object or raises ToolError.

    `parameters` is the JSON Schema its arguments are checked against before it is called.
    """

    name: str
    title: str
    icon: str
    description: str
    parameters: dict[str, Any]
    function: Callable[[ToolContext, dict[str, Any]], Awaitable[Output]]
    timeout_s: float = 10.0
