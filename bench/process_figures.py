"""What the kernel says of a process: CPU time, memory, threads, open files. Linux only (`/proc`)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Footprint:
    """One look at a process. `pss_kib` counts shared pages by share (proportional set size)."""

    pss_kib: int
    threads: int


def cpu_s(pid: int) -> float:
    """CPU seconds of all its threads since it began, those that ended included."""
    return cpu_ticks(Path(f"/proc/{pid}/stat").read_text()) / os.sysconf("SC_CLK_TCK")


def footprint(pid: int) -> Footprint:
    """Its memory and threads now."""
    pss = named_number(Path(f"/proc/{pid}/smaps_rollup").read_text(), "Pss")
    return Footprint(pss, named_number(Path(f"/proc/{pid}/status").read_text(), "Threads"))


def open_files(pid: int, name: str) -> int:
    """How many descriptors it has on that file."""
    count = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += os.readlink(descriptor) == name
        except FileNotFoundError:  # closed while we looked
            continue
    return count


def cpu_ticks(stat: str) -> int:
    """User and system ticks of a `/proc/<pid>/stat` line; the name in it may hold spaces and brackets."""
    fields = stat.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def named_number(text: str, name: str) -> int:
    """The number behind `Name:` in a file of such lines."""
    for line in text.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise ValueError(f"no {name} in it")
