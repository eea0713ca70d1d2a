"""Assistants and tools: what an operator shapes without a deploy."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from simple_history.admin import SimpleHistoryAdmin

from voice.admin.assistant_form import TURN_FIELDS, AssistantForm
from voice.admin.tool_bench import WithBench
from voice.admin.tool_forms import FROM_THE_SERVER, HTTP_FIELDS, ToolForm
from voice.model_dates import warning_for
from voice.models import Assistant, Tool
from voice.rehearsal.plan import LONGEST_S, MOST_TURNS
from voice.session_config import tools_for
from voice.tools.registry import code_tool, sync_tools


@admin.register(Assistant)
class AssistantAdmin(SimpleHistoryAdmin):  # type: ignore[misc]
    """Prompt, voice, ears, tools, limits; every version is kept, and a call says which one it ran with."""

    form = AssistantForm
    list_display = ["name", "slug", "is_default", "voice", "model", "tool_names", "rehearse"]
    list_filter = ["is_default", "groups"]
    search_fields = ["name", "slug", "instructions"]
    prepopulated_fields = {"slug": ["name"]}
    filter_horizontal = ["tools", "groups"]
    actions = ["duplicate"]
    change_form_template = "admin/voice/assistant/change_form.html"
    fieldsets = [
        (None, {"fields": ["name", "slug", "summary", "is_default"]}),
        ("What it says", {"fields": ["instructions", "greeting"]}),
        ("Voice", {"fields": ["model", "voice"]}),
        ("Ears", {"fields": ["language", "noise_reduction", *TURN_FIELDS]}),
        ("Tools and people", {"fields": ["tools", "groups"]}),
        ("Limits", {"fields": ["max_seconds"]}),
        ("What is kept of calls", {"fields": ["keep", "keep_days"]}),
    ]

    def get_urls(self) -> list[Any]:
        page = path(
            "<int:assistant_id>/rehearse/",
            self.admin_site.admin_view(self.rehearsal_view),
            name="voice_assistant_rehearse",
        )
        return [page, *super().get_urls()]

    def rehearsal_view(self, request: HttpRequest, assistant_id: int) -> HttpResponse:
        """The page on which the assistant is typed to; its socket is `voice.rehearsal`."""
        assistant = get_object_or_404(Assistant, pk=assistant_id)
        if not self.has_change_permission(request, assistant):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"Rehearse {assistant}",
            "opts": self.opts,
            "original": assistant,
            "rehearsal": {
                "socket": f"/ws/rehearsal/{assistant.pk}/",
                "name": assistant.name,
                "tools": {tool.name: str(tool) for tool in tools_for(assistant, request.user)},
                "turns": MOST_TURNS,
                "seconds": LONGEST_S,
            },
        }
        return TemplateResponse(request, "admin/voice/assistant/rehearse.html", context)

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
        rows: QuerySet[Assistant] = super().get_queryset(request)
        return rows.prefetch_related("tools")

    @admin.display(description="tools")
    def tool_names(self, assistant: Assistant) -> str:
        return ", ".join(str(tool) for tool in assistant.tools.all()) or "none"

    @admin.display(description="rehearsal")
    def rehearse(self, assistant: Assistant) -> str:
        return format_html(
            '<a href="{}">Rehearse</a>', reverse("admin:voice_assistant_rehearse", args=[assistant.pk])
        )

    @admin.action(description="Duplicate", permissions=["add"])
    def duplicate(self, request: HttpRequest, assistants: QuerySet[Assistant]) -> None:
        made = [duplicate(assistant, request.user) for assistant in assistants]
        for copy in made:
            self.log_addition(request, copy, "Duplicated.")
        names = ", ".join(copy.name for copy in made)
        self.message_user(request, f"Made {names}. Nothing but the name differs.", messages.SUCCESS)


def duplicate(assistant: Assistant, user: Any) -> Assistant:
    """A copy under a free name, with the same tools and groups; never the default one."""
    with transaction.atomic():
        copy = Assistant.objects.get(pk=assistant.pk)
        copy.pk, copy.is_default = None, False
        copy._state.adding = True
        copy.slug, copy.name = _free_slug(assistant.slug), f"{assistant.name[:72]} (copy)"
        copy._history_user = user  # type: ignore[attr-defined]  # read by django-simple-history
        copy.save()
        copy.tools.set(assistant.tools.all())
        copy.groups.set(assistant.groups.all())
    return copy


def _free_slug(slug: str) -> str:
    taken = set(Assistant.objects.filter(slug__startswith=slug[:40]).values_list("slug", flat=True))
    return next(name for number in count(2) if (name := f"{slug[:40]}-{number}") not in taken)


@admin.register(Tool)
class ToolAdmin(WithBench):
    """Make tools, switch them on and off, re-describe and try them; changes hold from the next call on."""

    form = ToolForm
    list_display = ["name", "enabled", "bench_link", "title", "kind", "ask_first", "timeout_s"]
    list_editable = ["enabled"]
    list_filter = ["enabled", "kind", "ask_first", "mcp_server", "groups"]
    search_fields = ["name", "title", "description"]
    filter_horizontal = ["groups"]
    actions = ["as_shipped"]
    change_form_template = "admin/voice/tool/change_form.html"
    fieldsets = [
        (None, {"fields": ["name", "title", "icon", "description", "enabled"]}),
        ("What it takes", {"fields": ["parameters"]}),
        ("What it does", {"fields": ["kind"]}),
        ("HTTP request", {"fields": list(HTTP_FIELDS), "classes": ["http-request"]}),
        ("For whom, and limits", {"fields": ["groups", "ask_first", "ask_s", "timeout_s"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Tool | None = None) -> Any:
        """An MCP tool has no request of its own, but a server."""
        if obj is None or obj.kind != Tool.Kind.MCP:
            return self.fieldsets
        source = ("MCP", {"fields": ["kind", "mcp_server", "mcp_name"]})
        return [*self.fieldsets[:2], source, self.fieldsets[-1]]

    def get_readonly_fields(self, request: HttpRequest, obj: Tool | None = None) -> Any:
        return FROM_THE_SERVER if obj is not None and obj.kind == Tool.Kind.MCP else ()

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
