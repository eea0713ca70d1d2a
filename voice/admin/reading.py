"""What admin's lists of records have in common: they are read, not changed, and stay quick however
long they grow.

Three habits of Django's admin cost a look at every row of the table and are replaced here: the count of all
rows (counted up to `MOST_PAGED`), the date hierarchy's search for days (`date_steps` takes the bounds from
the index) and filters that ask which values there are.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from voice import audit
from voice.access import may_read_others
from voice.models import AuditAction

MOST_PAGED = 10_000


class ReadOnly:
    """Look, do not touch: no adding, no changing."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class BoundedPaginator(Paginator):
    """Counts no further than `MOST_PAGED`; what comes after is reached by narrowing."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("pk")[:MOST_PAGED].count()

    @property
    def is_cut(self) -> bool:
        return self.count >= MOST_PAGED


class NewestFirst(ReadOnly, admin.ModelAdmin):
    """A long list, newest first."""

    change_list_template = "admin/voice/newest_first.html"
    date_hierarchy = "started_at"
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    ordering = ["-started_at", "-id"]


def note_read(request: HttpRequest, conversation: Any = None, **detail: Any) -> None:
    """Write down that somebody looked at others' words; one's own are nobody's business."""
    if conversation is None or conversation.user_id != request.user.pk:
        audit.record(AuditAction.TRANSCRIPT_READ, actor=request.user, conversation=conversation, **detail)


def may_read(request: HttpRequest) -> bool:
    """Whether this request may show what others said."""
    return may_read_others(request.user)
