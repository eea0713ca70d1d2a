"""A call as it is kept: the conversation, both sides' turns, what tools did, what was used."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from voice.models.assistants import Assistant, Keep


class EndReason(models.TextChoices):
    """Why a call ended; the talk page has a sentence for each."""

    USER = "user", "Ended by the person"
    BROWSER_LEFT = "browser_left", "The page was closed"
    TIME_LIMIT = "time_limit", "Time limit reached"
    IDLE = "idle", "Quiet for too long"
    OPERATOR = "operator", "Ended by an operator"
    REPLACED = "replaced", "Replaced by a new call"
    TAMPERED = "tampered", "Changed by the client"
    PROVIDER = "provider", "Ended by the provider"
    PROVIDER_LOST = "provider_lost", "The line to the provider was lost"
    SHUTDOWN = "shutdown", "The site restarted"
    NOT_CONNECTED = "not_connected", "The browser never connected"
    BUDGET = "budget", "Budget used up"
    FAILED = "failed", "Could not start"


class Source(models.TextChoices):
    """Who told us: the sideband is the provider's own word."""

    SIDEBAND = "sideband", "Provider"
    BROWSER = "browser", "Reported by browser"


class Conversation(models.Model):
    """One call, from the moment it is asked for. `session` is what was issued, before anybody changed it.

    `keep` and `keep_days` are what the assistant said when the call began. An erased conversation is a row of
    account: who, when, how long and (in `usage`) what it used, without a word of it.
    """

    class Control(models.TextChoices):
        SIDEBAND = "sideband", "Sideband"
        COURIER = "courier", "Courier"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    assistant = models.ForeignKey(
        Assistant, on_delete=models.SET_NULL, null=True, related_name="conversations"
    )
    assistant_name = models.CharField(max_length=80, blank=True)
    assistant_version = models.ForeignKey(
        "voice.HistoricalAssistant", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    provider = models.CharField(max_length=12)
    model = models.CharField(max_length=120)
    provider_call_id = models.CharField(max_length=120, blank=True)
    control = models.CharField(max_length=8, choices=Control.choices, default=Control.COURIER)
    minted = models.BooleanField(
        default=False, help_text="Another front end got a secret and makes the call itself."
    )
    session = models.JSONField(default=dict)
    greeting = models.TextField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    hung_up_at = models.DateTimeField(
        null=True, blank=True, help_text="When the provider confirmed that nothing runs any more."
    )
    end_reason = models.CharField(max_length=16, blank=True, choices=EndReason.choices)
    keep = models.CharField(max_length=10, choices=Keep.choices, default=Keep.EVERYTHING)
    keep_days = models.PositiveIntegerField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True, help_text="When its words were erased.")
    tampered_at = models.DateTimeField("changed by client", null=True, blank=True)
    tampering = models.JSONField(
        "what the client changed", default=list, blank=True, help_text="Kinds of change, without their words."
    )

    class Meta:
        ordering = ["-started_at"]
        permissions = [
            ("watch_call", "Can watch running calls of others"),
            ("end_call", "Can end running calls of others"),
            ("whisper_call", "Can whisper to the assistant in running calls of others"),
            ("view_others_transcripts", "Can read what others said in their calls"),
        ]
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="conversation_newest_first"),
            models.Index(fields=["user", "-started_at"], name="conversation_by_user"),
            models.Index(
                fields=["started_at"], name="conversation_running", condition=Q(ended_at__isnull=True)
            ),
            models.Index(
                fields=["-started_at", "-id"],
                name="conversation_tampered",
                condition=Q(tampered_at__isnull=False),
            ),
            models.Index(
                fields=["ended_at"],
                name="conversation_not_hung_up",
                condition=Q(ended_at__isnull=False, hung_up_at__isnull=True) & ~Q(provider_call_id=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_call_id"],
                condition=~Q(provider_call_id=""),
                name="one_conversation_a_provider_call",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | ~Q(end_reason=""), name="ended_conversation_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assistant_name or 'Call'} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def state(self) -> Literal["connecting", "live", "ended"]:
        if self.ended_at is not None:
            return "ended"
        return "live" if self.ready_at is not None else "connecting"

    @property
    def room(self) -> str:
        return f"call.{self.id}"

    @property
    def duration_s(self) -> float:
        return ((self.ended_at or timezone.now()) - self.started_at).total_seconds()


class Turn(models.Model):
    """What one side said, ordered by when speech began; `heard_text` equals `text` unless interrupted."""

    class Role(models.TextChoices):
        USER = "user", "Person"
        ASSISTANT = "assistant", "Assistant"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    item_id = models.CharField(max_length=120)
    role = models.CharField(max_length=9, choices=Role.choices)
    text = models.TextField(blank=True)
    heard_text = models.TextField(blank=True)
    heard_exact = models.BooleanField(default=True, help_text="Off: how much was heard is an estimate.")
    interrupted = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.SIDEBAND)

    class Meta:
        ordering = ["started_at", "id"]
        indexes = [models.Index(fields=["-started_at", "-id"], name="turn_newest_first")]
        constraints = [models.UniqueConstraint(fields=["conversation", "item_id"], name="one_turn_an_item")]

    def __str__(self) -> str:
        # Without a word of it: admin shows this to people who may not read what others said.
        return f"{self.get_role_display()}, {self.started_at:%Y-%m-%d %H:%M:%S}"

    @property
    def unheard_text(self) -> str:
        """What was written but not heard, when that is the end of the text."""
        if self.interrupted and self.text.startswith(self.heard_text):
            return self.text[len(self.heard_text) :].strip()
        return ""


class ToolRun(models.Model):
    """One function call and its output. The row is made before the tool runs, so a `call_id` runs once."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting for approval"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        DENIED = "denied", "Denied"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="tool_runs")
    call_id = models.CharField(max_length=120)
    name = models.CharField(max_length=120)
    arguments = models.TextField(blank=True)
    output = models.TextField(blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.RUNNING)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.SIDEBAND)

    class Meta:
        ordering = ["started_at", "id"]
        indexes = [models.Index(fields=["-started_at", "-id"], name="tool_run_newest_first")]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "call_id"], name="one_run_a_function_call")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_status_display()})"


OPEN_RUNS = (ToolRun.Status.WAITING, ToolRun.Status.RUNNING)
"""A run that has no output yet."""


class Usage(models.Model):
    """What one response or one transcription used: the provider's full split, in tokens (or seconds).

    It carries no words, so it outlives its conversation: erasing what was said gives no budget back. `cost`
    is settled once, with the price valid `at` (`voice.costs`).
    """

    class Kind(models.TextChoices):
        RESPONSE = "response", "Response"
        TRANSCRIPTION = "transcription", "Transcription"

    class Pricing(models.TextChoices):
        PRICED = "priced", "Priced"
        FREE = "free", "Free: the engine in the box"
        UNKNOWN = "unknown", "Unknown: no price was known"

    conversation = models.ForeignKey(Conversation, on_delete=models.SET_NULL, null=True, related_name="usage")
    call = models.UUIDField(
        null=True, editable=False, help_text="The conversation's id, also when that is erased."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="usage"
    )
    assistant_name = models.CharField(max_length=80, blank=True)
    provider = models.CharField(max_length=12, blank=True)
    kind = models.CharField(max_length=13, choices=Kind.choices)
    source_id = models.CharField(max_length=120, help_text="Response id, or item id of a transcription.")
    model = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)
    seconds = models.FloatField(null=True, blank=True, help_text="For transcription billed by duration.")
    total_tokens = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    input_text = models.PositiveIntegerField(default=0)
    input_audio = models.PositiveIntegerField(default=0)
    input_image = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    cached_text = models.PositiveIntegerField(default=0)
    cached_audio = models.PositiveIntegerField(default=0)
    cached_image = models.PositiveIntegerField(default=0)
    output_text = models.PositiveIntegerField(default=0)
    output_audio = models.PositiveIntegerField(default=0)
    reasoning_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=20, decimal_places=12, null=True, blank=True, editable=False)
    pricing = models.CharField(max_length=8, choices=Pricing.choices, default=Pricing.UNKNOWN)
    price = models.ForeignKey(
        "voice.ModelPrice", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.SIDEBAND)

    class Meta:
        ordering = ["at", "id"]
        verbose_name_plural = "usage"
        indexes = [
            models.Index(fields=["at"], name="usage_by_time"),
            models.Index(fields=["user", "at"], name="usage_by_user"),
            models.Index(fields=["call"], name="usage_by_call"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "kind", "source_id"], name="one_usage_a_response"
            ),
            models.CheckConstraint(
                condition=Q(pricing="unknown", cost__isnull=True)
                | (~Q(pricing="unknown") & Q(cost__isnull=False)),
                name="unknown_cost_is_no_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.total_tokens} tokens"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new row takes along what must be known when its conversation is gone."""
        if self.call is None and self.conversation is not None:
            self.call = self.conversation.pk
            self.user_id = self.conversation.user_id
            self.assistant_name = self.conversation.assistant_name
            self.provider = self.conversation.provider
        super().save(*args, **kwargs)
