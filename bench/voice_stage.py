"""The site of the voice bench: a copy of this folder with a Redis, a database and one daphne of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.ports import free_port
from realtime_site.embedded_redis import find_server, server_command

ROOT = Path(__file__).resolve().parents[1]
START_S = 60.0
PEOPLE = 10
PASSWORD = "correct horse battery staple"
SECONDS_NOBODY_REACHES = "3600"
MAKE_PEOPLE = f"""
from django.contrib.auth import get_user_model
from voice.demo import ensure_demo
ensure_demo()
for number in range({PEOPLE}):
    get_user_model().objects.create_user(f"speaker{{number}}", password={PASSWORD!r})
"""
NOT_COPIED = (".venv", ".local", ".git", ".env", "node_modules", "staticfiles", ".*_cache", "__pycache__")


@dataclass
class Stage:
    """The running processes. Each has its log in `folder`."""

    folder: Path
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(
        self, name: str, command: list[str], more: dict[str, str] | None = None, *, is_piped: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a process in the copy of the site, with this much more in its environment."""
        environment = self.environment | (more or {})
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder / "site",
                env=environment,
                stdin=subprocess.PIPE if is_piped else subprocess.DEVNULL,
                stdout=subprocess.PIPE if is_piped else log,
                stderr=log,
            )
        self.processes[name] = process
        return process

    def start_bench(
        self, name: str, module: str, *words: str, is_piped: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a module of this folder beside the site."""
        return self.start(name, [sys.executable, str(ROOT / "bench" / module), *words], is_piped=is_piped)

    def manage(self, *words: str) -> None:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command,
            cwd=self.folder / "site",
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=START_S,
        )
        assert done.returncode == 0, done.stderr[-2000:]

    def wait_for(self, name: str, url: str) -> None:
        """Until the process answers there."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.processes[name].poll() is None, self.log(name)
            try:
                if httpx.get(url, timeout=2).status_code < 500:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"{name} did not answer within {START_S:g} s: {self.log(name)}")

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def pid(self, name: str) -> int:
        return self.processes[name].pid

    def stop(self, name: str) -> None:
        """End one process and wait; one that does not leave is killed."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)

    def close(self) -> None:
        for name in reversed(list(self.processes)):
            self.stop(name)


@contextmanager
def prepared_stage(folder: Path, database_url: str) -> Iterator[Stage]:
    """Redis runs, the tables, the static files, the demo assistant and the people are there."""
    ignore = shutil.ignore_patterns(*NOT_COPIED)
    shutil.copytree(ROOT, folder / "site", ignore=ignore)
    port = free_port()
    stage = Stage(folder, _environment(database_url, f"redis://127.0.0.1:{port}/0"))
    with ExitStack() as closing:
        closing.callback(stage.close)
        stage.start("redis", server_command(find_server(), port=port, folder=None))
        stage.manage("migrate", "--verbosity", "0")
        stage.manage("collectstatic", "--no-input", "--verbosity", "0")
        stage.manage("shell", "-c", MAKE_PEOPLE)
        yield stage


def start_web(stage: Stage, provider: str, provider_url: str) -> str:
    """One daphne with this provider behind it; returns its address."""
    port = free_port()
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port)]
    where = {
        "REALTIME_PROVIDER": provider,
        "REALTIME_BASE_URL": provider_url,
        "REALTIME_API_KEY": "key",
    }
    stage.start("web", [*command, "realtime_site.asgi:application"], where)
    url = f"http://127.0.0.1:{port}"
    stage.wait_for("web", f"{url}/healthz")
    return url


def start_provider(stage: Stage) -> str:
    """The scripted provider; returns its base URL."""
    port = free_port()
    stage.start_bench("provider", "voice_provider.py", str(port))
    stage.wait_for("provider", f"http://127.0.0.1:{port}/state")
    return f"http://127.0.0.1:{port}/v1"


def start_engine(stage: Stage) -> str:
    """The local engine without speech models; returns its base URL."""
    port = free_port()
    silent = {"ENGINE_SPEECH": "off", "ENGINE_PORT": str(port)}
    stage.start("engine", [sys.executable, "manage.py", "runengine"], silent)
    stage.wait_for("engine", f"http://127.0.0.1:{port}/healthz")
    return f"http://127.0.0.1:{port}/v1"


def _environment(database_url: str, redis_url: str) -> dict[str, str]:
    """The shell's environment without anything the site reads from it, and what the bench wants."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    unset = {line.partition("=")[0]: "" for line in lines if "=" in line and not line.startswith("#")}
    return {
        **os.environ,
        **unset,
        "DJANGO_SETTINGS_MODULE": "realtime_site.settings",
        "DJANGO_SECRET_KEY": "only-for-benchmarks",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "CALLS_PER_USER": "1000",
        "CALL_MAX_SECONDS": SECONDS_NOBODY_REACHES,
        "CALL_IDLE_SECONDS": SECONDS_NOBODY_REACHES,
    }
