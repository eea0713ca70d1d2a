"""The form of an assistant: when a turn ends, as fields with units instead of JSON.

Promises: what the fields do not show of a stored setting of the same kind is kept; a value out of range is
named at its field.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.widgets import Script

from voice.models import Assistant
from voice.protocol import JsonObject, semantic_vad, server_vad

BY_SILENCE, BY_MEANING, BY_HAND = "server_vad", "semantic_vad", "push_to_talk"
FIELDS: dict[str, tuple[str, ...]] = {
    BY_SILENCE: ("silence_duration_ms", "threshold", "prefix_padding_ms", "idle_timeout_ms"),
    BY_MEANING: ("eagerness",),
    BY_HAND: (),
}
TURN_FIELDS = ("listening", *FIELDS[BY_SILENCE], *FIELDS[BY_MEANING], "interrupt_response")


class AssistantForm(forms.ModelForm):
    """An assistant with the fields of its turn detection."""

    listening = forms.ChoiceField(
        label="A turn ends",
        choices=[
            (BY_SILENCE, "after a silence (server VAD)"),
            (BY_MEANING, "when the words sound finished (semantic VAD)"),
            (BY_HAND, "when the person lets go (push to talk)"),
        ],
        help_text="Push to talk: the assistant hears only while Space, or the button on a phone, is held.",
    )
    silence_duration_ms = forms.IntegerField(
        label="Silence (ms)",
        required=False,
        min_value=50,
        max_value=10_000,
        help_text="A pause this long ends the turn; 500 by default. Longer for slow speakers.",
    )
    threshold = forms.FloatField(
        required=False,
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "0.05"}),
        help_text="How sure it must be that somebody speaks, 0 to 1; 0.5 by default. Higher in noisy rooms.",
    )
    prefix_padding_ms = forms.IntegerField(
        label="Kept before speech (ms)",
        required=False,
        min_value=0,
        max_value=5_000,
        help_text="So much sound before the first word is heard with it; 300 by default.",
    )
    idle_timeout_ms = forms.IntegerField(
        label="Asks again after (ms)",
        required=False,
        min_value=5_000,
        max_value=30_000,
        help_text="After so long a silence the assistant asks whether anybody is there. Empty: never.",
    )
    eagerness = forms.ChoiceField(
        choices=[
            ("auto", "Auto"),
            ("low", "Low: waits"),
            ("medium", "Medium"),
            ("high", "High: answers soon"),
        ],
        required=False,
        help_text="How soon it takes its turn.",
    )
    interrupt_response = forms.BooleanField(
        label="May be interrupted", required=False, help_text="Speech of the person stops the assistant."
    )

    class Meta:
        model = Assistant
        fields = [
            *(
                "slug",
                "name",
                "summary",
                "is_default",
                "instructions",
                "greeting",
                "model",
                "voice",
                "language",
            ),
            *("noise_reduction", "tools", "groups", "max_seconds", "keep_days"),
        ]

    class Media:
        js = [Script("voice/assistant_form.js", type="module")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = self.instance.turn_detection
        for name, value in shown(found).items():
            self.fields[name].initial = value
        self._show_the_version()

    def _show_the_version(self) -> None:
        """An earlier version shows the tools and groups of its time."""
        version = getattr(self.instance, "_history", None)
        if version is None:
            return
        self.initial["tools"] = [row.tool_id for row in version.tools.all()]
        self.initial["groups"] = [row.group_id for row in version.groups.all()]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not self.errors.keys() & set(TURN_FIELDS):
            self.instance.turn_detection = stored(values, self.instance.turn_detection)
        return values


def shown(detection: JsonObject | None) -> JsonObject:
    """The fields of a stored turn detection."""
    if detection is None:
        return {"listening": BY_HAND, "eagerness": "auto", "interrupt_response": True}
    known = {name: value for name, value in detection.items() if name in TURN_FIELDS}
    return {"eagerness": "auto", "interrupt_response": True, **known, "listening": detection["type"]}


def stored(values: JsonObject, before: JsonObject | None) -> JsonObject | None:
    """What is stored for these fields; None is push to talk, as on the wire."""
    kind = values["listening"]
    if kind == BY_HAND:
        return None
    fresh = server_vad() if kind == BY_SILENCE else semantic_vad()
    kept = before if before is not None and before["type"] == kind else {}
    given = {name: values[name] for name in FIELDS[kind] if values.get(name) not in (None, "")}
    if kind == BY_SILENCE:
        kept = {name: value for name, value in kept.items() if name not in FIELDS[kind]}
    return {**fresh, **kept, **given, "interrupt_response": values["interrupt_response"]}
