"""What calls may cost and what they cost: dated prices, budgets, the site's own limits.

Rows only. Sums are made in `voice.costs` and `voice.cost_reports`, decisions in `voice.budgets` and
`voice.limits`. Money is Decimal, in one currency for the whole site.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from voice.models.conversations import Usage

CURRENCY = "USD"


def _per_million(what: str) -> models.DecimalField[Any, Any]:
    return models.DecimalField(
        what, max_digits=14, decimal_places=6, null=True, blank=True, validators=[MinValueValidator(0)]
    )


class ModelPrice(models.Model):
    """What a model costs from a moment on; the next row of the model ends it. Empty = not known, never free.

    A changed price is a new row: what was used before keeps the cost that is stored with it.
    """

    model = models.CharField(
        max_length=120,
        help_text="As in the call. Dated snapshots of a model (name-2026-10-01) find the plain name's row.",
    )
    valid_from = models.DateTimeField(help_text="Usage from then on has this price.")
    text_in = _per_million("text in")
    cached_text_in = _per_million("cached text in")
    audio_in = _per_million("audio in")
    cached_audio_in = _per_million("cached audio in")
    image_in = _per_million("image in")
    cached_image_in = _per_million("cached image in")
    text_out = _per_million("text out")
    audio_out = _per_million("audio out")
    per_minute = models.DecimalField(
        max_digits=14,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="For transcription that is billed by the minute.",
    )
    currency = models.CharField(max_length=3, default=CURRENCY, choices=[(CURRENCY, "US dollar")])
    source = models.CharField(max_length=200, blank=True, help_text="Where the figures were read.")
    source_date = models.DateField(null=True, blank=True, help_text="When they were read.")

    class Meta:
        ordering = ["model", "-valid_from"]
        constraints = [models.UniqueConstraint(fields=["model", "valid_from"], name="one_price_a_moment")]

    def __str__(self) -> str:
        return f"{self.model} from {self.valid_from:%Y-%m-%d}"


class Budget(models.Model):
    """How much a person, a group or everybody may spend in a day or a month."""

    class Period(models.TextChoices):
        DAY = "day", "A day"
        MONTH = "month", "A calendar month"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="budgets"
    )
    group = models.ForeignKey(
        Group,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="budgets",
        help_text="Neither person nor group: everybody.",
    )
    shared = models.BooleanField(
        default=True, help_text="On: they spend it together. Off: each of them has this much."
    )
    amount = models.DecimalField(
        f"amount ({CURRENCY})", max_digits=12, decimal_places=2, validators=[MinValueValidator(0)]
    )
    period = models.CharField(max_length=5, choices=Period.choices, default=Period.MONTH)
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True) | Q(group__isnull=True),
                name="budget_of_a_person_or_a_group",
                violation_error_message="Name a person or a group, not both.",
            ),
            models.CheckConstraint(condition=Q(amount__gte=Decimal(0)), name="budget_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.whose}: {self.amount} {CURRENCY} a {self.period}"

    @property
    def whose(self) -> str:
        """The person, the group or everybody, to be shown."""
        if self.user is not None:
            return str(self.user)
        name = str(self.group) if self.group is not None else "Everybody"
        return name if self.shared else f"{name}, each"


class CallLimits(models.Model):
    """The site's own limits: one row, read and locked by whoever starts a call. Empty = no limit."""

    SINGLE = 1

    calls_at_once = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of all people together. Calls of one person: CALLS_PER_USER."
    )
    user_minutes_a_day = models.PositiveIntegerField("minutes a day of one person", null=True, blank=True)
    minutes_a_day = models.PositiveIntegerField("minutes a day of all together", null=True, blank=True)
    show_cost = models.BooleanField(
        "people see what their own calls cost",
        default=True,
        help_text="During the call and in their conversations. Staff see it here in any case.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "call limits"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_row_of_call_limits")]

    def __str__(self) -> str:
        return "Call limits"


class Cost(Usage):
    """Usage seen as money: the admin's Costs page hangs on this name."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name_plural = "costs"
