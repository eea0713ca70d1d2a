"""What this machine is, and what else it was doing meanwhile. Names no host and no path."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cores:
    """Where things run: the server alone on one core, everything else on another."""

    server: int
    others: int


def share_cores() -> Cores:
    """The first core for the server, the second for everything else; one for both where there is one."""
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], allowed[1] if len(allowed) > 1 else allowed[0])


@dataclass(frozen=True)
class Moment:
    """The kernel's counters of all cores: ticks, packets that it dropped; and the load."""

    steal: int
    total: int
    dropped: int
    load: float

    @classmethod
    def now(cls) -> Moment:
        words = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
        ticks = [int(word) for word in words]
        # A packet that loopback drops comes again after a time-out, which looks like a server that stalls.
        queues = Path("/proc/net/softnet_stat").read_text().splitlines()
        dropped = sum(int(queue.split()[1], 16) for queue in queues)
        return cls(steal=ticks[7], total=sum(ticks[:8]), dropped=dropped, load=os.getloadavg()[0])

    def noise_since(self, before: Moment) -> Noise:
        ticks = max(1, self.total - before.total)
        steal_percent = 100 * (self.steal - before.steal) / ticks
        return Noise(steal_percent, before.load, self.load, self.dropped - before.dropped)


@dataclass(frozen=True)
class Noise:
    """What the hypervisor took, in per cent of all cores; load average; packets that the kernel dropped."""

    steal_percent: float
    load_before: float
    load_after: float
    dropped: int

    def as_dict(self) -> dict[str, float]:
        return {name: round(value, 2) for name, value in asdict(self).items()}


def describe() -> dict[str, Any]:
    """Processor, cores, kernel and Python."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
    }
