"""A conversation as a file: JSON (everything), CSV (a row a turn), WebVTT (captions), plain text.

Source of the caption format: W3C WebVTT, sections 1.1 and 4.1. Times count from the call's start.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass

from django.db.models import F

from voice.models import Conversation, Turn

SPOKEN_CHARS_PER_S = 15.0
MIN_CUE_S = 1.5


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


def export(conversation: Conversation, kind: str) -> str:
    """The conversation in one of `FORMATS`."""
    writers = {"json": _as_json, "csv": _as_csv, "vtt": _as_vtt, "txt": _as_text}
    return writers[kind](conversation)


def _speaker(conversation: Conversation, turn: Turn) -> str:
    return "You" if turn.role == Turn.Role.USER else conversation.assistant_name or "Assistant"


def _as_json(conversation: Conversation) -> str:
    turn_fields = (
        "item_id",
        "role",
        "text",
        "heard_text",
        "heard_exact",
        "interrupted",
        "started_at",
        "source",
    )
    run_fields = ("call_id", "name", "arguments", "output", "status", "duration_ms", "started_at")
    body = {
        "id": str(conversation.pk),
        "assistant": conversation.assistant_name,
        "model": conversation.model,
        "started_at": conversation.started_at,
        "ended_at": conversation.ended_at,
        "end_reason": conversation.end_reason,
        "turns": list(conversation.turns.values(*turn_fields)),
        "tool_runs": list(conversation.tool_runs.values(*run_fields, decision=F("approval__decision"))),
    }
    return json.dumps(body, ensure_ascii=False, indent=2, default=lambda value: value.isoformat())


def _as_csv(conversation: Conversation) -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["started_at", "speaker", "text", "heard_text", "interrupted"])
    for turn in conversation.turns.all():
        cells = [turn.text, turn.heard_text]
        rows.writerow(
            [
                turn.started_at.isoformat(),
                _speaker(conversation, turn),
                *map(_plain_cell, cells),
                turn.interrupted,
            ]
        )
    return out.getvalue()


def _plain_cell(text: str) -> str:
    """A quote in front keeps a cell that begins like a formula from running (OWASP "CSV Injection")."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _as_vtt(conversation: Conversation) -> str:
    cues = ["WEBVTT"]
    for turn in conversation.turns.all():
        text = turn.heard_text.replace("-->", "->").replace("&", "&amp;").replace("<", "&lt;").strip()
        if not text:
            continue
        begin = max(0.0, (turn.started_at - conversation.started_at).total_seconds())
        end = begin + max(MIN_CUE_S, len(text) / SPOKEN_CHARS_PER_S)
        cues.append(f"{_stamp(begin)} --> {_stamp(end)}\n<v {_speaker(conversation, turn)}>{text}")
    return "\n\n".join(cues) + "\n"


def _stamp(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02d}:{minutes:02d}:{rest:06.3f}"


def _as_text(conversation: Conversation) -> str:
    lines = [
        f"{turn.started_at:%H:%M:%S} {_speaker(conversation, turn)}: {turn.heard_text}"
        for turn in conversation.turns.all()
    ]
    return "\n".join(lines) + "\n"
