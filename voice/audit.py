"""The one place that writes audit rows."""

from __future__ import annotations

import uuid
from typing import Any

from voice.models import AuditAction, AuditEvent, Conversation


def record(
    action: AuditAction,
    *,
    actor: Any = None,
    conversation: Conversation | uuid.UUID | None = None,
    **detail: Any,
) -> AuditEvent:
    """Write down what `actor` (a user, or None for the site itself) did; `detail` must be plain JSON."""
    conversation_id = conversation.pk if isinstance(conversation, Conversation) else conversation
    return AuditEvent.objects.create(
        action=action,
        actor=actor,
        actor_name=actor.get_username() if actor else "",
        conversation_id=conversation_id,
        detail=detail,
    )
