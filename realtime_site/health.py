"""Whether this web process is alive, and whether it can do its work."""

import asyncio
import logging
from collections.abc import Awaitable

import httpx
import redis.exceptions
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from rooms.bridge.state import read_state
from rooms.connections import open_redis
from rooms.errors import Unavailable

CHECK_TIMEOUT_S = 2.0

log = logging.getLogger(__name__)


@require_safe
async def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked of it."""
    return JsonResponse({"status": "alive"})


@require_safe
async def readyz(request: HttpRequest) -> HttpResponse:
    """200 when all this process needs is there, else 503 `{"not_ready": {part: sentence}}`."""
    not_ready = await find_faults()
    if not_ready:
        return JsonResponse({"status": "not ready", "not_ready": not_ready}, status=503)
    return JsonResponse({"status": "ready"})


async def find_faults() -> dict[str, str]:
    """What is missing, by part; every look gives up after two seconds."""
    parts = {
        "database": _find_database_fault(),
        "redis": _find_redis_fault(),
        "bridge": _find_bridge_fault(),
    }
    if settings.REALTIME_PROVIDER == "local":
        parts["engine"] = _find_engine_fault()
    faults = await asyncio.gather(*(_bounded(look) for look in parts.values()))
    return {name: fault for name, fault in zip(parts, faults, strict=True) if fault}


async def _bounded(look: Awaitable[str]) -> str:
    try:
        return await asyncio.wait_for(look, CHECK_TIMEOUT_S)
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_S:g} s"


async def _find_database_fault() -> str:
    fault: str = await database_sync_to_async(_look_at_database)()
    return fault


def _look_at_database() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as exc:
        log.warning("The database cannot be used: %s", type(exc).__name__)
        return "cannot be used"
    return f"{len(waiting)} migrations to apply: run manage.py migrate" if waiting else ""


async def _find_redis_fault() -> str:
    client = open_redis(settings.REDIS_URL, timeout_s=CHECK_TIMEOUT_S)
    try:
        await client.ping()
    except (redis.exceptions.RedisError, OSError) as exc:
        return f"no PING answered ({type(exc).__name__})"
    finally:
        await client.aclose()
    return ""


async def _find_bridge_fault() -> str:
    client = open_redis(settings.REDIS_URL, timeout_s=CHECK_TIMEOUT_S)
    try:
        return (await read_state(client, settings.ROOMS_NAMESPACE)).fault()
    except Unavailable:
        # Redis itself is named beside.
        return ""
    finally:
        await client.aclose()


async def _find_engine_fault() -> str:
    address = settings.REALTIME_BASE_URL.removesuffix("/v1") + "/healthz"
    try:
        async with httpx.AsyncClient(timeout=CHECK_TIMEOUT_S, trust_env=False) as client:
            answer = await client.get(address)
    except httpx.HTTPError as exc:
        return f"not reached at {address} ({type(exc).__name__})"
    return "" if answer.status_code == 200 else f"{address} answered {answer.status_code}"
