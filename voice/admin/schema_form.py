"""A form made from a tool's JSON Schema, one field an argument; what comes out is what a model would send."""

from __future__ import annotations

import json
from typing import Any

from django import forms

LONG_TEXT = 200
_ANSWERS = [("", "not given"), ("true", "yes"), ("false", "no")]


class AnyJson(forms.JSONField):
    """Arrays, objects and whatever has no field of its own."""

    widget = forms.Textarea(attrs={"rows": 3, "class": "bench-json"})


class ArgumentsForm(forms.Form):
    """The arguments of a run. JSON that was written by hand comes before the fields."""

    by_hand = forms.CharField(
        required=False,
        label="Arguments as JSON",
        widget=forms.Textarea(attrs={"rows": 4, "class": "bench-json", "spellcheck": "false"}),
        help_text="If something stands here, it is sent as it is and the fields above do not count.",
    )

    def __init__(self, parameters: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_hand = self.fields.pop("by_hand")
        self._names: dict[str, str] = {}
        required = set(parameters.get("required", []))
        for name, rule in parameters.get("properties", {}).items():
            key = f"arg-{name}"
            self._names[key] = name
            self.fields[key] = field_for(name, rule if isinstance(rule, dict) else {}, name in required)
        self.fields["by_hand"] = by_hand

    @classmethod
    def initial_of(cls, parameters: dict[str, Any], arguments: str) -> dict[str, Any]:
        """Past arguments for the fields, or by hand where they do not fit these parameters."""
        try:
            values = json.loads(arguments or "{}")
        except ValueError:
            return {"by_hand": arguments}
        if not isinstance(values, dict) or set(values) - set(parameters.get("properties", {})):
            return {"by_hand": arguments}
        rules = parameters["properties"]
        return {f"arg-{name}": _as_initial(rules[name], value) for name, value in values.items()}

    def text(self) -> str:
        """The arguments as JSON text; of a valid form."""
        if written := self.cleaned_data["by_hand"].strip():
            return str(written)
        values = {name: self.cleaned_data[key] for key, name in self._names.items()}
        given = {name: value for name, value in values.items() if value not in ("", None)}
        return json.dumps(given, ensure_ascii=False)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("by_hand", "").strip():
            for key in self._names:
                self.errors.pop(key, None)
                values.setdefault(key, "")
        return values


def field_for(name: str, rule: dict[str, Any], required: bool) -> forms.Field:
    """The field that asks for one argument."""
    described = str(rule.get("description") or "")
    common: dict[str, Any] = {"label": name, "required": required, "help_text": described}
    if isinstance(rule.get("enum"), list):
        return _choice(rule["enum"], common)
    kind = rule.get("type")
    if kind == "boolean":
        return forms.TypedChoiceField(
            choices=_ANSWERS, coerce=lambda text: text == "true", empty_value=None, **common
        )
    if kind == "integer":
        return forms.IntegerField(**common)
    if kind == "number":
        return forms.FloatField(**common, widget=forms.NumberInput(attrs={"step": "any"}))
    if kind == "string":
        long = rule.get("maxLength", 0)
        is_long = isinstance(long, int) and long > LONG_TEXT
        widget = (
            forms.Textarea(attrs={"rows": 3}) if is_long else forms.TextInput(attrs={"class": "vTextField"})
        )
        return forms.CharField(**common, strip=False, widget=widget)
    return AnyJson(**common)


def _choice(values: list[Any], common: dict[str, Any]) -> forms.Field:
    """A choice by the JSON of each value, so that 1 and "1" stay apart."""
    choices = [
        (json.dumps(value), value if isinstance(value, str) else json.dumps(value)) for value in values
    ]
    return forms.TypedChoiceField(
        choices=[("", "not given"), *choices], coerce=json.loads, empty_value=None, **common
    )


def _as_initial(rule: Any, value: Any) -> Any:
    """A value as its field is filled with it."""
    if isinstance(value, bool) or isinstance(rule, dict) and isinstance(rule.get("enum"), list):
        return json.dumps(value)
    return value
