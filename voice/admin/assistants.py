"""Assistants and tools: what an operator shapes without a deploy."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from voice.model_dates import warning_for
from voice.models import Assistant, Tool
from voice.tools.registry import code_tool, sync_tools


@admin.register(Assistant)
class AssistantAdmin(admin.ModelAdmin):
    """Prompt, voice, ears, tools, limits."""

    list_display = ["name", "slug", "is_default", "voice", "model", "tool_names"]
    list_filter = ["is_default", "groups"]
    search_fields = ["name", "slug", "instructions"]
    prepopulated_fields = {"slug": ["name"]}
    filter_horizontal = ["tools", "groups"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "summary", "is_default"]}),
        ("What it says", {"fields": ["instructions", "greeting"]}),
        ("Voice", {"fields": ["model", "voice", "language", "turn_detection", "noise_reduction"]}),
        ("Tools and people", {"fields": ["tools", "groups"]}),
        ("Limits", {"fields": ["max_seconds"]}),
        ("What is kept of calls", {"fields": ["keep", "keep_days"]}),
    ]

    def save_model(self, request: HttpRequest, obj: Assistant, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if sentence := warning_for(obj.model or settings.REALTIME_MODEL):
            self.message_user(request, sentence, messages.WARNING)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Says which assistants use a model that ends."""
        for model in Assistant.objects.values_list("model", flat=True).distinct().order_by():
            if sentence := warning_for(model or settings.REALTIME_MODEL):
                self.message_user(request, sentence, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assistant]:
        return super().get_queryset(request).prefetch_related("tools")

    @admin.display(description="tools")
    def tool_names(self, assistant: Assistant) -> str:
        return ", ".join(str(tool) for tool in assistant.tools.all()) or "none"


class ToolForm(forms.ModelForm):
    """Refuses a code tool without its function: the model would be offered something that cannot run."""

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        name = values.get("name", "")
        if values.get("kind") == Tool.Kind.CODE and name and code_tool(name) is None:
            self.add_error("name", f"This site ships no function called {name}.")
        return values


@admin.register(Tool)
class ToolAdmin(admin.ModelAdmin):
    """Switch tools on and off and re-describe them; changes hold from the next call on."""

    form = ToolForm
    list_display = ["name", "title", "kind", "enabled", "ask_first", "timeout_s"]
    list_editable = ["enabled"]
    list_filter = ["enabled", "kind", "ask_first", "groups"]
    search_fields = ["name", "title", "description"]
    filter_horizontal = ["groups"]
    actions = ["as_shipped"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Shipped tools that have no row yet get theirs, so that they can be seen."""
        if self.has_add_permission(request):
            sync_tools()
        return super().changelist_view(request, extra_context)

    @admin.action(description="Put description and parameters back as shipped", permissions=["change"])
    def as_shipped(self, request: HttpRequest, tools: QuerySet[Tool]) -> None:
        restored = 0
        for row in tools:
            shipped = code_tool(row.name)
            if shipped is not None:
                row.description, row.parameters = shipped.description, shipped.parameters
                row.save(update_fields=["description", "parameters"])
                restored += 1
        self.message_user(request, f"{restored} tools are as shipped.", messages.SUCCESS)
