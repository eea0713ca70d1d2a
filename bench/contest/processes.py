"""What a process costs, from /proc: CPU by the scheduler's nanoseconds, memory as its proportional share."""

from __future__ import annotations

import contextlib
import os
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


def core_s(core: int) -> float:
    """CPU seconds that a core has worked so far, for whomever; in ticks, so coarser than `cpu_s`."""
    for line in (PROC / "stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system = line.split()[1:4]
            return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")
    raise ValueError(f"this machine has no core {core}")


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
