"""Who did what to calls and records: decisions, looks at others' words, orders. Never changed later."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from voice.models.conversations import Conversation


class AuditAction(models.TextChoices):
    """What was done; `detail` of the row says the rest."""

    TOOL_APPROVED = "tool_approved", "Tool approved"
    TOOL_DENIED = "tool_denied", "Tool denied"
    TOOL_UNANSWERED = "tool_unanswered", "Tool not answered in time"
    TRANSCRIPT_READ = "transcript_read", "Transcript read"
    TRANSCRIPT_EXPORTED = "transcript_exported", "Transcripts exported"
    TRANSCRIPT_ERASED = "transcript_erased", "Transcripts erased"
    CALL_WATCHED = "call_watched", "Call watched"
    CALL_ENDED = "call_ended", "Call ended by an operator"
    CALL_WHISPERED = "call_whispered", "Instruction whispered"
    SESSION_TAMPERED = "session_tampered", "Session changed by the client"
    BUDGET_REACHED = "budget_reached", "Budget reached"
    TOOL_TRIED = "tool_tried", "Tool tried in the admin"


class AuditEvent(models.Model):
    """One thing done.

    `detail`: names, counts, reasons and what staff whispered; never what was said in a call, nor a tool's
    arguments.
    """

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True, help_text="Kept when the account is gone.")
    action = models.CharField(max_length=24, choices=AuditAction.choices)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.SET_NULL, null=True, blank=True, related_name="audit_events"
    )
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["action", "-at"], name="audit_by_action")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.at:%Y-%m-%d %H:%M}"
