"""The weather of a place, now and for seven days, from Open-Meteo.

Source: open-meteo.com documentation, "Geocoding API" (`/v1/search`) and "Weather Forecast API"
(`/v1/forecast`). Units asked for: °C, km/h, mm. `code` is a WMO weather interpretation code.
"""

from __future__ import annotations

from typing import Any, TypeVar

import httpx
from django.conf import settings
from pydantic import BaseModel, ConfigDict, ValidationError

from voice.errors import ToolError
from voice.tools.context import CodeTool, Output, ToolContext

TIMEOUT_S = 6.0
DAYS = 7


class PlaceNotFound(ToolError):
    """The geocoder knows no such place."""

    code = "place_not_found"
    status = 404


class WeatherUnavailable(ToolError):
    """The service cannot be reached or answered something unusable."""

    code = "weather_unavailable"
    status = 502
    retryable = True


class WeatherSilent(WeatherUnavailable):
    """The service did not answer in time."""

    code = "weather_silent"
    status = 504


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Place(_Shape):
    name: str
    latitude: float
    longitude: float


class _Found(_Shape):
    results: list[Place] = []


class _Current(_Shape):
    temperature_2m: float
    relative_humidity_2m: float
    wind_speed_10m: float
    precipitation: float
    weather_code: int


class _Daily(_Shape):
    time: list[str]
    temperature_2m_max: list[float | None]
    temperature_2m_min: list[float | None]
    precipitation_sum: list[float | None]
    weather_code: list[int | None]


class _Forecast(_Shape):
    current: _Current
    daily: _Daily


Shape = TypeVar("Shape", bound=_Shape)


async def get_weather(context: ToolContext, arguments: dict[str, Any]) -> Output:
    """The tool: weather at `arguments["location"]`."""
    return await weather_at(context.http, arguments["location"])


async def weather_at(http: httpx.AsyncClient, location: str) -> Output:
    """Weather at a named place, in the shape of `GET /voice/tools/weather/<location>`.

    `{"location", "latitude", "longitude", "temperature", "unit": "celsius", "humidity" (%),
    "wind_speed" (km/h), "precipitation" (mm), "code", "daily": [{"date", "temperature_max",
    "temperature_min", "precipitation", "code"} x 7]}`. Raises PlaceNotFound, WeatherSilent,
    WeatherUnavailable.
    """
    place = await _find(http, location.strip())
    forecast = await _forecast(http, place)
    now, days = forecast.current, forecast.daily
    rows = zip(
        days.time,
        days.temperature_2m_max,
        days.temperature_2m_min,
        days.precipitation_sum,
        days.weather_code,
        strict=False,
    )
    names = ("date", "temperature_max", "temperature_min", "precipitation", "code")
    return {
        "location": place.name,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "temperature": now.temperature_2m,
        "unit": "celsius",
        "humidity": now.relative_humidity_2m,
        "wind_speed": now.wind_speed_10m,
        "precipitation": now.precipitation,
        "code": now.weather_code,
        "daily": [dict(zip(names, row, strict=True)) for row in rows][:DAYS],
    }


async def _find(http: httpx.AsyncClient, location: str) -> Place:
    query = {"name": location, "count": 1, "language": "en", "format": "json"}
    found = _read(_Found, await _get(http, settings.OPEN_METEO_GEOCODING_URL, query))
    if not found.results:
        raise PlaceNotFound(f"I could not find a place called {location[:80]}.")
    return found.results[0]


async def _forecast(http: httpx.AsyncClient, place: Place) -> _Forecast:
    query = {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "current": "temperature_2m,relative_humidity_2m,precipitation,weather_code,wind_speed_10m",
        "daily": "weather_code,temperature_2m_max,temperature_2m_min,precipitation_sum",
        "forecast_days": DAYS,
        "timezone": "auto",
    }
    return _read(_Forecast, await _get(http, settings.OPEN_METEO_FORECAST_URL, query))


async def _get(http: httpx.AsyncClient, url: str, query: dict[str, Any]) -> httpx.Response:
    try:
        reply = await http.get(url, params=query, timeout=TIMEOUT_S)
        reply.raise_for_status()
    except httpx.TimeoutException as exc:
        raise WeatherSilent("The weather service did not answer in time.") from exc
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise WeatherUnavailable("The weather service cannot be reached right now.") from exc
    return reply


def _read(shape: type[Shape], reply: httpx.Response) -> Shape:
    try:
        return shape.model_validate_json(reply.content)
    except ValidationError as exc:
        raise WeatherUnavailable("The weather service gave an answer I cannot read.") from exc


WEATHER = CodeTool(
    name="get_weather",
    title="Weather",
    icon="rain",
    description="Gets the current weather and a seven-day forecast for a city or town anywhere on Earth.",
    parameters={
        "type": "object",
        "properties": {
            "location": {
                "type": "string",
                "description": "Name of a city or town, such as Amsterdam",
                "minLength": 1,
                "maxLength": 100,
            }
        },
        "required": ["location"],
        "additionalProperties": False,
    },
    function=get_weather,
    timeout_s=15.0,
)
