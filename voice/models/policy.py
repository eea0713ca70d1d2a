"""What the site decides for all calls at once: one row, made when it is first saved."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

ONLY = 1


class CallPolicy(models.Model):
    """The row is number 1; a site that never saved one has the defaults."""

    class OnTampering(models.TextChoices):
        NOTE = "note", "Note it"
        PUT_BACK = "put_back", "Put the session back; end the call when it is changed again and again"
        HANG_UP = "hang_up", "End the call"

    on_tampering = models.CharField(
        "when a client changes its session",
        max_length=8,
        choices=OnTampering.choices,
        default=OnTampering.NOTE,
        help_text="A person with their browser's tools can change prompt and tools of their own call.",
    )
    tell_watched = models.BooleanField(
        "tell people when staff watch",
        default=True,
        help_text="Their page says so from the moment somebody opens their call on the live floor.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "call policy"
        constraints = [models.CheckConstraint(condition=Q(pk=ONLY), name="one_call_policy")]

    def __str__(self) -> str:
        return "Call policy"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = ONLY
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> CallPolicy:
        """The site's policy, as of now."""
        return cls.objects.first() or cls(pk=ONLY)
