"""A real daphne with rooms for tests, on this run's database and Redis, on either road."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.voice.web_process import WebProcess

DIRECT, PLAIN = "realtime_site.settings", "tests.rooms.plain_road_settings"
ROADS = {"direct": DIRECT, "plain": PLAIN}


@contextmanager
def rooms_web(namespace: str, settings_module: str = DIRECT, **environment: str) -> Iterator[WebProcess]:
    """Run one with a namespace of its own; stopped at the end whatever happened."""
    values = {
        "DJANGO_SETTINGS_MODULE": settings_module,
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "ROOMS_NAMESPACE": namespace.rstrip(":"),
        **environment,
    }
    web = WebProcess(values)
    try:
        yield web
    finally:
        web.stop(signal.SIGKILL)
