"""Keeps what a client changed of its own call: on the conversation, in the audit, once for each kind."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils import timezone

from voice.audit import record
from voice.models import AuditAction, Conversation


def note(conversation_id: uuid.UUID, what: str) -> Conversation | None:
    """Write it down; None when it was known, or the record is gone."""
    with transaction.atomic():
        row = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        if row is None or what in row.tampering:
            return None
        row.tampering = [*row.tampering, what]
        row.tampered_at = row.tampered_at or timezone.now()
        row.save(update_fields=["tampering", "tampered_at"])
        record(AuditAction.SESSION_TAMPERED, conversation=row, what=what)
    return row
