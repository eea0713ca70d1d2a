"""What is taken out of words before they are stored."""

from __future__ import annotations

from django.db import models

from voice.validators import validate_pattern


class RedactionRule(models.Model):
    """A pattern and what stands in its place. Enabled rules are applied one after the other, by name."""

    name = models.CharField(max_length=80, unique=True)
    pattern = models.TextField(
        validators=[validate_pattern],
        help_text="A regular expression as RE2 knows it: no look-around, no back-references.",
    )
    replacement = models.CharField(
        max_length=80, default="[removed]", help_text="Stands there to the letter."
    )
    enabled = models.BooleanField(default=False)
    on_person = models.BooleanField("people", default=True)
    on_assistant = models.BooleanField("assistants", default=True)
    on_tools = models.BooleanField("tools", default=True)
    sample = models.TextField(
        blank=True, help_text="Made-up words to try it on; save to see what becomes of them."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
