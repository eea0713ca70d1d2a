"""The weather tool against a stand-in for Open-Meteo, and its address for other programs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.conf import settings

from voice.errors import ToolError
from voice.tools.weather import PlaceNotFound, WeatherSilent, WeatherUnavailable, weather_at

PLACE = {"results": [{"name": "Amsterdam", "country": "Netherlands", "latitude": 52.37, "longitude": 4.89}]}
DAYS = [f"2026-01-0{day}" for day in range(1, 9)]
FORECAST = {
    "current": {
        "temperature_2m": 9.5,
        "relative_humidity_2m": 81,
        "wind_speed_10m": 14.2,
        "precipitation": 0.3,
        "weather_code": 61,
    },
    "daily": {
        "time": DAYS,
        "temperature_2m_max": [10.0] * 8,
        "temperature_2m_min": [4.0] * 8,
        "precipitation_sum": [1.0, None, 0, 0, 0, 0, 0, 0],
        "weather_code": [61] * 8,
    },
}


def service(place: Any = PLACE, forecast: Any = FORECAST) -> tuple[httpx.AsyncClient, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        body = place if str(request.url).startswith(settings.OPEN_METEO_GEOCODING_URL) else forecast
        if isinstance(body, Exception):
            raise body
        if isinstance(body, int):
            return httpx.Response(body)
        return httpx.Response(200, json=body)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer)), seen


async def test_weather_has_the_contracts_shape():
    http, seen = service()
    weather = await weather_at(http, " Amsterdam ")
    assert set(weather) == {
        *("location", "latitude", "longitude", "temperature", "unit", "humidity", "wind_speed"),
        *("precipitation", "code", "daily"),
    }
    assert (weather["location"], weather["temperature"], weather["unit"]) == ("Amsterdam", 9.5, "celsius")
    assert len(weather["daily"]) == 7
    assert weather["daily"][1] == {
        "date": "2026-01-02",
        "temperature_max": 10.0,
        "temperature_min": 4.0,
        "precipitation": None,
        "code": 61,
    }
    assert seen[0].url.params["name"] == "Amsterdam"
    assert seen[1].url.params["forecast_days"] == "7"


@pytest.mark.parametrize(
    ("place", "forecast", "error", "status"),
    [
        ({"generationtime_ms": 1}, FORECAST, PlaceNotFound, 404),
        (PLACE, 500, WeatherUnavailable, 502),
        (PLACE, {"current": {}}, WeatherUnavailable, 502),
        (httpx.ConnectError("no network"), FORECAST, WeatherUnavailable, 502),
        (PLACE, httpx.ReadTimeout("late"), WeatherSilent, 504),
    ],
)
async def test_what_can_fail_is_a_sentence_to_say(
    place: Any, forecast: Any, error: type[ToolError], status: int
):
    http, _ = service(place, forecast)
    with pytest.raises(ToolError) as caught:
        await weather_at(http, "Nowhere")
    assert type(caught.value) is error
    assert caught.value.status == status
    assert caught.value.message.endswith(".")
