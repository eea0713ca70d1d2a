"""Assistants and the tools they may use."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from voice.models.tool_fields import HttpRequestFields, McpFields
from voice.protocol import VOICES, server_vad
from voice.validators import validate_parameters, validate_turn_detection

Person = AbstractBaseUser | AnonymousUser


def default_turn_detection() -> dict[str, Any]:
    return server_vad()


def default_parameters() -> dict[str, Any]:
    return {"type": "object", "properties": {}, "additionalProperties": False}


class OpenToQuerySet(models.QuerySet[Any]):
    """Rows with groups are for those groups; without, for everybody. Superusers see all."""

    def open_to(self, user: Any) -> OpenToQuerySet:
        if user.is_superuser:
            return self
        return self.filter(Q(groups__isnull=True) | Q(groups__in=user.groups.all())).distinct()


class Tool(HttpRequestFields, McpFields, models.Model):
    """Something the model may call; it runs on this server. Parameters are a JSON Schema of type object."""

    class Kind(models.TextChoices):
        CODE = "code", "Code: a function shipped with this site"
        HTTP = "http", "HTTP: a request to a service"
        MCP = "mcp", "MCP: a tool of an MCP server"

    name = models.CharField(
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"^[a-zA-Z0-9_-]+$", "Letters, digits, _ and - only.")],
        help_text="What the model calls it. For kind Code it must be the name of a shipped function.",
    )
    title = models.CharField(max_length=80, blank=True, help_text="What people see, such as Weather.")
    icon = models.CharField(
        max_length=20, blank=True, help_text="A symbol of the page's sprite, such as rain."
    )
    description = models.TextField(help_text="What the model reads to decide when to use it.")
    parameters = models.JSONField(default=default_parameters, validators=[validate_parameters])
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.CODE)
    enabled = models.BooleanField(
        default=True, help_text="Off: from the next call on, the model no longer has it."
    )
    groups = models.ManyToManyField(
        Group, blank=True, help_text="Only for people in these groups; none = everybody."
    )
    ask_first = models.BooleanField(
        default=False,
        help_text="Each run waits until the person in the call approves it; the arguments are shown to them.",
    )
    ask_s = models.PositiveSmallIntegerField(
        "time to answer (s)",
        blank=True,
        default=30,
        validators=[MinValueValidator(5), MaxValueValidator(300)],
        help_text="Of a tool that asks first; empty: 30. No answer in time means no.",
    )
    timeout_s = models.FloatField(
        "time limit (s)", default=10.0, validators=[MinValueValidator(0.1), MaxValueValidator(120.0)]
    )

    objects = OpenToQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [("run_tool_as", "Can try tools as another person")]
        constraints = [
            models.CheckConstraint(
                condition=Q(timeout_s__gte=0.1) & Q(timeout_s__lte=120), name="tool_timeout_in_range"
            ),
            models.CheckConstraint(
                condition=Q(ask_s__gte=5) & Q(ask_s__lte=300), name="tool_ask_time_in_range"
            ),
            models.CheckConstraint(condition=~Q(kind="http", http_url=""), name="http_tool_has_an_address"),
            models.CheckConstraint(
                condition=Q(kind="mcp", mcp_server__isnull=False)
                | ~Q(kind="mcp") & Q(mcp_server__isnull=True),
                name="mcp_tool_has_a_server",
            ),
            models.UniqueConstraint(fields=["mcp_server", "mcp_name"], name="one_row_a_tool_of_a_server"),
        ]

    def __str__(self) -> str:
        return self.title or self.name


class Keep(models.TextChoices):
    """What is stored of a call's words; that it took place and what it used is always kept."""

    EVERYTHING = "everything", "Everything"
    TEXT = "text", "Text only: without tools' arguments and answers"
    NOTHING = "nothing", "Nothing that was said"


class Assistant(models.Model):
    """Who people talk to: its words, its voice, its ears, its tools and its limits."""

    class NoiseReduction(models.TextChoices):
        OFF = "", "Off"
        NEAR = "near_field", "Near: headset, phone"
        FAR = "far_field", "Far: laptop, meeting room"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    summary = models.CharField(
        max_length=120, blank=True, help_text="A few words beside the name, for people."
    )
    is_default = models.BooleanField("default", default=False, help_text="Taken when none is chosen.")
    instructions = models.TextField(help_text="The prompt. People can read it in their browser's tools.")
    greeting = models.TextField(
        blank=True, help_text="The assistant speaks first, exactly this. Empty: it waits."
    )
    model = models.CharField(max_length=120, blank=True, help_text="Empty: REALTIME_MODEL.")
    voice = models.CharField(
        max_length=40, blank=True, help_text=f"Empty: REALTIME_VOICE. Built in: {', '.join(VOICES)}."
    )
    language = models.CharField(
        max_length=8, blank=True, help_text="Hint for hearing, ISO 639-1, such as nl."
    )
    turn_detection = models.JSONField(
        null=True, blank=True, default=default_turn_detection, validators=[validate_turn_detection]
    )
    noise_reduction = models.CharField(max_length=12, blank=True, choices=NoiseReduction.choices)
    tools = models.ManyToManyField(Tool, blank=True, related_name="assistants")
    groups = models.ManyToManyField(
        Group, blank=True, help_text="Only for people in these groups; none = everybody."
    )
    max_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(10), MaxValueValidator(3600)],
        help_text="Longest call. Empty: CALL_MAX_SECONDS.",
    )
    keep = models.CharField(
        max_length=10, choices=Keep.choices, default=Keep.EVERYTHING, help_text="From the next call on."
    )
    keep_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Days until purge_transcripts erases the words. Empty: until somebody does.",
    )

    objects = OpenToQuerySet.as_manager()
    history = HistoricalRecords(m2m_fields=[tools, groups], cascade_delete_history=False)

    class Meta:
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_assistant"
            ),
            models.CheckConstraint(
                condition=Q(max_seconds__isnull=True) | (Q(max_seconds__gte=10) & Q(max_seconds__lte=3600)),
                name="assistant_max_seconds_in_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name
