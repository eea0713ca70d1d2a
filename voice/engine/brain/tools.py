"""The tools of a session as the dialogue sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Tool:
    """A function the client offers; `properties` and `required` come from its JSON Schema."""

    name: str
    description: str = ""
    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function to be called; `arguments` is a JSON object."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a called function answered: usually JSON, always text."""

    name: str
    output: str


def read_tools(tools: list[dict[str, Any]]) -> tuple[Tool, ...]:
    """Return the session's function tools; whatever is odd in a schema is treated as absent."""
    return tuple(_read(tool) for tool in tools if tool.get("type") == "function")


def _read(tool: dict[str, Any]) -> Tool:
    schema = tool.get("parameters")
    schema = schema if isinstance(schema, dict) else {}
    found = schema.get("properties")
    properties = found.items() if isinstance(found, dict) else ()
    required = schema.get("required")
    return Tool(
        name=str(tool.get("name", "")),
        description=str(tool.get("description") or ""),
        properties={str(name): rule for name, rule in properties if isinstance(rule, dict)},
        required=tuple(str(name) for name in required) if isinstance(required, list) else (),
    )
