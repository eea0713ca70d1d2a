"""Child processes of `manage.py up`: started, their output joined into one stream, stopped in turn.

Each child leads a process group of its own, so that Ctrl-C in a terminal reaches `up` alone and the order of
stopping is ours. On Linux the kernel ends a child whose parent is gone, however the parent went.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from realtime_site import tied_process

LAST_LINES = 12
LONGEST_LINE = 8192
NAME_WIDTH = 6


@dataclass
class Child:
    """One running process, the task that reads it, and its latest words."""

    name: str
    process: Process
    stop_within_s: float
    is_quiet: bool = False
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    reading: "asyncio.Task[None] | None" = None

    def how_it_ended(self) -> str:
        """The exit code, or the name of the signal that ended it."""
        code = self.process.returncode or 0
        return f"exit {code}" if code >= 0 else signal.Signals(-code).name


class Processes:
    """The children, in the order of their start."""

    def __init__(self, folder: Path, say: Callable[[str, str], None]) -> None:
        self._folder = folder
        self._say = say
        self._children: list[Child] = []

    async def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        stop_within_s: float,
        is_quiet: bool = False,
    ) -> Child:
        """Start one child; its lines join the stream behind its name, a quiet one's only when it fails."""
        process = await asyncio.create_subprocess_exec(
            *_tied(command),
            cwd=self._folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            process_group=0,
        )
        child = Child(name, process, stop_within_s, is_quiet)
        child.reading = asyncio.create_task(self._read(child))
        self._children.append(child)
        return child

    async def first_to_end(self) -> Child:
        """Wait until one child ends, whichever it is, and has said its last."""
        waits = {asyncio.create_task(child.process.wait()): child for child in self._children}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        child = next(waits[task] for task in waits if task in done)
        await _finish_reading(child)
        return child

    async def stop_all(self) -> list[str]:
        """Stop the children, latest first; the names of those that had to be killed."""
        killed = []
        for child in reversed(self._children):
            if not await self._stop(child):
                killed.append(child.name)
        self._children.clear()
        return killed

    async def _stop(self, child: Child) -> bool:
        polite = True
        _signal_group(child, signal.SIGTERM)
        try:
            await asyncio.wait_for(child.process.wait(), child.stop_within_s)
        except TimeoutError:
            polite = False
        # Also when the child left in time: something it started may still be there.
        _signal_group(child, signal.SIGKILL)
        await child.process.wait()
        await _finish_reading(child)
        return polite

    async def _read(self, child: Child) -> None:
        stream = child.process.stdout
        assert stream
        rest = b""
        while chunk := await stream.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._take_line(child, line)
        if rest:
            self._take_line(child, rest)

    def _take_line(self, child: Child, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        child.last_lines.append(text)
        if not child.is_quiet:
            self._say(child.name, text)


async def _finish_reading(child: Child) -> None:
    if child.reading is None:
        return
    # A grandchild may hold the pipe open; what matters has been written by now.
    with contextlib.suppress(TimeoutError, asyncio.CancelledError):
        await asyncio.wait_for(child.reading, 1.0)
    child.reading = None


def _signal_group(child: Child, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, number)


def _tied(command: Sequence[str]) -> list[str]:
    return [sys.executable, "-I", "-S", tied_process.__file__, str(os.getpid()), *command]
