"""The time, here or in a time zone."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.utils import timezone

from voice.errors import ToolError
from voice.tools.context import CodeTool, Output, ToolContext


async def get_current_time(context: ToolContext, arguments: dict[str, Any]) -> Output:
    """`{"time": "14:05", "date": "Sunday 22 November 2026", "timezone": "Europe/Amsterdam", "iso": …}`."""
    name = arguments.get("timezone") or settings.TIME_ZONE
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ToolError(f"I do not know the time zone {name}.") from exc
    now = timezone.now().astimezone(zone)
    return {
        "time": f"{now:%H:%M}",
        "date": f"{now:%A} {now.day} {now:%B %Y}",
        "timezone": name,
        "iso": now.isoformat(timespec="seconds"),
    }


CURRENT_TIME = CodeTool(
    name="get_current_time",
    title="Clock",
    icon="clock",
    description="Tells the current time and date, in the site's time zone unless another is asked for.",
    parameters={
        "type": "object",
        "properties": {
            "timezone": {
                "type": "string",
                "description": "IANA time zone such as Europe/Amsterdam",
                "maxLength": 64,
            }
        },
        "additionalProperties": False,
    },
    function=get_current_time,
    timeout_s=2.0,
)
