"""Which tool a person may use at this moment, and that one which asks first was approved.

Looked up at every run, so a right that is lost in mid-call is lost for the next run.
"""

from __future__ import annotations

from django.contrib.auth import get_user_model

from voice.errors import ToolError
from voice.models import Tool

LONGEST_SHOWN = 4_000
"""Characters of arguments that a question shows whole; what cannot be shown is not asked for."""


def usable_tool(user_id: int, name: str) -> Tool:
    """The tool, if this person may use it now. Raises ToolError with a sentence that says why not."""
    tool: Tool | None = Tool.objects.filter(name=name).select_related("mcp_server").first()
    if tool is None:
        raise ToolError(f"There is no tool called {name[:64]}.")
    if not tool.enabled:
        raise ToolError(f"{tool} has been switched off.")
    user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
    if user is None or not Tool.objects.open_to(user).filter(pk=tool.pk).exists():
        raise ToolError(f"You are not allowed to use {tool} any more.")
    return tool


def refuse_unasked(tool: Tool, arguments: str, *, approved: bool) -> None:
    """A tool that asks first runs only with an approval. Raises ToolError."""
    if not tool.ask_first or approved:
        return
    if len(arguments) > LONGEST_SHOWN:
        raise ToolError(f"The arguments for {tool} are too long to be shown for approval.")
    raise ToolError(f"{tool} needs your approval, and nobody was asked.")
