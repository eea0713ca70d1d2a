"""A stand-in for Open-Meteo on loopback: it knows every place, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_DAYS = [f"2026-11-{day}" for day in range(22, 29)]
FORECAST = {
    "current": {
        "temperature_2m": 11.2,
        "relative_humidity_2m": 82,
        "wind_speed_10m": 18.4,
        "precipitation": 0.4,
        "weather_code": 61,
    },
    "daily": {
        "time": _DAYS,
        "temperature_2m_max": [11.2, 12.1, 9.4, 8.0, 13.3, 13.0, 11.1],
        "temperature_2m_min": [6.1, 7.2, 5.0, 4.1, 6.3, 8.2, 7.0],
        "precipitation_sum": [1.2, 0.4, 4.8, 2.1, 0.0, 0.0, 0.6],
        "weather_code": [61, 3, 63, 80, 1, 0, 51],
    },
}


class WeatherStandin:
    """Serves until `close`; `asked` holds the place names in the order they were looked up."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def _answer(self, path: str) -> dict[str, Any]:
        address = urlsplit(path)
        if address.path != "/search":
            return FORECAST
        name = parse_qs(address.query)["name"][0]
        self.asked.append(name)
        return {"results": [{"name": name, "latitude": 52.37, "longitude": 4.89}]}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        standin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(standin._answer(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        return Handler
