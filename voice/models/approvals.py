"""What a person was asked before a tool ran, and what they said.

The arguments stand here while that is open: as asked and run, where the run's row may have them redacted.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from voice.models.conversations import ToolRun


class Decision(models.TextChoices):
    """How the question ended; nothing while it is open."""

    APPROVE = "approve", "Approved"
    ALWAYS = "always", "Approved for the whole call"
    CARRIED = "carried", "Approved earlier in the call"
    DENY = "deny", "Denied"
    UNANSWERED = "unanswered", "Not answered in time"


APPROVING = (Decision.APPROVE, Decision.ALWAYS, Decision.CARRIED)


class ToolApproval(models.Model):
    """One question about one run. `decision` is written once, and by the database's word only once."""

    run = models.OneToOneField(ToolRun, on_delete=models.CASCADE, related_name="approval")
    title = models.CharField(max_length=80)
    arguments = models.TextField(
        blank=True,
        editable=False,
        help_text="As asked and as run; emptied when denied or when the run begins.",
    )
    decision = models.CharField(max_length=10, blank=True, choices=Decision.choices)
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True)
                | ~Q(decision="") & Q(decided_at__isnull=False),
                name="decided_approval_says_when",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}: {self.get_decision_display() if self.decision else 'open'}"

    @property
    def is_granted(self) -> bool:
        return self.decision in APPROVING

    @property
    def after_s(self) -> float | None:
        """How long the answer took."""
        return (self.decided_at - self.asked_at).total_seconds() if self.decided_at else None
