"""What a first run finds: the assistant "Home" with the shipped tools. Running it again changes nothing."""

from __future__ import annotations

from voice.models import Assistant, Tool
from voice.tools.registry import CODE_TOOLS, sync_tools

HOME_INSTRUCTIONS = """You are Home, the voice of this site.
Speak briefly and plainly, as on the phone: no lists, no markdown.
Use your tools for the weather, the time and the device rooms instead of guessing.
For the weather give the temperature and what it feels like now; for a week the range.
When a tool fails, say so in one sentence."""


def ensure_demo() -> None:
    """Make the rows of shipped tools, and the assistant when the site has none at all."""
    sync_tools()
    if Assistant.objects.exists():
        return
    home = Assistant.objects.create(
        slug="home",
        name="Home",
        summary="weather, time and rooms",
        is_default=True,
        instructions=HOME_INSTRUCTIONS,
        greeting="Hello, this is Home. What would you like to know?",
    )
    home.tools.set(Tool.objects.filter(name__in=[tool.name for tool in CODE_TOOLS]))
