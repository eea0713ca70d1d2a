"""What a soak looks at: memory, descriptors, threads of processes; keys, memory and clients of Redis."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench.flatness import Trend, judge

MIB = 1 << 20
# How much each may rise by without being a leak: allocators keep what was once needed.
SLACK = {"MiB": 8.0, "files": 6.0, "threads": 2.0, "keys": 40.0, "clients": 4.0}


class Samples:
    """Figures by name, with their times."""

    def __init__(self) -> None:
        self._found: dict[str, list[tuple[float, float]]] = defaultdict(list)

    def note(self, at_s: float, name: str, value: float) -> None:
        self._found[name].append((at_s, value))

    def look_at(self, at_s: float, name: str, pid: int) -> None:
        """One process of this machine."""
        folder = Path(f"/proc/{pid}")
        rollup = (folder / "smaps_rollup").read_text(encoding="utf-8")
        pss_kib = int(rollup.partition("\nPss:")[2].split()[0])
        self.note(at_s, f"{name} MiB", pss_kib / 1024)
        self.note(at_s, f"{name} files", len(os.listdir(folder / "fd")))
        self.note(at_s, f"{name} threads", len(os.listdir(folder / "task")))

    async def look_at_redis(self, at_s: float, redis: Any) -> None:
        """The Redis that everything stands on."""
        information = await redis.info()
        self.note(at_s, "redis MiB", information["used_memory"] / MIB)
        self.note(at_s, "redis keys", await redis.dbsize())
        self.note(at_s, "redis clients", information["connected_clients"])

    def trends(self, *, warm_up: float) -> list[Trend]:
        """One for each figure, in the order in which they were first seen."""
        return [
            judge(name, found, warm_up=warm_up, slack=SLACK[name.rpartition(" ")[2]])
            for name, found in self._found.items()
        ]
