"""Saved checks of tools: made on the bench, changed and deleted here."""

from __future__ import annotations

from django.contrib import admin

from voice.models import ToolCheck


@admin.register(ToolCheck)
class ToolCheckAdmin(admin.ModelAdmin):
    """All checks with their last result."""

    list_display = ["name", "tool", "expects", "passed", "said", "ran_at"]
    list_filter = ["passed", "tool"]
    search_fields = ["name", "tool__name"]
    list_select_related = ["tool"]
    readonly_fields = ["passed", "said", "ran_at"]
    fields = ["tool", "name", "arguments", "expects", "path", "expected", "passed", "said", "ran_at"]
