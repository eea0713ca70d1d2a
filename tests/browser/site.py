"""The whole site as real processes with a database, a Redis, an engine and a weather service of its own."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import redis

from realtime_site.embedded_redis import find_client, find_server, server_command
from tests.browser.weather_standin import WeatherStandin

ROOT = Path(__file__).resolve().parents[2]
START_S = 60.0
PASSWORD = "correct horse battery"
PEOPLE = 80

_SETUP = """
import django
django.setup()
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import call_command
from voice.demo import ensure_demo
call_command("migrate", verbosity=0)
call_command("collectstatic", verbosity=0, interactive=False)
ensure_demo()
make = get_user_model().objects
make.create_superuser("operator", password={password!r})
make.create_user("viewer", password={password!r}).user_permissions.set(
    Permission.objects.filter(codename="view_room")
)
for number in range({people}):
    make.create_user(f"person{{number}}", password={password!r})
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(claim: Callable[[], Any], *, within_s: float, every_s: float = 0.05) -> Any:
    """What the claim gives as soon as it is true; fails when it does not become so in time."""
    deadline = time.monotonic() + within_s
    while not (found := claim()):
        assert time.monotonic() < deadline, f"not true within {within_s} s: {claim}"
        time.sleep(every_s)
    return found


class Site:
    """Started by `start`, stopped by `stop`; `url` is where people find it."""

    def __init__(self, folder: Path) -> None:
        self.weather = WeatherStandin()
        self.database = folder / "db.sqlite3"
        self.port, self._redis_port, self._engine_port = free_port(), free_port(), free_port()
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._webs: dict[int, subprocess.Popen[bytes]] = {}
        self._people = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of this machine's configuration, only what is said here."""
        names = (line.partition("=")[0] for line in (ROOT / ".env.example").read_text().splitlines())
        blank = {name: "" for name in names if name and not name.startswith("#")}
        return {
            **os.environ,
            **blank,
            "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
            "DJANGO_SECRET_KEY": "only-for-browser-tests",
            "BROWSER_TESTS_STATIC": str(self._folder / "static"),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "REDIS_URL": f"redis://127.0.0.1:{self._redis_port}/0",
            "REALTIME_PROVIDER": "local",
            "ENGINE_PORT": str(self._engine_port),
            "OPEN_METEO_GEOCODING_URL": f"{self.weather.url}/search",
            "OPEN_METEO_FORECAST_URL": f"{self.weather.url}/forecast",
            "TOOL_PRIVATE_HOSTS": self.weather.url.removeprefix("http://"),
            **more,
        }

    def start(self) -> None:
        self._run(*server_command(find_server(), port=self._redis_port, folder=None))
        self._run(sys.executable, "manage.py", "runengine", name="engine")
        setup = _SETUP.format(password=PASSWORD, people=PEOPLE)
        subprocess.run(
            [sys.executable, "-c", setup], cwd=ROOT, env=self.environment(), check=True, timeout=START_S
        )
        self._run(sys.executable, "manage.py", "runbridge", name="bridge")
        self.start_web(self.port)
        until(lambda: answers(f"http://127.0.0.1:{self._engine_port}/healthz"), within_s=START_S)
        until(lambda: answers(f"{self.url}/readyz"), within_s=START_S)

    def start_web(self, port: int, **environment: str) -> str:
        """One more web process, differing in some variables; gives its address."""
        daphne = (sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port))
        self._webs[port] = self._run(
            *daphne, "realtime_site.asgi:application", name=f"web-{port}", **environment
        )
        until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), within_s=START_S)
        return f"http://127.0.0.1:{port}"

    def stop_web(self, port: int) -> None:
        """End that web process as a restart would, and wait for it."""
        process = self._webs.pop(port)
        process.terminate()
        process.wait(timeout=15)

    def publish(self, room: str, payload: str) -> None:
        """What a device does: `redis-cli PUBLISH room payload`."""
        client = find_client()
        assert client, "no redis-cli beside the server"
        subprocess.run(
            [client, "-p", str(self._redis_port), "PUBLISH", room, payload],
            check=True,
            timeout=10,
            stdout=subprocess.DEVNULL,
        )

    def publish_many(self, room: str, payloads: Iterable[str]) -> None:
        """The same for many, on one connection."""
        with redis.Redis(port=self._redis_port) as client, client.pipeline(transaction=False) as pipe:
            for payload in payloads:
                pipe.publish(room, payload)
            pipe.execute()

    def _run(self, *command: str, name: str = "redis", **environment: str) -> subprocess.Popen[bytes]:
        with open(self._folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment(**environment), stdout=log, stderr=subprocess.STDOUT
            )
        self._processes.append(process)
        return process

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in reversed(self._processes):
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=5)
        self.weather.close()

    def new_person(self) -> str:
        """The name of somebody who was never logged in."""
        assert self._people < PEOPLE, "more people are asked for than there are: raise PEOPLE"
        self._people += 1
        return f"person{self._people - 1}"

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What stands in the database now."""
        connection = sqlite3.connect(self.database, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    def change(self, statement: str, *values: Any) -> None:
        """What an operator would do in the admin."""
        connection = sqlite3.connect(self.database, timeout=10)
        try:
            with connection:
                connection.execute(statement, values)
        finally:
            connection.close()

    def calls_at_engine(self) -> int:
        answer = httpx.get(f"http://127.0.0.1:{self._engine_port}/healthz", timeout=5)
        return int(answer.json()["calls"])

    def said(self, person: str) -> list[dict[str, Any]]:
        """The stored turns of a person's conversations, in their order."""
        return self.rows(
            "SELECT t.* FROM voice_turn t JOIN voice_conversation c ON c.id = t.conversation_id"
            " JOIN auth_user u ON u.id = c.user_id WHERE u.username = ? ORDER BY t.started_at, t.id",
            person,
        )

    def tool_runs(self, person: str) -> list[dict[str, Any]]:
        return self.rows(
            "SELECT r.* FROM voice_toolrun r JOIN voice_conversation c ON c.id = r.conversation_id"
            " JOIN auth_user u ON u.id = c.user_id WHERE u.username = ? ORDER BY r.id",
            person,
        )


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False
