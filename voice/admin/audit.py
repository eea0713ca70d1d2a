"""What operators and approvers did, to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from voice.admin.reading import ReadOnly
from voice.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly, admin.ModelAdmin):
    """Newest first; nobody deletes a row by hand."""

    list_display = ["at", "actor_name", "action", "conversation", "detail"]
    list_filter = ["action", "at"]
    search_fields = ["actor_name", "conversation__provider_call_id"]
    date_hierarchy = "at"
    list_select_related = ["conversation"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
