"""`/voice/tools/…`: shipped tools for other programs of the same site."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from voice.tools.weather import weather_at
from voice.views.answers import answers_json, owner_of


@answers_json("GET")
async def weather(request: HttpRequest, location: str) -> HttpResponse:
    """The weather of a place; 404 unknown place, 502 and 504 the service's fault."""
    return JsonResponse(await weather_at(owner_of(request).http, location))
