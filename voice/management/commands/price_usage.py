"""`manage.py price_usage`: give usage of unknown cost its cost, now that its price is known.

It touches nothing that has a cost. With `--shipped` the shipped price rows that are missing are added first.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from voice.costs import price_unpriced
from voice.models import ModelPrice, Usage
from voice.shipped_prices import add_shipped


class Command(BaseCommand):
    help = "Give usage of unknown cost its cost, with the prices valid at its time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model", default="", help="Only usage of this model.")
        parser.add_argument(
            "--shipped", action="store_true", help="First add shipped prices that are missing."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["shipped"]:
            self.stdout.write(f"Added {add_shipped(ModelPrice)} prices.")
        rows = Usage.objects.all()
        if options["model"]:
            rows = rows.filter(model=options["model"])
        filled = price_unpriced(rows)
        self.stdout.write(f"Priced {filled.priced}, still unknown {filled.still_unknown}.")
