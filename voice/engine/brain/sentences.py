"""Makes a sentence of what a tool answered, whatever JSON it is."""

from __future__ import annotations

import json
from typing import Any

from voice.engine.brain.words import listed, readable

_TOLD = ("spoken", "message", "summary", "text", "answer", "result")
_SHORT = 400
_MOST_PARTS = 6
_SKIPPED = frozenset(["latitude", "longitude", "id", "url", "unit", "code", "epoch", "offset"])
_UNITS = {"celsius": "degrees Celsius", "fahrenheit": "degrees Fahrenheit"}
_SKY = {0: "clear sky", 1: "mostly clear", 2: "partly cloudy", 3: "overcast", 45: "fog", 48: "freezing fog"}
_SKY_BANDS = (
    (51, 57, "drizzle"),
    (61, 67, "rain"),
    (71, 77, "snow"),
    (80, 82, "showers"),
    (95, 99, "thunder"),
)
"""Weather codes of the WMO, as the weather service of our tool reports them."""


def say_result(output: str) -> str:
    """Return a speakable sentence for a tool's output."""
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        return _ended(output.strip()[:_SHORT])
    return _ended(_say(value)[:_SHORT])


def _say(value: Any) -> str:
    if isinstance(value, dict):
        return _say_object(value)
    if isinstance(value, list):
        return _say_list("results", value)
    return _say_plain(value)


def _say_object(value: dict[str, Any]) -> str:
    if value.get("error"):
        return _say_error(value["error"])
    if "temperature" in value:
        return _say_weather(value)
    if isinstance(value.get("time"), str) and isinstance(value.get("date"), str) and "spoken" not in value:
        return _say_time(value)
    told = next((value[name] for name in _TOLD if isinstance(value.get(name), str) and value[name]), None)
    if told:
        return str(told)
    for name, inner in value.items():
        if isinstance(inner, list):
            return _say_list(readable(name), inner)
    return _say_fields(value)


def _say_error(error: Any) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    return str(message) if isinstance(message, str) and message else "That did not work."


def _say_weather(value: dict[str, Any]) -> str:
    unit = _UNITS.get(str(value.get("unit", "celsius")).lower(), "degrees")
    place = value.get("location")
    where = f"In {place}, it is" if isinstance(place, str) else "It is"
    parts = [f"{where} {_say_plain(value['temperature'])} {unit}"]
    sky = _sky(value.get("code"))
    parts += [sky] if sky else []
    if value.get("humidity") is not None:
        parts.append(f"humidity {_say_plain(value['humidity'])} percent")
    if value.get("wind_speed") is not None:
        parts.append(f"and wind {_say_plain(value['wind_speed'])} kilometres per hour")
    return ", ".join(parts) + "." + _say_tomorrow(value.get("daily"))


def _say_time(value: dict[str, Any]) -> str:
    zone = str(value.get("timezone") or "")
    city = zone.rsplit("/", 1)[-1].replace("_", " ") if "/" in zone else ""
    where = f" in {city}" if city else ""
    return f"It is {value['time']}{where}, {value['date']}."


def _say_tomorrow(daily: Any) -> str:
    """Return tomorrow's range if the forecast has one."""
    day = daily[1] if isinstance(daily, list) and len(daily) > 1 and isinstance(daily[1], dict) else {}
    low, high = day.get("temperature_min"), day.get("temperature_max")
    if low is None or high is None:
        return ""
    return f" Tomorrow between {_say_plain(low)} and {_say_plain(high)} degrees."


def _sky(code: Any) -> str:
    if not isinstance(code, int):
        return ""
    banded = next((name for low, high, name in _SKY_BANDS if low <= code <= high), "")
    return _SKY.get(code, banded)


def _say_list(name: str, values: list[Any]) -> str:
    if not values:
        return f"There are no {name}"
    shown = [_name_of(value) for value in values[:_MOST_PARTS]]
    more = f" and {len(values) - _MOST_PARTS} more" if len(values) > _MOST_PARTS else ""
    count = f"There are {len(values)} {name}" if len(values) > 1 else f"There is one, in {name}"
    return f"{count}: {listed(shown) if not more else ', '.join(shown)}{more}"


def _name_of(value: Any) -> str:
    if isinstance(value, dict):
        named = next((value[key] for key in ("title", "name", "room", "label") if value.get(key)), None)
        data = value.get("data")
        if named is not None:
            return f"{named} with {data}" if isinstance(data, str | int | float) and str(data) else str(named)
        return _say_fields(value)
    return _say_plain(value)


def _say_fields(value: dict[str, Any]) -> str:
    told = [
        f"{readable(name)} {_say_plain(inner)}"
        for name, inner in value.items()
        if isinstance(inner, str | int | float | bool) and name not in _SKIPPED and str(inner)
    ]
    return listed(told[:_MOST_PARTS]) if told else "Done"


def _say_plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0").replace("-", "minus ")
    if isinstance(value, int):
        return str(value).replace("-", "minus ")
    return "nothing" if value is None else str(value)


def _ended(text: str) -> str:
    text = text.strip() or "Done"
    first = text[0].upper() + text[1:]
    return first if first[-1] in ".!?" else f"{first}."
