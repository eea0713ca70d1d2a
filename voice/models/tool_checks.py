"""Checks of tools: arguments, and what must come back."""

from __future__ import annotations

from django.db import models

from voice.models.assistants import Tool


class ToolCheck(models.Model):
    """Runs at every edit of its tool and by `manage.py check_tools`. It keeps its arguments until deleted."""

    class Expects(models.TextChoices):
        SUCCESS = "success", "It succeeds"
        FAILURE = "failure", "It fails"
        CONTAINS = "contains", "The output contains"
        EQUALS = "equals", "A part of the output equals"

    tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="checks")
    name = models.CharField(max_length=80, help_text="What it shows, such as A known article is found.")
    arguments = models.JSONField(default=dict, blank=True)
    expects = models.CharField(max_length=8, choices=Expects.choices, default=Expects.SUCCESS)
    path = models.CharField(
        "part",
        max_length=200,
        blank=True,
        help_text="For equals: such as days.0.max. Empty: the whole output.",
    )
    expected = models.TextField(
        "text or value", blank=True, help_text="For contains: a text. For equals: a JSON value, or a text."
    )
    passed = models.BooleanField(null=True, editable=False)
    said = models.CharField("last result", max_length=300, blank=True, editable=False)
    ran_at = models.DateTimeField("last run", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["tool__name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tool", "name"], name="one_check_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.tool}: {self.name}"
