"""`manage.py check_tools`: every saved check of every tool that is on; exit code 1 when one fails."""

from __future__ import annotations

import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from voice.models import ToolCheck
from voice.tool_bench.checks import Verdict, run_checks


class Command(BaseCommand):
    """For a deploy's last step, or a timer."""

    help = "Run the saved checks of tools and print what became of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tool", help="only the checks of this tool, even when it is off")
        parser.add_argument("--user", help="run them with this person's rights (the first superuser's)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and judge. Exits with 1 when a check fails."""
        checks = ToolCheck.objects.select_related("tool", "tool__mcp_server")
        checks = (
            checks.filter(tool__name=options["tool"])
            if options["tool"]
            else checks.filter(tool__enabled=True)
        )
        if not checks.exists():
            self.stdout.write("There are no checks.")
            return
        verdicts = run_checks(checks, user=_person(options["user"]))
        self._print(verdicts)
        if not all(verdict.passed for verdict in verdicts):
            sys.exit(1)

    def _print(self, verdicts: list[Verdict]) -> None:
        rows = [("tool", "check", "result", "ms", "why")]
        for verdict in verdicts:
            result = "passed" if verdict.passed else "FAILED"
            check = verdict.check
            rows.append((check.tool.name, check.name, result, str(verdict.duration_ms), verdict.said))
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            self.stdout.write("  ".join([*cells, row[4]]).rstrip())


def _person(name: str | None) -> Any:
    people = get_user_model().objects.filter(is_active=True)
    found = people.filter(username=name) if name else people.filter(is_superuser=True).order_by("pk")
    person = found.first()
    if person is None:
        raise CommandError(f"There is no active person called {name}." if name else "There is no superuser.")
    return person
