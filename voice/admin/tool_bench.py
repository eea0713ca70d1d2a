"""The tool bench: a page for each tool in the admin, to try it, look at it and keep checks of it.

Needs the right to change tools. Running as somebody else is for superusers and holders of
`voice.run_tool_as`, and only a superuser runs as a superuser. Every try is an audit row that says who tried
what, not with which words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from voice import audit
from voice.admin.reading import may_read
from voice.admin.schema_form import ArgumentsForm
from voice.errors import ToolError
from voice.models import AuditAction, Tool, ToolCheck, ToolRun
from voice.tool_bench.bench import Errand, run_errands
from voice.tool_bench.checks import run_checks
from voice.tool_bench.dry_runs import dry_run
from voice.tools.executor import ToolResult

PAST_RUNS = 20


class PersonForm(forms.Form):
    """For whom the tool runs."""

    person = forms.CharField(label="Run as", max_length=150)

    def __init__(self, actor: Any, data: Any = None) -> None:
        super().__init__(data, initial={"person": actor.get_username()})
        self._actor = actor
        if not may_run_as_others(actor):
            self.fields["person"].disabled = True

    def clean_person(self) -> Any:
        """The person behind the name."""
        name = self.cleaned_data["person"]
        model: Any = get_user_model()
        found = model.objects.filter(is_active=True, **{model.USERNAME_FIELD: name}).first()
        if found is None:
            raise forms.ValidationError(f"There is no active person called {name}.")
        if found.is_superuser and not self._actor.is_superuser:
            raise forms.ValidationError("Only a superuser runs tools as a superuser.")
        return found


class CheckForm(forms.ModelForm):
    """What a saved check expects."""

    # It stands folded in the same form as the arguments; a browser would wait for fields nobody sees.
    use_required_attribute = False

    class Meta:
        model = ToolCheck
        fields = ["name", "expects", "path", "expected"]
        widgets = {"expected": forms.TextInput(attrs={"class": "vTextField"})}


@dataclass(frozen=True)
class BenchPage:
    """What the page shows."""

    arguments: ArgumentsForm
    person: PersonForm
    check: CheckForm
    result: ToolResult | None = None
    sent: dict[str, Any] | None = None
    refused: ToolError | None = None

    @property
    def output(self) -> str:
        """The output, laid out for reading."""
        assert self.result is not None
        try:
            return json.dumps(json.loads(self.result.output), indent=2, ensure_ascii=False)
        except ValueError:
            return self.result.output

    @property
    def sent_text(self) -> str:
        """The request as it would go out."""
        sent = self.sent or {}
        if "function" in sent:
            return f"{sent['function']}({json.dumps(sent['arguments'], ensure_ascii=False)})"
        lines = [
            f"{sent['method']} {sent['url']}",
            *(f"{name}: {text}" for name, text in sent["headers"].items()),
        ]
        return "\n".join([*lines, *(["", sent["body"]] if sent["body"] is not None else [])])


def may_run_as_others(user: Any) -> bool:
    """Whether this person may try a tool with another's rights."""
    return bool(user.is_superuser or user.has_perm("voice.run_tool_as"))


