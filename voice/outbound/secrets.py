"""Secrets of tools: written `${ENV:NAME}`, allowed by `TOOL_SECRETS`, read when a request is made.

Promises: a value is never stored, never in a dry run (`masked`), and taken out of whatever comes back
(`scrubbed`), so a service that repeats its headers tells them neither to the model nor to an operator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.conf import settings

from voice.outbound.refusals import NotSetUp

MASK = "••••"
SHORTEST_SCRUBBED = 4
"""A shorter secret would be found in half of all words."""

Lookup = Callable[[str], str]


def value_of(name: str) -> str:
    """The secret itself. Raises NotSetUp."""
    if name not in settings.TOOL_SECRETS:
        raise NotSetUp(f"{name} is not in TOOL_SECRETS.")
    value: str = settings.TOOL_SECRET_VALUES.get(name, "")
    if not value:
        raise NotSetUp(f"{name} is in TOOL_SECRETS, but has no value in the environment.")
    return value


def masked(name: str) -> str:
    """What is shown instead; fails like the real thing when the secret is not there."""
    value_of(name)
    return MASK


def scrubbed(value: Any) -> Any:
    """JSON without any of the site's tool secrets in it."""
    forms = _forms()
    return _scrub(value, forms) if forms else value


def scrubbed_text(text: str) -> str:
    """Text without any of the site's tool secrets in it."""
    return _scrub_text(text, _forms())


def _forms() -> list[str]:
    values = [value for value in settings.TOOL_SECRET_VALUES.values() if len(value) >= SHORTEST_SCRUBBED]
    forms = {form for value in values for form in (value, quote(value, safe=""), quote(value))}
    # The longest first: one secret may begin another.
    return sorted(forms, key=len, reverse=True)


def _scrub(value: Any, forms: list[str]) -> Any:
    if isinstance(value, str):
        return _scrub_text(value, forms)
    if isinstance(value, list):
        return [_scrub(inner, forms) for inner in value]
    if isinstance(value, dict):
        return {_scrub_text(str(name), forms): _scrub(inner, forms) for name, inner in value.items()}
    return value


def _scrub_text(text: str, forms: list[str]) -> str:
    for form in forms:
        text = text.replace(form, MASK)
    return text
