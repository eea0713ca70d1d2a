"""`manage.py purge_transcripts`: erases words that have been kept for as long as they may be. Run it daily.

What is erased, and what is left of a call, stands in `voice/erasure.py`; whose time is over, in
`voice/retention.py`. Running calls are left alone.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from voice.erasure import BATCH, Counts, count, erase, forget_rows, tidy_index
from voice.models import Assistant
from voice.retention import due_by_assistant


class Command(BaseCommand):
    help = "Erase the words of calls whose days are over, and say how many."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would be erased; erase nothing.")
        parser.add_argument("--assistant", default="", metavar="SLUG", help="Only calls with this assistant.")
        parser.add_argument("--batch", type=int, default=BATCH, help=f"Calls in one transaction ({BATCH}).")
        parser.add_argument(
            "--rows-after",
            type=int,
            metavar="DAYS",
            help="Also delete the rows of erased calls (who, when) so long after they ended; usage stays.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        slug, dry_run = options["assistant"], options["dry_run"]
        if slug and not Assistant.objects.filter(slug=slug).exists():
            raise CommandError(f"--assistant: there is no assistant called {slug}.")
        if options["batch"] < 1:
            raise CommandError("--batch: a number above 0 is needed.")
        rows_after = options["rows_after"]
        if rows_after is not None and rows_after < 0:
            raise CommandError("--rows-after: a number of days is needed.")
        done = "would be erased" if dry_run else "erased"
        total = Counts()
        for name, rows in due_by_assistant(timezone.now(), slug):
            counts = (
                count(rows) if dry_run else erase(rows, batch=options["batch"], by="purge", assistant=name)
            )
            total += counts
            self.stdout.write(f"{name}: {counts} {done}.")
        if not dry_run and total.conversations:
            tidy_index()
        self.stdout.write(f"In all: {total} {done}.")
        if rows_after is not None:
            rows_gone = forget_rows(rows_after, dry_run=dry_run)
            self.stdout.write(
                f"{rows_gone} rows of erased calls {'would be deleted' if dry_run else 'deleted'}."
            )
