"""What one rehearsal is: who rehearses whom, with which session, and its limits."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model

from rooms.visitors import USER_DEACTIVATED, find_visitors
from voice.call import CallPlan
from voice.models import Assistant
from voice.protocol import JsonObject
from voice.session_config import opening_for, written_session_for

LONGEST_S = 600
IDLE_S = 180
MOST_TURNS = 30
LONGEST_TEXT = 4_000
CHANGE = "voice.change_assistant"


@dataclass(frozen=True)
class Plan:
    """Plain values, so they may cross threads. `dry`: tools are checked and not run."""

    user_id: int
    slug: str
    model: str
    greeting: str
    opening: str
    session: JsonObject = field(repr=False)
    dry: bool = False
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def issued(self) -> frozenset[str]:
        return frozenset(str(tool["name"]) for tool in self.session["tools"])

    @property
    def limits(self) -> CallPlan:
        return CallPlan(
            max_s=LONGEST_S,
            idle_s=IDLE_S,
            ready_s=None,
            paced=True,
            greeting=self.greeting,
            opening=self.opening,
        )


def find_rehearser(session_key: str) -> tuple[Any | None, int]:
    """The person of that session, if they may change assistants; else nobody and the close code."""
    visitor = find_visitors([session_key])[session_key]
    if visitor.close_code:
        return None, visitor.close_code
    user: Any = get_user_model().objects.filter(pk=visitor.user_id, is_active=True).first()
    is_allowed = user is not None and user.is_staff and user.has_perm(CHANGE)
    return (user, 0) if is_allowed else (None, USER_DEACTIVATED)


def plan_rehearsal(user: Any, assistant_id: int, default_model: str, *, dry: bool) -> Plan | None:
    """The rehearsal of an assistant as it is saved now; None when there is none such."""
    assistant = Assistant.objects.filter(pk=assistant_id).first()
    if assistant is None:
        return None
    return Plan(
        user_id=user.pk,
        slug=assistant.slug,
        model=assistant.model or default_model,
        greeting=assistant.greeting,
        opening=opening_for(user),
        session=written_session_for(assistant, user),
        dry=dry,
    )