class WithBench(admin.ModelAdmin):
    """Adds the bench to the admin of tools, and runs a tool's checks after every edit."""

    def get_urls(self) -> list[URLPattern]:
        bench = path(
            "<path:object_id>/bench/", self.admin_site.admin_view(self.bench_view), name="voice_tool_bench"
        )
        return [bench, *super().get_urls()]

    @admin.display(description="bench")
    def bench_link(self, tool: Tool) -> SafeString:
        return format_html('<a href="{}">Try it</a>', bench_url(tool))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """After the edit is stored, so that checks see it and hold no transaction open."""
        response = super().changeform_view(request, object_id, form_url, extra_context)
        edited = getattr(request, "edited_tool", None)
        if edited is not None:
            self._run_checks(request, edited)
        return response

    def save_model(self, request: HttpRequest, obj: Tool, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        request.edited_tool = obj  # type: ignore[attr-defined]

    def bench_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """GET shows the forms, filled from a past call with `?run=`; POST runs, shows or saves."""
        tool = self.get_object(request, object_id)
        if tool is None or not self.has_change_permission(request, tool):
            raise PermissionDenied
        if request.method == "POST" and request.POST.get("act") == "checks":
            self._run_checks(request, tool)
            return self._page(request, tool, self._fresh(request, tool))
        page = self._answered(request, tool) if request.method == "POST" else self._fresh(request, tool)
        return self._page(request, tool, page)

    def _fresh(self, request: HttpRequest, tool: Tool) -> BenchPage:
        initial = ArgumentsForm.initial_of(tool.parameters, self._past_arguments(request, tool))
        arguments = ArgumentsForm(tool.parameters, initial=initial)
        return BenchPage(arguments, PersonForm(request.user), CheckForm())

    def _past_arguments(self, request: HttpRequest, tool: Tool) -> str:
        number = request.GET.get("run", "")
        past = self._past_runs(request, tool).filter(pk=number).first() if number.isdecimal() else None
        if past is None:
            return ""
        detail = {"tool": tool.name, "what": "arguments of a call"}
        audit.record(AuditAction.TOOL_TRIED, actor=request.user, conversation=past.conversation_id, **detail)
        return str(past.arguments)

    def _past_runs(self, request: HttpRequest, tool: Tool) -> Any:
        """Newest first; people's own words, so for those who may see runs and read what others said."""
        if not (request.user.has_perm("voice.view_toolrun") and may_read(request)):
            return ToolRun.objects.none()
        return ToolRun.objects.filter(name=tool.name).order_by("-id")

    def _answered(self, request: HttpRequest, tool: Tool) -> BenchPage:
        act, posted = request.POST.get("act"), request.POST
        wants_check = act == "save"
        page = BenchPage(
            ArgumentsForm(tool.parameters, posted),
            PersonForm(request.user, posted),
            CheckForm(posted, instance=ToolCheck(tool=tool)) if wants_check else CheckForm(),
        )
        if not page.arguments.is_valid() or not page.person.is_valid():
            return page
        if wants_check:
            return self._save(request, tool, page)
        return self._dry(request, tool, page) if act == "dry" else self._run(request, tool, page)

    def _run(self, request: HttpRequest, tool: Tool, page: BenchPage) -> BenchPage:
        person = page.person.cleaned_data["person"]
        [result] = run_errands([Errand(tool, page.arguments.text(), person)])
        outcome = "failed" if result.failed else "done"
        detail = {"tool": tool.name, "as": person.get_username(), "what": outcome}
        audit.record(AuditAction.TOOL_TRIED, actor=request.user, **detail)
        return replace(page, result=result)

    def _dry(self, request: HttpRequest, tool: Tool, page: BenchPage) -> BenchPage:
        audit.record(AuditAction.TOOL_TRIED, actor=request.user, tool=tool.name, what="dry run")
        try:
            return replace(page, sent=dry_run(tool, page.arguments.text()))
        except ToolError as exc:
            return replace(page, refused=exc)

    def _save(self, request: HttpRequest, tool: Tool, page: BenchPage) -> BenchPage:
        if not request.user.has_perm("voice.add_toolcheck"):
            raise PermissionDenied
        try:
            page.check.instance.arguments = json.loads(page.arguments.text())
        except ValueError:
            page.arguments.add_error("by_hand", "A check needs arguments that are JSON.")
            return page
        if page.check.is_valid():
            check = page.check.save()
            self.message_user(request, f"The check “{check.name}” is saved.", messages.SUCCESS)
            return replace(page, check=CheckForm())
        return page

    def _run_checks(self, request: HttpRequest, tool: Tool) -> None:
        verdicts = run_checks(tool.checks.all(), user=request.user, actor=request.user)
        for verdict in verdicts:
            if not verdict.passed:
                self.message_user(
                    request, f"Check “{verdict.check.name}” failed. {verdict.said}", messages.WARNING
                )
        passed = sum(verdict.passed for verdict in verdicts)
        if verdicts:
            level = messages.SUCCESS if passed == len(verdicts) else messages.WARNING
            self.message_user(request, f"{passed} of {len(verdicts)} checks of {tool} passed.", level)

    def _page(self, request: HttpRequest, tool: Tool, page: BenchPage) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "tool": tool,
            "title": f"Try {tool}",
            "page": page,
            "checks": tool.checks.all(),
            "past": self._past_runs(request, tool)[:PAST_RUNS],
            "may_save": request.user.has_perm("voice.add_toolcheck"),
        }
        return TemplateResponse(request, "admin/voice/tool/bench.html", context)


def bench_url(tool: Tool) -> str:
    """Where a tool's bench is."""
    return reverse("admin:voice_tool_bench", args=[tool.pk])
