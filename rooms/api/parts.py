"""The process's rooms, found from a request: the hub's, where the site carries one in every scope."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from django.conf import settings
from django.http import HttpRequest

from rooms.connections import open_redis
from rooms.parts import Parts, parts_on


@asynccontextmanager
async def parts_of(request: HttpRequest) -> AsyncIterator[Parts]:
    """The hub's parts; under a server that carries no hub, parts for this request alone."""
    hub = getattr(request, "scope", {}).get("rooms_hub")
    if hub is not None:
        yield Parts(hub.redis, hub.register, hub.history, hub.registry, hub.presence)
        return
    redis = open_redis(settings.REDIS_URL)
    try:
        yield parts_on(redis, settings.ROOMS_NAMESPACE)
    finally:
        await redis.aclose()
