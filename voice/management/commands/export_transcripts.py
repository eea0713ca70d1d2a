"""`manage.py export_transcripts`: conversations as one file, with its progress on stderr."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.utils.dateparse import parse_date

from voice import audit
from voice.exports import FORMATS, file_pieces
from voice.models import Assistant, AuditAction, Conversation


def day(text: str) -> datetime:
    """A day as the moment it begins, UTC."""
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise ArgumentTypeError(f"{text} is not a day; wanted is one like 2026-11-22")
    return datetime.combine(found, time(), UTC)


class Command(BaseCommand):
    help = "Write conversations to a file (JSON, CSV, plain text, or a zip of captions)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("output", help="The file to write; - is standard output.")
        parser.add_argument("--format", choices=sorted(FORMATS), default="json")
        parser.add_argument("--user", default="", help="Only this person's.")
        parser.add_argument("--assistant", default="", metavar="SLUG", help="Only with this assistant.")
        parser.add_argument("--since", type=day, help="Only from this day on (UTC), such as 2026-11-22.")
        parser.add_argument("--until", type=day, help="Only before this day (UTC).")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = _chosen(options)
        total = rows.count()

        def tell(done: int) -> None:
            self.stderr.write(f"\r{done} of {total}", ending="" if self.stderr.isatty() else "\n")

        pieces = file_pieces(rows, options["format"], naming=lambda row: row.user.get_username(), tell=tell)
        _write(pieces, options["output"])
        audit.record(
            AuditAction.TRANSCRIPT_EXPORTED,
            by="command",
            conversations=total,
            format=options["format"],
            user=options["user"],
        )
        self.stderr.write(f"\r{total} conversations written.")


def _chosen(options: dict[str, Any]) -> QuerySet[Conversation]:
    rows = Conversation.objects.filter(erased_at__isnull=True)
    if name := options["user"]:
        user = get_user_model().objects.filter(**{get_user_model().USERNAME_FIELD: name}).first()
        if user is None:
            raise CommandError(f"--user: there is nobody called {name}.")
        rows = rows.filter(user=user)
    if slug := options["assistant"]:
        if not Assistant.objects.filter(slug=slug).exists():
            raise CommandError(f"--assistant: there is no assistant called {slug}.")
        rows = rows.filter(assistant__slug=slug)
    if options["since"]:
        rows = rows.filter(started_at__gte=options["since"])
    if options["until"]:
        rows = rows.filter(started_at__lt=options["until"])
    return rows


def _write(pieces: Iterator[bytes], output: str) -> None:
    if output == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    _write_file(Path(output), pieces)


def _write_file(path: Path, pieces: Iterator[bytes]) -> None:
    """Whole or not at all: it gets its name when it is written to the end. Only its owner may read it."""
    partial = path.with_name(f"{path.name}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as exc:
        raise CommandError(f"{partial} cannot be written: {exc.strerror}.") from exc
    try:
        with os.fdopen(descriptor, "wb") as out:
            for piece in pieces:
                out.write(piece)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
