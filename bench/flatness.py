"""Whether a figure stays where it is: the slope of its samples, after a warm-up. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Trend:
    """`grown` is the line's rise over the judged time; `allowed` what it may be."""

    name: str
    first: float
    last: float
    grown: float
    allowed: float

    @property
    def is_flat(self) -> bool:
        return self.grown <= self.allowed

    def as_row(self) -> str:
        verdict = "flat" if self.is_flat else "GROWS"
        ends = f"{self.first:12.0f} {self.last:12.0f}"
        return f"{self.name:26} {ends} {self.grown:+12.0f} {self.allowed:12.0f}  {verdict}"


def judge(
    name: str,
    samples: Sequence[tuple[float, float]],
    *,
    warm_up: float = 0.4,
    slack: float,
    share: float = 0.1,
) -> Trend:
    """The least-squares line through `(seconds, value)` behind the warm-up, which is a share of the time.

    It may rise by `slack` or by that `share` of the mean, whichever is more. Raises ValueError when nothing
    is left to judge.
    """
    ends = samples[-1][0] if samples else 0.0
    begins = samples[0][0] if samples else 0.0
    start = begins + warm_up * (ends - begins)
    kept = [(at, value) for at, value in samples if at >= start]
    if len(kept) < 3:
        raise ValueError(f"{name} has too few samples to judge.")
    mean_at = sum(at for at, _ in kept) / len(kept)
    mean = sum(value for _, value in kept) / len(kept)
    spread = sum((at - mean_at) ** 2 for at, _ in kept)
    slope = sum((at - mean_at) * (value - mean) for at, value in kept) / spread if spread else 0.0
    grown = slope * (kept[-1][0] - kept[0][0])
    return Trend(name, kept[0][1], kept[-1][1], grown, max(slack, share * mean))
