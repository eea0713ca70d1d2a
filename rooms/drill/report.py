"""How a drill is shown: a line a fault while it runs, a table at the end, a JSON file for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rooms.drill.stage import Sizes
from rooms.drill.verdict import Verdict

_HEAD = ("fault", "complete", "told one gap", "wrong", "missing", "longest silence", "verdict")
_WIDTHS = (14, 8, 12, 5, 7, 15, 7)


@dataclass(frozen=True)
class Outcome:
    """All that a drill found. `stopped` says why it ended early: a signal's name, or what failed."""

    verdicts: Sequence[Verdict]
    not_run: Sequence[str] = ()
    stopped: str = ""

    @property
    def passed(self) -> bool:
        return not self.stopped and all(verdict.passed for verdict in self.verdicts)


def table(outcome: Outcome) -> str:
    """Plain text, a row a fault; under it what failed, in words."""
    lines = [_line(_HEAD), _line(["-" * width for width in _WIDTHS])]
    lines += [_line(cells(verdict)) for verdict in outcome.verdicts]
    lines += [_line([name, *[""] * 5, "not run"]) for name in outcome.not_run]
    for verdict in outcome.verdicts:
        lines += [f"{verdict.fault}: {words}" for words in verdict.complaints]
    return "\n".join(lines)


def cells(verdict: Verdict) -> list[str]:
    """One row's texts."""
    counts = (verdict.complete, verdict.told, verdict.wrong, verdict.missing)
    silence = f"{verdict.silence_s:.1f} s"
    return [verdict.fault, *map(str, counts), silence, "pass" if verdict.passed else "FAIL"]


def _line(texts: Sequence[str]) -> str:
    first, *rest = zip(texts, _WIDTHS, strict=True)
    return "  ".join([f"{first[0]:{first[1]}}", *(f"{text:>{width}}" for text, width in rest)])


def as_json(outcome: Outcome, sizes: Sizes) -> dict[str, Any]:
    """The same for programs: `{"passed", "stopped", "sockets", "rate", "storm", "faults", "not_run"}`."""
    faults = [asdict(verdict) | {"passed": verdict.passed} for verdict in outcome.verdicts]
    head = {"passed": outcome.passed, "stopped": outcome.stopped, **asdict(sizes)}
    return head | {"faults": faults, "not_run": list(outcome.not_run)}


def write_json(path: Path, outcome: Outcome, sizes: Sizes) -> None:
    """Write all of it or nothing. Raises OSError."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(as_json(outcome, sizes), indent=2) + "\n", encoding="utf-8")
    part.replace(path)
