"""What was measured: samples by server and scenario, one a round, with their medians and spreads."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Sample = dict[str, float]

DISTURBED_SHARE = 0.1


def is_disturbed(sample: Sample) -> bool:
    """Whether others took more than a tenth of the server's core in that window."""
    return sample.get("others_share", 0) > DISTURBED_SHARE


@dataclass
class Results:
    """Samples are added as they come; a server without any may have a note that says why.

    `half_hz`: half of Socket.IO's maximum in messages a second, once it is known; `noise`: one for each run.
    """

    machine: dict[str, Any] = field(default_factory=dict)
    noise: list[dict[str, float]] = field(default_factory=list)
    half_hz: float = 0
    samples: dict[str, dict[str, list[Sample]]] = field(default_factory=dict)
    notes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """Samples of what was measured most often."""
        counts = [len(found) for scenarios in self.samples.values() for found in scenarios.values()]
        return max(counts, default=0)

    def add(self, server: str, scenario: str, sample: Sample) -> None:
        self.samples.setdefault(server, {}).setdefault(scenario, []).append(sample)

    def note(self, server: str, scenario: str, text: str) -> None:
        """Why there is nothing; `*` stands for every scenario."""
        self.notes.setdefault(server, {})[scenario] = text

    def note_for(self, server: str, scenario: str) -> str | None:
        notes = self.notes.get(server, {})
        return notes.get(scenario) or notes.get("*")

    def values(self, server: str, scenario: str, metric: str) -> list[float]:
        """One a round, the disturbed ones only where there are no others; -1 counts as none."""
        found = self.samples.get(server, {}).get(scenario, [])
        calm = [sample for sample in found if not is_disturbed(sample)]
        return [one[metric] for one in calm or found if one.get(metric, -1) >= 0 or metric == "grown_kb"]

    def median(self, server: str, scenario: str, metric: str) -> float | None:
        """None when nothing was measured."""
        values = self.values(server, scenario, metric)
        return statistics.median(values) if values else None

    def spread(self, server: str, scenario: str, metric: str) -> float | None:
        """How far the rounds lie apart: (highest - lowest) / median, in per cent; None for less than two."""
        values = self.values(server, scenario, metric)
        if len(values) < 2 or not statistics.median(values):
            return None
        return 100 * (max(values) - min(values)) / statistics.median(values)

    def ratio(self, server: str, other: str, scenario: str, metric: str = "us") -> float | None:
        """How many times the other's median is this one's."""
        mine, theirs = self.median(server, scenario, metric), self.median(other, scenario, metric)
        return theirs / mine if mine and theirs is not None else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON: medians for readers, samples for those who want to count again."""
        medians = {
            server: {
                scenario: {
                    metric: None
                    if (value := self.median(server, scenario, metric)) is None
                    else round(value, 3)
                    for metric in samples[0]
                }
                for scenario, samples in scenarios.items()
            }
            for server, scenarios in self.samples.items()
        }
        return {
            "rounds": self.rounds,
            "machine": self.machine,
            "noise": self.noise,
            "half_hz": round(self.half_hz, 1),
            "medians": medians,
            "notes": self.notes,
            "samples": _rounded(self.samples),
        }

    def disturbed(self) -> tuple[int, int]:
        """Disturbed windows, and all of which that is known."""
        samples = [one for found in self.samples.values() for samples in found.values() for one in samples]
        known = [sample for sample in samples if "others_share" in sample]
        return sum(map(is_disturbed, known)), len(known)

    def scenarios(self) -> frozenset[str]:
        """All that have samples."""
        return frozenset(scenario for found in self.samples.values() for scenario in found)

    @classmethod
    def load(cls, path: Path) -> Results:
        """What `save` wrote."""
        found = json.loads(path.read_text())
        return cls(**{name: found[name] for name in cls.__dataclass_fields__})

    def save(self, path: Path, extra: dict[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.as_dict() | extra, indent=1) + "\n")


def _rounded(samples: dict[str, dict[str, list[Sample]]]) -> dict[str, dict[str, list[Sample]]]:
    return {
        server: {
            scenario: [{metric: round(value, 3) for metric, value in sample.items()} for sample in found]
            for scenario, found in scenarios.items()
        }
        for server, scenarios in samples.items()
    }
