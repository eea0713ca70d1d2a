"""Reads a server's list of tools into rows.

Promises: a new tool is off until somebody allows it; a tool whose description or parameters changed is
switched off again, because what was allowed was something else; one that is gone is switched off and kept.
A name that is taken, or that no provider takes, is refused and named; the other tools are read all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from voice.models import McpServer, Tool
from voice.outbound.refusals import Unusable
from voice.outbound.transport import Outbound
from voice.tools.mcp.connection import connected
from voice.validators import validate_parameters

LIST_TIMEOUT_S = 15.0
MOST_PAGES = 20
MOST_TOOLS = 200
LONGEST_NAME = 64
LONGEST_DESCRIPTION = 4000
_ODD = re.compile(r"[^a-zA-Z0-9_-]")


@dataclass(frozen=True)
class ListedTool:
    """A tool as its server describes it."""

    name: str
    title: str
    description: str
    parameters: dict[str, Any]


@dataclass
class Listing:
    """What reading a list changed: names of tools; `refused` are sentences."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    same: int = 0
    refused: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """What happened, for people."""
        told = [
            (self.new, "new, off until you allow them"),
            (self.changed, "changed, so switched off until you allow them again"),
            (self.gone, "gone from the server, so switched off"),
        ]
        lines = [f"{len(names)} {what}: {', '.join(names)}." for names, what in told if names]
        return [*lines, *([f"{self.same} unchanged."] if self.same else []), *self.refused]


async def read_list(server: McpServer, outbound: Outbound) -> list[ListedTool]:
    """Every tool the server offers. Raises OutboundError."""
    found: list[ListedTool] = []
    cursor: str | None = None
    async with connected(server, outbound, timeout_s=LIST_TIMEOUT_S) as client:
        for _ in range(MOST_PAGES):
            page = await client.list_tools(cursor=cursor)
            found += [
                ListedTool(tool.name, tool.title or "", tool.description or "", dict(tool.input_schema))
                for tool in page.tools
            ]
            cursor = page.next_cursor
            if cursor is None:
                break
    if len(found) > MOST_TOOLS:
        raise Unusable(f"It lists {len(found)} tools; {MOST_TOOLS} are the most.")
    return found


@transaction.atomic
def store_list(server: McpServer, listed: list[ListedTool]) -> Listing:
    """Bring the server's rows in line with its list."""
    listing = Listing()
    rows = {tool.mcp_name: tool for tool in server.tools.all()}
    for tool in listed:
        _store(server, tool, rows.pop(tool.name, None), listing)
    for row in rows.values():
        if row.enabled:
            listing.gone.append(row.name)
            row.enabled = False
            row.save(update_fields=["enabled"])
    server.listed_at, server.problem = timezone.now(), ""
    server.save(update_fields=["listed_at", "problem"])
    return listing


def _store(server: McpServer, listed: ListedTool, row: Tool | None, listing: Listing) -> None:
    name = _ODD.sub("_", f"{server.prefix}{listed.name}")
    if reason := _reason_against(server, name, listed, row):
        listing.refused.append(f"{listed.name[:80]} is left out: {reason}")
        if row is not None and row.enabled:
            row.enabled = False
            row.save(update_fields=["enabled"])
        return
    values = {"name": name, "description": listed.description, "parameters": _parameters(listed)}
    if row is None:
        title = listed.title[:80]
        made = {"kind": Tool.Kind.MCP, "mcp_name": listed.name, "enabled": False, "title": title}
        server.tools.create(**made, **values)
        listing.new.append(name)
    elif any(getattr(row, field) != value for field, value in values.items()):
        for field_name, value in {**values, "enabled": False}.items():
            setattr(row, field_name, value)
        row.save(update_fields=[*values, "enabled"])
        listing.changed.append(name)
    else:
        listing.same += 1


def _reason_against(server: McpServer, name: str, listed: ListedTool, row: Tool | None) -> str:
    if not name or len(name) > LONGEST_NAME or len(listed.name) > 200:
        return f"a name has 1 to {LONGEST_NAME} characters."
    if Tool.objects.filter(name=name).exclude(pk=row.pk if row else None).exists():
        return f"there is a tool called {name} already; give {server} a prefix or rename the other one."
    if not listed.description or len(listed.description) > LONGEST_DESCRIPTION:
        return f"a description has 1 to {LONGEST_DESCRIPTION} characters."
    try:
        validate_parameters(_parameters(listed))
    except ValidationError as exc:
        return f"its parameters: {' '.join(exc.messages)}"
    return ""


def _parameters(listed: ListedTool) -> dict[str, Any]:
    """The schema with what providers want and servers may leave out; `$schema` is of no use to them."""
    schema = {name: value for name, value in listed.parameters.items() if name != "$schema"}
    return {"type": "object", "properties": {}, **schema}
