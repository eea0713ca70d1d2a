"""What one rehearsal is: who rehearses whom, with which session, and its limits."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

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


def may_rehearse(user: Any) -> bool:
    """Whoever may change assistants in the admin."""
    return bool(user.is_active and user.is_staff and user.has_perm(CHANGE))


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
