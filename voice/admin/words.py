"""Turns and tool runs across conversations. What was said needs `voice.view_others_transcripts`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from voice.admin.reading import NewestFirst, may_read, note_read
from voice.models import ToolRun, Turn
from voice.search import conversations_saying, words_of


@admin.register(Turn)
class TurnAdmin(NewestFirst):
    """All turns, to search across conversations. Each look is written down."""

    list_display = ["started_at", "role", "text", "interrupted", "source", "conversation"]
    list_filter = ["role", "interrupted", "source", "started_at"]
    search_fields = ["text"]
    search_help_text = "Turns with one of these words, in conversations with all of them that are over."
    list_select_related = ["conversation"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) and may_read(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and may_read(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Turn], search_term: str
    ) -> tuple[QuerySet[Turn], bool]:
        """The index finds the conversations, so that only their turns are read through."""
        words = words_of(search_term)
        if not words:
            return queryset, False
        said = Q()
        for word in words:
            said |= Q(text__icontains=word)
        return queryset.filter(said, conversation__in=conversations_saying(search_term)), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if self.has_view_permission(request):
            note_read(request, list="turns")
        return super().changelist_view(request, extra_context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Turn | None:
        turn: Turn | None = super().get_object(request, object_id, from_field)
        if turn is not None and self.has_view_permission(request, turn):
            note_read(request, turn.conversation)
        return turn


@admin.register(ToolRun)
class ToolRunAdmin(NewestFirst):
    """All tool runs, to find what fails or is slow; without the right to read, their names and times only."""

    list_display = ["started_at", "name", "status", "duration_ms", "source", "conversation"]
    list_filter = ["status", "source", "started_at"]
    search_fields = ["name__istartswith"]
    search_help_text = "How the tool's name begins."
    list_select_related = ["conversation"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if may_read(request) else ["arguments", "output"]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> ToolRun | None:
        run: ToolRun | None = super().get_object(request, object_id, from_field)
        if run is not None and may_read(request) and self.has_view_permission(request, run):
            note_read(request, run.conversation)
        return run
