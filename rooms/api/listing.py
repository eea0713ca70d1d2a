"""`/api/rooms/`: the rooms that exist and that the caller may view, newest activity first."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, JsonResponse
from ninja import Query, Router

from rooms.api.parts import parts_of
from rooms.api.shapes import Refusal, Rooms
from rooms.directory import describe, permitted

MOST_ROOMS = 500

router = Router(tags=["rooms"])


@router.get(
    "/", response={200: Rooms, 400: Refusal, 401: Refusal, 422: Refusal, 503: Refusal}, summary="List rooms"
)
async def rooms(
    request: HttpRequest,
    search: Annotated[str, Query(max_length=256)] = "",
    after: Annotated[str, Query(max_length=600)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_ROOMS)] = 100,
) -> JsonResponse:
    """Rooms whose name contains `search`; a page may be shorter than `limit` and still have a `next`."""
    caller = request.auth  # type: ignore[attr-defined]
    async with parts_of(request) as parts:
        found, following = await permitted(parts, caller, search=search, after=after, limit=limit)
        entries = await describe(parts, found)
    return JsonResponse({"rooms": [entry.as_body() for entry in entries], "next": following})
