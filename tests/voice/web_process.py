"""A real web process for tests: daphne on a free port, on this run's database and Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from django.db import connection

from tests.voice.conftest import CSRF, ROOT, free_port, log_in, wait_for_http


class WebProcess:
    """One daphne; `client_for(user)` is a logged-in browser's HTTP half."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "realtime_site.asgi:application"], cwd=ROOT, env=os.environ | environment
        )
        wait_for_http(f"{self.url}/healthz", self.process)

    def client_for(self, user: Any) -> httpx.AsyncClient:
        headers = {"X-CSRFToken": CSRF, "Origin": self.url}
        return httpx.AsyncClient(base_url=self.url, cookies=log_in(user), headers=headers, timeout=30)

    def stop(self, how: signal.Signals = signal.SIGTERM, *, within_s: float = 15) -> None:
        """End it and wait; a process that outlives its time is killed and the test fails."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
            raise

    def threads(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("Threads:")[2].split()[0])

    def database_files(self) -> int:
        """Open descriptors of the database file: one a connection."""
        name = str(connection.settings_dict["NAME"])
        found = 0
        for descriptor in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                found += os.readlink(descriptor) == name
            except FileNotFoundError:  # closed while we looked
                continue
        return found


@contextmanager
def web_process(provider_url: str, **environment: str) -> Iterator[WebProcess]:
    """Run one, against that provider; stopped at the end whatever happened."""
    values = {
        "DJANGO_SETTINGS_MODULE": "realtime_site.settings",
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "REALTIME_PROVIDER": "compatible",
        "REALTIME_API_KEY": "key",
        "REALTIME_BASE_URL": provider_url,
        **environment,
    }
    web = WebProcess(values)
    try:
        yield web
    finally:
        web.stop(signal.SIGKILL)
