"""A real web process with rooms for tests, on this run's database and Redis, on each road to the sockets."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.voice.conftest import ROOT, free_port, wait_for_http
from tests.voice.web_process import WebProcess

APPLICATION = "realtime_site.asgi:application"
# As the README has it.
RECOMMENDED = (
    *("--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio"),
    *("--ws-per-message-deflate", "false", "--no-access-log", "--log-level", "warning"),
)


class UvicornProcess(WebProcess):
    """The same site under uvicorn."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "uvicorn", *RECOMMENDED, "--port", str(self.port)]
        self.process = subprocess.Popen([*command, APPLICATION], cwd=ROOT, env=os.environ | environment)
        wait_for_http(f"{self.url}/healthz", self.process)


# By road: the server, and the settings that it runs.
ROADS: dict[str, tuple[type[WebProcess], str]] = {
    "daphne": (WebProcess, "realtime_site.settings"),
    "uvicorn": (UvicornProcess, "realtime_site.settings"),
    "events": (WebProcess, "tests.rooms.plain_road_settings"),
    "events under uvicorn": (UvicornProcess, "tests.rooms.plain_road_settings"),
}


@contextmanager
def rooms_web(namespace: str, road: str = "daphne", **environment: str) -> Iterator[WebProcess]:
    """Run one with a namespace of its own; stopped at the end whatever happened."""
    server, settings_module = ROADS[road]
    values = {
        "DJANGO_SETTINGS_MODULE": settings_module,
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "ROOMS_NAMESPACE": namespace.rstrip(":"),
        **environment,
    }
    web = server(values)
    try:
        yield web
    finally:
        web.stop(signal.SIGKILL)
