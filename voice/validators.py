"""Checks of JSON that operators write into assistants and tools; admin shows what they raise."""

from __future__ import annotations

import json
from typing import Any, Literal

import re2
from django.core.exceptions import ValidationError
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import BaseModel, ConfigDict, Field
from pydantic import ValidationError as ShapeError

LONGEST_SCHEMA = 16_384
_NOT_AT_THE_TOP = ("oneOf", "anyOf", "allOf", "enum", "not", "$ref")


class _ServerVad(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["server_vad"]
    threshold: float = Field(0.5, ge=0, le=1)
    prefix_padding_ms: int = Field(300, ge=0, le=5000)
    silence_duration_ms: int = Field(500, ge=50, le=10000)
    idle_timeout_ms: int | None = Field(None, ge=5000, le=30000)
    create_response: bool = True
    interrupt_response: bool = True


class _SemanticVad(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["semantic_vad"]
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: bool = True
    interrupt_response: bool = True


def validate_turn_detection(value: Any) -> None:
    """`{"type": "server_vad", …}` or `{"type": "semantic_vad", …}` with the fields the API knows.

    None is push to talk: the client says when a turn ends.
    """
    if value is None:
        return
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in ("server_vad", "semantic_vad"):
        raise ValidationError('"type" must be "server_vad" or "semantic_vad".')
    shape = _ServerVad if kind == "server_vad" else _SemanticVad
    try:
        shape.model_validate(value)
    except ShapeError as exc:
        first = exc.errors()[0]
        raise ValidationError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from exc


def validate_parameters(value: Any) -> None:
    """A JSON Schema as providers take it for function parameters.

    An object at the top, without alternatives there (OpenAI API reference, "Function calling", limits of
    schemas), and closed in itself: a reference to elsewhere would be fetched or not understood.
    """
    if not isinstance(value, dict) or value.get("type") != "object":
        raise ValidationError('A JSON Schema with "type": "object" at the top is needed.')
    if not isinstance(value.get("properties", {}), dict):
        raise ValidationError('"properties" must be an object: one entry an argument.')
    if alternatives := [name for name in _NOT_AT_THE_TOP if name in value]:
        raise ValidationError(f'Providers take no "{alternatives[0]}" at the top; use it inside a property.')
    _check_size(value)
    _check_closed(value)
    try:
        Draft202012Validator.check_schema(value)
    except SchemaError as exc:
        where = "/".join(map(str, exc.path)) or "top"
        raise ValidationError(f"Not a JSON Schema at {where}: {exc.message}") from exc
    unknown = [name for name in value.get("required", []) if name not in value.get("properties", {})]
    if unknown:
        raise ValidationError(f'"{unknown[0]}" is required, but is not among the properties.')


def _check_size(value: Any) -> None:
    try:
        chars = len(json.dumps(value))
    except RecursionError as exc:
        raise ValidationError("The schema is nested too deeply.") from exc
    if chars > LONGEST_SCHEMA:
        raise ValidationError(f"The schema is longer than {LONGEST_SCHEMA} characters.")


def _check_closed(value: Any) -> None:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict):
        for name in ("$ref", "$dynamicRef"):
            target = value.get(name, "#")
            if isinstance(target, str) and not target.startswith("#"):
                raise ValidationError(f"{name} may point into this schema only, not to {target[:80]}.")
    for one in inner:
        _check_closed(one)


LONGEST_PATTERN = 1000


def validate_pattern(value: str) -> None:
    """A regular expression that RE2 compiles: its time grows with the text, whatever it says."""
    if len(value) > LONGEST_PATTERN:
        raise ValidationError(f"At most {LONGEST_PATTERN} characters.")
    try:
        found = re2.compile(value, quiet_options()).search("")
    except re2.error as exc:
        reason = exc.args[0] if exc.args else ""
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValidationError(f"Not a pattern of RE2: {said}") from exc
    if found is not None:
        raise ValidationError("It fits where nothing is; say at least one character that must be there.")


def quiet_options() -> re2.Options:
    """RE2 without its own log lines: a pattern may hold what is nobody's business."""
    options = re2.Options()
    options.log_errors = False
    return options
