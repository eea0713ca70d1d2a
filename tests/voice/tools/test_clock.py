"""The clock tool."""

from __future__ import annotations

import uuid
from datetime import datetime

import httpx
import pytest
from django.conf import settings

from rooms.connections import open_redis
from rooms.parts import parts_on
from voice.errors import ToolError
from voice.tools.clock import get_current_time
from voice.tools.context import ToolContext


async def tell(**arguments: str) -> dict[str, str]:
    redis = open_redis(settings.REDIS_URL)
    async with httpx.AsyncClient() as http:
        context = ToolContext(1, uuid.uuid4(), http, parts_on(redis, "t:"))
        told = await get_current_time(context, arguments)
    await redis.aclose()
    return told


async def test_time_is_the_sites_unless_asked_otherwise():
    assert (await tell())["timezone"] == "UTC"
    tokyo = await tell(timezone="Asia/Tokyo")
    assert datetime.fromisoformat(tokyo["iso"]).utcoffset().total_seconds() == 9 * 3600


@pytest.mark.parametrize("name", ["Mars/Base", "../etc/passwd", "/etc/passwd", "a\x00b"])
async def test_unknown_time_zone_is_said(name: str):
    with pytest.raises(ToolError):
        await tell(timezone=name)
