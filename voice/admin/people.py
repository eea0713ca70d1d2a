"""One person's conversations in admin: how many, all of them as a file, all of them erased."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from voice.admin.reading import may_read
from voice.erasure import count, erase
from voice.models import Conversation
from voice.views.exports import place_order


class PersonPage(admin.ModelAdmin):
    """The page, for the admin of conversations."""

    def person_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Counts; `export` needs the right to read, `erase` the right to delete and is asked once more."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        person = get_object_or_404(get_user_model(), pk=user_id)
        rows = Conversation.objects.filter(user_id=user_id)
        if request.method == "POST":
            return self._person_order(request, person, rows)
        return self._person_page(request, person, rows, "admin/voice/person.html")

    def _person_order(self, request: HttpRequest, person: Any, rows: QuerySet[Conversation]) -> HttpResponse:
        here = reverse("admin:voice_conversation_person", args=[person.pk])
        if request.POST.get("do") == "export":
            if not may_read(request):
                raise PermissionDenied
            return redirect(place_order(request.user, rows, back=here, of_others=True))
        if not self.has_delete_permission(request):
            raise PermissionDenied
        if not request.POST.get("sure"):
            return self._person_page(request, person, rows, "admin/voice/erase.html")
        counts = erase(rows, actor=request.user, person=person.get_username())
        self.message_user(request, f"Erased of {person.get_username()}: {counts}.", messages.SUCCESS)
        return redirect(here)

    def _person_page(
        self, request: HttpRequest, person: Any, rows: QuerySet[Conversation], template: str
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Conversations of {person.get_username()}",
            "opts": self.opts,
            "person": person,
            "counts": count(rows),
            "running": rows.filter(ended_at__isnull=True).count(),
            "erased": rows.filter(erased_at__isnull=False).count(),
            "bounds": rows.aggregate(first=Min("started_at"), last=Max("started_at")),
            "may_export": may_read(request),
            "may_erase": self.has_delete_permission(request),
            "fields": [("do", "erase")],
            "back": reverse("admin:voice_conversation_person", args=[person.pk]),
        }
        return TemplateResponse(request, template, context)
