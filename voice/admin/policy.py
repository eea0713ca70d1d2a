"""What the site decides for all calls at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from voice.models import CallPolicy


@admin.register(CallPolicy)
class CallPolicyAdmin(admin.ModelAdmin):
    """One row; calls that begin after a change follow it, and looks at calls at once."""

    fields = ["on_tampering", "tell_watched"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not CallPolicy.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
