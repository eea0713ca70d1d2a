"""How admin's list of conversations is searched and filtered without reading the whole table."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from voice.models import Conversation
from voice.search import conversations_saying

MOST_PEOPLE = 100
# What no word looks like: one piece with a digit, an underscore or a hyphen in it.
_CALL_ID = re.compile(r"\S*[\d_-]\S*")


def find(rows: QuerySet[Conversation], term: str, *, in_words: bool) -> QuerySet[Conversation]:
    """Rows by what was said (`in_words`), by the user's name, by the provider's call id or our own."""
    term = term.replace("\x00", "").strip()
    if not term:
        return rows
    if (ours := _as_id(term)) is not None:
        return rows.filter(pk=ours)
    if _CALL_ID.fullmatch(term):
        by_call = rows.filter(provider__in=settings.PROVIDERS, provider_call_id=term)
        if by_call.exists():
            return by_call
    people = _people(term)
    wanted = Q(pk__in=conversations_saying(term) if in_words else [])
    # Only where somebody is called so: "or" keeps the database from using one index for both.
    return rows.filter(wanted | Q(user__in=people) if people else wanted)


def _people(term: str) -> list[int]:
    user = get_user_model()
    named = user._default_manager.filter(**{f"{user.USERNAME_FIELD}__icontains": term})
    return list(named.values_list("pk", flat=True)[:MOST_PEOPLE])


def _as_id(term: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(term)
    except ValueError:
        return None


class ProviderFilter(admin.SimpleListFilter):
    """By provider; Django's own filter would look which there are in every row."""

    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(name, name) for name in settings.PROVIDERS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


class TamperingFilter(admin.SimpleListFilter):
    """By whether the client changed its call from outside the talk page."""

    title = "changed by client"
    parameter_name = "changed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(tampered_at__isnull=self.value() == "no")
