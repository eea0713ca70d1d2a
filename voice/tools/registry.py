"""The shipped code tools, listed by hand: what is not in this tuple does not exist."""

from __future__ import annotations

from voice.models import Tool
from voice.tools.clock import CURRENT_TIME
from voice.tools.context import CodeTool
from voice.tools.rooms import ROOM_TOOLS
from voice.tools.weather import WEATHER

CODE_TOOLS: tuple[CodeTool, ...] = (WEATHER, CURRENT_TIME, *ROOM_TOOLS)


def code_tool(name: str, tools: tuple[CodeTool, ...] = CODE_TOOLS) -> CodeTool | None:
    """The code tool of that name."""
    return next((tool for tool in tools if tool.name == name), None)


def sync_tools() -> list[str]:
    """Make the missing rows of shipped tools; existing rows keep what operators wrote. Returns new names."""
    made = []
    for tool in CODE_TOOLS:
        _, new = Tool.objects.get_or_create(
            name=tool.name,
            defaults={
                "title": tool.title,
                "icon": tool.icon,
                "description": tool.description,
                "parameters": tool.parameters,
                "timeout_s": tool.timeout_s,
            },
        )
        if new:
            made.append(tool.name)
    return made
