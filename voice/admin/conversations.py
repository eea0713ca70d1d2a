"""Conversations to read: nothing here can be changed, because a record that can is none."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, DecimalField, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from voice.call_rooms import erase_rooms
from voice.costs import CallCost, state_of, without_usage
from voice.models import Conversation, ToolRun, Turn, Usage
from voice.money_words import cost_words, row_cost


class ReadOnly:
    """Look, do not touch: no adding, no changing."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _per_conversation(
    rows: QuerySet[Any],
    total: Count | Sum,
    kind: IntegerField[Any, Any] | DecimalField[Any, Any] | None = None,
) -> Coalesce:
    field = kind or IntegerField()
    counted = rows.filter(conversation=OuterRef("pk")).order_by().values("conversation").annotate(total=total)
    return Coalesce(Subquery(counted.values("total"), output_field=field), Value(0), output_field=field)


class ReadOnlyInline(ReadOnly, admin.TabularInline):
    extra = 0
    can_delete = False
    show_change_link = False


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


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, admin.ModelAdmin):
    """Every call with its transcript, what its tools did and what it used."""

    list_display = [
        *("started_at", "user", "assistant_name", "state", "length", "turn_count", "tokens", "cost"),
        *("control", "end_reason"),
    ]
    list_filter = [
        "assistant",
        "end_reason",
        "provider",
        "control",
        "started_at",
        ("tampered_at", admin.EmptyFieldListFilter),
        ("user", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["user__username", "assistant_name", "turns__text", "provider_call_id"]
    search_help_text = "Searches what was said, the user name, the assistant and the provider's call id."
    date_hierarchy = "started_at"
    list_select_related = ["user"]
    list_per_page = 50
    inlines = [TurnInline, ToolRunInline, UsageInline]
    exclude = ["assistant_version"]
    readonly_fields = ["version", "cost"]

    def delete_model(self, request: HttpRequest, obj: Conversation) -> None:
        erased = obj.pk
        super().delete_model(request, obj)
        transaction.on_commit(lambda: erase_rooms([erased]))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        erased = list(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)
        transaction.on_commit(lambda: erase_rooms(erased))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        # Subqueries: two joins in one query would multiply each other's rows.
        rows: QuerySet[Conversation] = super().get_queryset(request)
        turns = _per_conversation(Turn.objects.all(), Count("id"))
        tokens = _per_conversation(Usage.objects.all(), Sum("total_tokens"))
        costs = _per_conversation(Usage.objects.all(), Sum("cost"), DecimalField())
        kinds = {
            name: _per_conversation(Usage.objects.filter(**only), Count("id"))
            for name, only in (
                ("used", {}),
                ("unknown", {"pricing": "unknown"}),
                ("free", {"pricing": "free"}),
            )
        }
        return rows.annotate(turns_kept=turns, tokens_used=tokens, cost_sum=costs, **kinds)

    @admin.display(description="assistant's version")
    def version(self, conversation: Conversation) -> str:
        """The assistant as it was when the call began."""
        version = conversation.assistant_version
        if version is None:
            return "not kept"
        url = reverse("admin:voice_assistant_simple_history", args=[version.id, version.history_id])
        at = f"{version.history_date:%Y-%m-%d %H:%M:%S}"
        return format_html('<a href="{}">{} of {}</a>', url, version.name, at)

    @admin.display(description="length")
    def length(self, conversation: Conversation) -> str:
        minutes, seconds = divmod(round(conversation.duration_s), 60)
        return f"{minutes}:{seconds:02d}"

    @admin.display(description="turns")
    def turn_count(self, conversation: Any) -> int:
        return int(conversation.turns_kept)

    @admin.display(description="tokens")
    def tokens(self, conversation: Any) -> int:
        return int(conversation.tokens_used)

    @admin.display(description="cost", ordering="cost_sum")
    def cost(self, conversation: Any) -> str:
        state = without_usage(conversation)
        if conversation.used:
            state = state_of(conversation.used, conversation.unknown, conversation.free)
        return cost_words(CallCost(conversation.cost_sum, state))


@admin.register(Turn)
class TurnAdmin(ReadOnly, admin.ModelAdmin):
    """All turns, to search across conversations."""

    list_display = ["started_at", "role", "text", "interrupted", "source", "conversation"]
    list_filter = ["role", "interrupted", "source", "started_at"]
    search_fields = ["text"]
    date_hierarchy = "started_at"
    list_select_related = ["conversation"]


@admin.register(ToolRun)
class ToolRunAdmin(ReadOnly, admin.ModelAdmin):
    """All tool runs, to find what fails or is slow."""

    list_display = ["started_at", "name", "status", "duration_ms", "source", "conversation"]
    list_filter = ["name", "status", "source", "started_at"]
    search_fields = ["name", "arguments", "output"]
    date_hierarchy = "started_at"
    list_select_related = ["conversation"]
