"""A copy of the site in an empty folder, and `manage.py up` run there as a person would."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = (
    ".git",
    ".venv",
    ".local",
    ".env",
    "node_modules",
    "staticfiles",
    "tests",
    "__pycache__",
    ".*_cache",
)
WITHIN_S = 60.0
PROGRAMS = {b"daphne": "web", b"runengine": "engine", b"runbridge": "bridge"}
# As a script's `manage.py up &` starts it.
IGNORING_SIGINT = ("sh", "-c", "trap '' INT; exec \"$@\"", "sh")


def copy_site(target: Path) -> Path:
    """The tree as it stands, without what a machine made for itself."""
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*NOT_COPIED))
    return target


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Up:
    """One run of `manage.py up`, its output gathered as it comes."""

    def __init__(
        self, folder: Path, *, ignore_sigint: bool = False, extra: Mapping[str, str] | None = None
    ) -> None:
        self.port = free_port()
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [*(IGNORING_SIGINT if ignore_sigint else ()), sys.executable, "manage.py", "up"],
            cwd=folder,
            env=self._environment(extra or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        own = {
            "REDIS_URL": "",
            "REALTIME_PROVIDER": "compatible",
            "REALTIME_BASE_URL": "http://127.0.0.1:9/v1",
            "ROOMTONE_PORT": str(self.port),
            "DJANGO_SECRET_KEY": "",
        }
        left_out = ("DJANGO_SETTINGS_MODULE", "VIRTUAL_ENV", "PYTHONPATH")
        return {k: v for k, v in os.environ.items() if k not in left_out} | own | dict(extra)

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as stream:
            self.lines.extend(line.rstrip("\n") for line in iter(stream.readline, ""))

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_until_running(self) -> None:
        wait_for(lambda: "Roomtone is running at" in self.output or self.process.poll() is not None)
        assert self.process.poll() is None, self.output

    def children(self) -> dict[str, int]:
        """Process ids by what they run: "redis", "bridge", "engine" or "web"."""
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        named = {}
        for child in map(int, found):
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            name = next((name for mark, name in PROGRAMS.items() if mark in command), "redis")
            named[name] = child
        return named

    def password(self) -> str:
        found = re.search(r"^Log in as demo with the password (\S+)", self.output, re.MULTILINE)
        return found.group(1) if found else ""

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal; the exit code."""
        self.process.send_signal(number)
        return self.end()

    def end(self) -> int:
        code = self.process.wait(timeout=WITHIN_S)
        self._reader.join(timeout=WITHIN_S)
        return code

    def clear(self) -> None:
        """Leave nothing behind, however the test went."""
        if self.process.poll() is None:
            self.process.kill()
        self.end()


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_for(happened: Callable[[], bool], within_s: float = WITHIN_S) -> None:
    deadline = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
