"""What a process costs, from /proc: CPU by the scheduler's nanoseconds, memory as its proportional share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")


def cpu_s(pids: Iterable[int]) -> float:
    """CPU seconds of all threads that live; a thread that ended takes its own with it."""
    total_ns = 0
    for pid in pids:
        for schedstat in PROC.glob(f"{pid}/task/*/schedstat"):
            with contextlib.suppress(OSError):
                total_ns += int(schedstat.read_text().split()[0])
    return total_ns / 1e9


def pss_kb(pids: Iterable[int]) -> int:
    """Memory in KiB; pages that processes share count once, divided among them."""
    total = 0
    for pid in pids:
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total


def family(pid: int) -> list[int]:
    """The process and all its descendants."""
    try:
        children = (PROC / str(pid) / "task" / str(pid) / "children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in family(int(child)))]
