"""Child processes of the drill: started, read, signalled, and ended for certain.

Run as a program, `python -m rooms.drill.child PARENT SHIFT_S MODULE ARGUMENT…` becomes that module: tied to
its parent (on Linux the kernel ends it when the drill is gone, however it went), and with a wall clock that
is wrong by so many seconds. SIGUSR1 turns the sign of the shift: the clock is set while the process runs.
What is shifted is what Python reads: `time.time`, `time.time_ns` and `datetime.now`, `utcnow`, `today`;
code in C that asks the kernel by itself is not deceived.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import runpy
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LEADS = "This bridge leads"
_LAST_LINES = 8


class Child:
    """One running process. `led_at_s` is when it last said that it leads, if it is a bridge."""

    def __init__(self, name: str, process: Process, *, is_listened_to: bool) -> None:
        self.name = name
        self.process = process
        self.on_line: Callable[[str], None] | None = None
        self.led_at_s = 0.0
        self.last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._is_listened_to = is_listened_to
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls,
        name: str,
        command: tuple[str, ...],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        shift_s: int = 0,
        is_told: bool = False,
    ) -> Child:
        """Run a module with its arguments.

        One that `is_told` has a standard input, and what it says is an answer to that.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__, str(os.getpid()), str(shift_s)),
            *command,
            cwd=folder,
            env=os.environ | (environment or {}) | {"PYTHONUNBUFFERED": "1"},
            stdin=PIPE if is_told else DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            # Ctrl-C in a terminal is for the drill alone.
            process_group=0,
        )
        return cls(name, process, is_listened_to=is_told)

    @property
    def is_running(self) -> bool:
        return self.process.returncode is None

    def tell(self, line: str) -> None:
        """One line for its standard input."""
        if self.process.stdin and self.is_running:
            self.process.stdin.write(f"{line}\n".encode())

    def send(self, number: signal.Signals) -> None:
        """A signal; to one that is gone, nothing."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def kill(self) -> None:
        """End it now, frozen or not, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        await self._reading

    async def ended(self) -> int:
        """Wait for its end by itself, and for its last words; the exit code."""
        code = await self.process.wait()
        await self._reading
        return code

    def resident_bytes(self) -> int | None:
        """Its memory; None where the system does not say (/proc is Linux')."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
            return int(status.partition("VmRSS:")[2].split()[0]) * 1024
        except (OSError, IndexError):
            return None

    async def _read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            text = line.decode("utf-8", "replace").rstrip()
            if self.on_line and self._is_listened_to:
                self.on_line(text)
            else:
                self.last_lines.append(text)
            if _LEADS in text:
                self.led_at_s = time.monotonic()


def tie(parent: int) -> None:
    """End with the parent."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it went before the tie held
        sys.exit(1)


def main(parent: int, shift_s: int, module: str, *arguments: str) -> None:
    """Tie, shift, then be the module."""
    tie(parent)
    if shift_s:
        from rooms.drill.clock import shift_clock

        shift_clock(shift_s)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
