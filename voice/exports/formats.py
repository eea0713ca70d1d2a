"""One conversation in each format.

Source of the caption format: W3C WebVTT, sections 1.1 and 4.1. Times count from the call's start.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from voice.models import Conversation, ToolRun, Turn

SPOKEN_CHARS_PER_S = 15.0
MIN_CUE_S = 1.5
CSV_COLUMNS = ("conversation", "started_at", "speaker", "text", "heard_text", "interrupted")

_TURN_FIELDS = (
    *("item_id", "role", "text", "heard_text", "heard_exact", "interrupted", "started_at", "source"),
)
_RUN_FIELDS = ("call_id", "name", "arguments", "output", "status", "duration_ms", "started_at", "source")
_USAGE_FIELDS = ("kind", "model", "at", "total_tokens", "input_tokens", "output_tokens", "seconds")


@dataclass(frozen=True)
class ExportFormat:
    content_type: str
    suffix: str


FORMATS = {
    "json": ExportFormat("application/json", "json"),
    "csv": ExportFormat("text/csv; charset=utf-8", "csv"),
    "vtt": ExportFormat("text/vtt; charset=utf-8", "vtt"),
    "txt": ExportFormat("text/plain; charset=utf-8", "txt"),
}


def export(conversation: Conversation, kind: str, *, person: str = "You") -> str:
    """The conversation as a file in one of `FORMATS`; `person` is what who called is named."""
    writers: dict[str, Callable[[Conversation, str], str]] = {
        "json": lambda row, _: as_json(row, indent=2),
        "csv": lambda row, name: csv_rows([CSV_COLUMNS]) + as_csv_rows(row, name),
        "vtt": as_vtt,
        "txt": as_text,
    }
    return writers[kind](conversation, person)


def as_json(conversation: Conversation, *, indent: int | None = None) -> str:
    """Everything that is stored of it."""
    body = {
        "id": str(conversation.pk),
        "user": conversation.user.get_username(),
        "assistant": conversation.assistant_name,
        "provider": conversation.provider,
        "model": conversation.model,
        "started_at": conversation.started_at,
        "ended_at": conversation.ended_at,
        "end_reason": conversation.end_reason,
        "erased_at": conversation.erased_at,
        "turns": _values(conversation.turns, _TURN_FIELDS),
        "tool_runs": _runs(conversation),
        "usage": _values(conversation.usage, _USAGE_FIELDS),
    }
    return json.dumps(body, ensure_ascii=False, indent=indent, default=lambda value: value.isoformat())


def _values(rows: Any, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    # Not `.values()`, which would ask again for what a batch has fetched already.
    return [_fields(row, fields) for row in rows.all()]


def _fields(row: Any, fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in fields}


def _runs(conversation: Conversation) -> list[dict[str, Any]]:
    """Tool runs with what the person said when they were asked first; null where nobody was asked."""
    prefetch_related_objects([conversation], runs_with_answers())  # nothing to do for one of a batch
    runs = conversation.tool_runs.all()
    return [{**_fields(run, _RUN_FIELDS), "decision": _decision(run)} for run in runs]


def runs_with_answers() -> Prefetch[str]:
    """Tool runs, each with the question before it."""
    return Prefetch("tool_runs", ToolRun.objects.select_related("approval"))


def _decision(run: ToolRun) -> str | None:
    approval = getattr(run, "approval", None)
    return None if approval is None else str(approval.decision)


def as_csv_rows(conversation: Conversation, person: str) -> str:
    """A row a turn, without the line of `CSV_COLUMNS`."""
    return csv_rows(
        (
            conversation.pk,
            turn.started_at.isoformat(),
            plain_cell(_speaker(conversation, turn, person)),
            plain_cell(turn.text),
            plain_cell(turn.heard_text),
            turn.interrupted,
        )
        for turn in conversation.turns.all()
    )


def csv_rows(rows: Any) -> str:
    """Rows as CSV text."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def plain_cell(text: str) -> str:
    """A quote in front keeps a cell that begins like a formula from running (OWASP "CSV Injection")."""
    begins = text.lstrip()[:1] or text[:1]
    # Some spreadsheets take the wide forms of these signs for the signs themselves.
    return f"'{text}" if begins in tuple("=+-@＝＋－＠") or text.startswith(("\t", "\r", "\n")) else text


def as_vtt(conversation: Conversation, person: str) -> str:
    """Captions of what was heard."""
    cues = ["WEBVTT"]
    for turn in conversation.turns.all():
        # A cue ends at an empty line, so it is one line.
        text = _caption(turn.heard_text)
        if not text:
            continue
        begin = max(0.0, (turn.started_at - conversation.started_at).total_seconds())
        end = begin + max(MIN_CUE_S, len(text) / SPOKEN_CHARS_PER_S)
        speaker = _caption(_speaker(conversation, turn, person)).replace(">", "")
        cues.append(f"{_stamp(begin)} --> {_stamp(end)}\n<v {speaker}>{text}")
    return "\n\n".join(cues) + "\n"


def _caption(text: str) -> str:
    escaped = text.replace("-->", "->").replace("&", "&amp;").replace("<", "&lt;")
    return " ".join(escaped.split())


def _stamp(seconds: float) -> str:
    minutes, rest_ms = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest_ms // 1000:02d}.{rest_ms % 1000:03d}"


def as_text(conversation: Conversation, person: str) -> str:
    """A line a turn, as it was heard."""
    lines = []
    for turn in conversation.turns.all():
        words = " ".join(turn.heard_text.split())
        lines.append(f"{turn.started_at:%H:%M:%S} {_speaker(conversation, turn, person)}: {words}\n")
    return "".join(lines)


def _speaker(conversation: Conversation, turn: Turn, person: str) -> str:
    return person if turn.role == Turn.Role.USER else conversation.assistant_name or "Assistant"
