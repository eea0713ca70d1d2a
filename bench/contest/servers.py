"""One server with its own Redis and, where it needs one, its bridge: started, watched, stopped.

The server has a core for itself; Redis, bridge and load client share the other. Nothing outlives `close`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from bench.contest.machine import Cores
from bench.contest.processes import cpu_s, family, pss_kb
from bench.ports import free_port
from realtime_site.embedded_redis import find_server, server_command

ROOT = Path(__file__).resolve().parents[2]
START_S = 30.0
STOP_S = 15.0
_LOOK_AGAIN_S = 0.002


class DidNotStart(RuntimeError):
    """A server ended or did not open its port in time; the message has the end of its log."""


class Stage:
    """One turn's processes and folder."""

    def __init__(self, cores: Cores) -> None:
        self.cores = cores
        self.folder = Path(tempfile.mkdtemp(prefix="roomtone-bench-"))
        self.port, self.redis_port = free_port(), free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.start_redis()

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for role in reversed(list(self._processes)):
            self.stop(role)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.redis_port}/0"

    def start_redis(self) -> int:
        """With what it had, on the same port; answers when it first said PONG, in monotonic ns."""
        data = self.folder / "redis"
        data.mkdir(exist_ok=True)
        self.spawn("redis", server_command(find_server(), port=self.redis_port, folder=data))
        return self._wait("redis", self.redis_port, b"PING\r\n", b"+PONG")

    def spawn(self, role: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start one process; the role `server` gets the core of its own."""
        core = self.cores.server if role == "server" else self.cores.others
        log = self.log(role).open("ab")
        self._processes[role] = subprocess.Popen(
            ["taskset", "-c", str(core), *command],
            cwd=ROOT,
            env=os.environ | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        log.close()

    def log(self, role: str) -> Path:
        return self.folder / f"{role}.log"

    def wait_for_port(self) -> None:
        """Until the server takes connections. Raises DidNotStart."""
        self._wait("server", self.port)

    def wait_for_line(self, role: str, text: str) -> None:
        """Until the process has written it. Raises DidNotStart."""
        deadline = time.monotonic() + START_S
        while text not in self.log(role).read_text(errors="replace"):
            self._look(role, deadline)
            time.sleep(0.05)

    def stop(self, role: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End the process and whatever it started. Servers are killed: how they leave is not measured."""
        process = self._processes.pop(role)
        pids = family(process.pid)
        process.send_signal(number)
        process.wait(STOP_S)
        for pid in pids[1:]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def signal(self, role: str, number: signal.Signals) -> None:
        self._processes[role].send_signal(number)

    def cpu_s(self, role: str) -> float:
        """CPU so far; 0 for a role that nobody has."""
        return cpu_s(self._pids(role))

    def pss_kb(self, role: str) -> int:
        return pss_kb(self._pids(role))

    def _pids(self, role: str) -> list[int]:
        process = self._processes.get(role)
        return family(process.pid) if process else []

    def _wait(self, role: str, port: int, say: bytes = b"", hear: bytes = b"") -> int:
        deadline = time.monotonic() + START_S
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 1) as probe:
                    probe.sendall(say)
                    if probe.recv(64).startswith(hear) if hear else True:
                        return time.monotonic_ns()
            except OSError:
                pass
            self._look(role, deadline)
            time.sleep(_LOOK_AGAIN_S)

    def _look(self, role: str, deadline: float) -> None:
        process = self._processes[role]
        if process.poll() is not None or time.monotonic() > deadline:
            raise DidNotStart(f"{role}: {self.log(role).read_text(errors='replace')[-400:]}")
