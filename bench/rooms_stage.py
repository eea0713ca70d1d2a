"""The processes of the rooms drill: a Redis, two bridges, one web."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from bench.ports import free_port
from realtime_site.embedded_redis import find_server, server_command

ROOT = Path(__file__).resolve().parents[1]
START_S = 60.0
MAKE_SESSION = """
from django.contrib.auth import get_user_model, SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.create_superuser("drill", password="x")
s = SessionStore()
s[SESSION_KEY], s[BACKEND_SESSION_KEY] = str(user.pk), "django.contrib.auth.backends.ModelBackend"
s[HASH_SESSION_KEY] = user.get_session_auth_hash()
s.save()
print("session", s.session_key)
"""


class Stage:
    """The processes of the drill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.redis_port, self.web_port = free_port(), free_port()
        self.redis_url = f"redis://127.0.0.1:{self.redis_port}/0"
        self.web_url = f"http://127.0.0.1:{self.web_port}"
        self.environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{folder}/drill.sqlite3",
            "DJANGO_SECRET_KEY": "only-for-drills",
            "DJANGO_SETTINGS_MODULE": "realtime_site.settings",
            "REDIS_URL": self.redis_url,
            "REALTIME_PROVIDER": "local",
            "ROOMS_NAMESPACE": "drill",
            "ROOMS_HISTORY_SIZE": "20000",
        }
        self.bridges: list[subprocess.Popen[bytes]] = []

    def start_redis(self, *, empty: bool = False) -> None:
        data = self.folder / ("empty" if empty else "redis")
        data.mkdir(exist_ok=True)
        command = server_command(find_server(), port=self.redis_port, folder=data)
        quiet = subprocess.DEVNULL
        self.redis = subprocess.Popen(command, stdout=quiet, stderr=quiet)

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=True
        )
        return done.stdout

    def spawn(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}.log").open("ab")
        return subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=self.environment, stdout=log, stderr=log
        )

    def start_bridge(self) -> None:
        self.bridges.append(self.spawn(f"bridge{len(self.bridges)}", "manage.py", "runbridge"))

    def start_web(self) -> None:
        port = str(self.web_port)
        site = "realtime_site.asgi:application"
        self.web = self.spawn("web", "-m", "daphne", "-b", "127.0.0.1", "-p", port, site)

    async def web_answers(self) -> None:
        async with httpx.AsyncClient() as http:
            async with asyncio.timeout(START_S):
                while True:
                    try:
                        await http.get(f"{self.web_url}/healthz")
                        return
                    except httpx.TransportError:
                        await asyncio.sleep(0.05)

    def active_bridge(self) -> subprocess.Popen[bytes]:
        """The one that said last that it leads."""
        led = [self._led_at(number) for number in range(len(self.bridges))]
        return self.bridges[led.index(max(led))]

    def _led_at(self, number: int) -> str:
        lines = (self.folder / f"bridge{number}.log").read_text().splitlines()
        return max((line[:8] for line in lines if "This bridge leads" in line), default="")

    def close(self) -> None:
        for process in [*self.bridges, self.web, self.redis]:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait(10)
