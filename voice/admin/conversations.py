"""Conversations to read: nothing here can be changed, because a record that can is none.

Who may see the list sees that calls took place and what they used. What was said needs
`voice.view_others_transcripts` as well, also for searching; each look, export and erasure is written down.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from voice import audit
from voice.admin.finding import ProviderFilter, TamperingFilter, find
from voice.admin.people import PersonPage
from voice.admin.reading import NewestFirst, ReadOnly, may_read, note_read
from voice.call_rooms import erase_rooms
from voice.costs import cost_of_call, costs_of_calls
from voice.erasure import count, erase
from voice.models import AuditAction, Conversation, ToolRun, Turn, Usage
from voice.money_words import cost_words, row_cost
from voice.views.exports import place_order


class ReadOnlyInline(ReadOnly, admin.TabularInline):
    extra = 0
    can_delete = False
    show_change_link = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Which inlines a person gets is decided by the conversation's admin.
        return True


class TurnInline(ReadOnlyInline):
    model = Turn
    fields = ["started_at", "role", "words", "interrupted", "source"]
    readonly_fields = ["words"]
    verbose_name_plural = "transcript"

    @admin.display(description="text")
    def words(self, turn: Turn) -> str:
        """What was said; what nobody heard is struck."""
        if turn.unheard_text:
            return format_html("{} <s>{}</s>", turn.heard_text, turn.unheard_text)
        return turn.text


class ToolRunInline(ReadOnlyInline):
    model = ToolRun
    fields = ["started_at", "name", "arguments", "output", "status", "answer", "duration_ms", "source"]
    readonly_fields = ["answer"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("approval")

    @admin.display(description="approval")
    def answer(self, run: ToolRun) -> str:
        """What the person said when they were asked first."""
        approval = getattr(run, "approval", None)
        if approval is None:
            return "not asked"
        return f"{approval.get_decision_display() or 'open'}, {approval.after_s or 0:.1f} s"


class WordlessToolRunInline(ReadOnlyInline):
    model = ToolRun
    fields = ["started_at", "name", "status", "duration_ms", "source"]


class UsageInline(ReadOnlyInline):
    model = Usage
    fields = [
        *("at", "kind", "model", "total_tokens", "input_text", "input_audio", "cached_tokens"),
        *("input_image", "output_text", "output_audio", "seconds", "cost_shown"),
    ]
    readonly_fields = ["cost_shown"]

    @admin.display(description="cost")
    def cost_shown(self, usage: Usage) -> str:
        return row_cost(usage)


def _per_conversation(rows: QuerySet[Any], total: Count | Sum) -> dict[uuid.UUID, int]:
    return dict(rows.order_by().values_list("conversation").annotate(total=total))


@admin.register(Conversation)
class ConversationAdmin(PersonPage, NewestFirst):
    """Every call with its transcript, what its tools did and what it used."""

    list_display = [
        *("started_at", "person", "assistant_name", "state", "length", "turn_count", "tokens", "cost"),
        *("control", "end_reason", "changed"),
    ]
    list_filter = [
        *("assistant", "end_reason", "keep", ProviderFilter, "control", "started_at"),
        TamperingFilter,
    ]
    exclude = ["assistant_version", "tampering"]
    readonly_fields = ["version", "cost", "changed"]
    search_fields = ["provider_call_id"]
    search_help_text = (
        "What was said (words that begin so, in calls that are over; needs the right to read it),"
        " the user name, or the provider's call id. Of more than 500 found, the newest are shown."
    )
    list_select_related = ["user"]
    actions = ["export_words", "erase_words"]

    def get_urls(self) -> list[URLPattern]:
        person = path(
            "person/<int:user_id>/",
            self.admin_site.admin_view(self.person_view),
            name="voice_conversation_person",
        )
        return [person, *super().get_urls()]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        # For the page's rows only: as part of the query they would be counted for every row that is sorted.
        changelist = super().get_changelist_instance(request)
        changelist.result_list = rows = list(changelist.result_list)
        shown = [row.pk for row in rows]
        turns = _per_conversation(Turn.objects.filter(conversation__in=shown), Count("id"))
        tokens = _per_conversation(Usage.objects.filter(conversation__in=shown), Sum("total_tokens"))
        costs = costs_of_calls(rows)
        for row in rows:
            row.call_cost = costs[row.pk]
            row.turns_kept, row.tokens_used = turns.get(row.pk, 0), tokens.get(row.pk, 0)
        return changelist

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        if may_read(request) and search_term:
            note_read(request, list="conversations", searched=True)
        # Sessions are long, and the list shows nothing of them.
        return find(queryset.defer("session"), search_term, in_words=may_read(request)), False

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return (
            [TurnInline, ToolRunInline, UsageInline]
            if may_read(request)
            else [WordlessToolRunInline, UsageInline]
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is not None and may_read(request) and self.has_view_permission(request, row):
            note_read(request, row)
        return super().change_view(request, object_id, form_url, extra_context)

    def has_read_permission(self, request: HttpRequest) -> bool:
        return may_read(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_running = obj is not None and obj.ended_at is None
        return super().has_delete_permission(request, obj) and not is_running

    @admin.action(description="Export what was said", permissions=["read"])
    def export_words(self, request: HttpRequest, rows: QuerySet[Conversation]) -> HttpResponse:
        back = reverse("admin:voice_conversation_changelist")
        return redirect(place_order(request.user, rows, back=back, of_others=True))

    @admin.action(description="Erase what was said", permissions=["delete"])
    def erase_words(self, request: HttpRequest, rows: QuerySet[Conversation]) -> HttpResponse | None:
        """Asks first; the rows stay with what they used."""
        if request.POST.get("sure"):
            self.message_user(request, f"Erased: {erase(rows, actor=request.user)}.", messages.SUCCESS)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Erase what was said?",
            "opts": self.opts,
            "counts": count(rows),
            "fields": [
                ("action", "erase_words"),
                ("select_across", request.POST.get("select_across", "0")),
                *(("_selected_action", pk) for pk in request.POST.getlist("_selected_action")),
            ],
            "back": reverse("admin:voice_conversation_changelist"),
        }
        return TemplateResponse(request, "admin/voice/erase.html", context)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Whoever may delete a conversation deletes what belongs to it; by itself nobody deletes that."""
        found, counts, _, protected = super().get_deleted_objects(objs, request)
        return found, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Conversation) -> None:
        self._delete(request, Conversation.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        self._delete(request, queryset)

    def _delete(self, request: HttpRequest, rows: QuerySet[Conversation]) -> None:
        """Rows and all but their usage, which budgets and costs count; a running call stays."""
        gone: list[uuid.UUID] = list(rows.filter(ended_at__isnull=False).values_list("pk", flat=True))
        with transaction.atomic():
            Conversation.objects.filter(pk__in=gone).delete()
            audit.record(
                AuditAction.TRANSCRIPT_ERASED, actor=request.user, conversations=len(gone), rows_deleted=True
            )
            transaction.on_commit(lambda: erase_rooms(gone))

    @admin.display(description="user", ordering="user")
    def person(self, conversation: Conversation) -> str:
        url = reverse("admin:voice_conversation_person", args=[conversation.user_id])
        return format_html('<a href="{}">{}</a>', url, conversation.user.get_username())

    @admin.display(description="assistant's version")
    def version(self, conversation: Conversation) -> str:
        """The assistant as it was when the call began."""
        version = conversation.assistant_version
        if version is None:
            return "not kept"
        url = reverse("admin:voice_assistant_simple_history", args=[version.id, version.history_id])
        at = f"{version.history_date:%Y-%m-%d %H:%M:%S}"
        return format_html('<a href="{}">{} of {}</a>', url, version.name, at)

    @admin.display(description="what the client changed", empty_value="")
    def changed(self, conversation: Conversation) -> str:
        """Kinds of change, as the audit has them one by one."""
        return ", ".join(conversation.tampering)

    @admin.display(description="length")
    def length(self, conversation: Conversation) -> str:
        minutes, seconds = divmod(round(conversation.duration_s), 60)
        return f"{minutes}:{seconds:02d}"

    @admin.display(description="turns")
    def turn_count(self, conversation: Any) -> str:
        return "erased" if conversation.erased_at else str(conversation.turns_kept)

    @admin.display(description="tokens")
    def tokens(self, conversation: Any) -> int:
        return int(conversation.tokens_used)

    @admin.display(description="cost")
    def cost(self, conversation: Any) -> str:
        # The page of one call has not counted for many.
        known = getattr(conversation, "call_cost", None)
        return cost_words(cost_of_call(conversation) if known is None else known)
