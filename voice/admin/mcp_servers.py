"""MCP servers: where tools come from, and which of them are allowed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from voice.admin.tool_forms import McpServerForm
from voice.errors import ToolError
from voice.models import McpServer, Tool
from voice.tool_bench.servers import refresh


class AllowedTools(admin.TabularInline):
    """The server's list; a tool that is not switched on is given to nobody."""

    model = Tool
    fields = ["enabled", "name", "description"]
    readonly_fields = ["name", "description"]
    extra = 0
    can_delete = False
    show_change_link = True
    verbose_name_plural = "tools of this server; switch on what may be used"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(McpServer)
class McpServerAdmin(admin.ModelAdmin):
    """Name a server, read its list, switch on what may be used."""

    form = McpServerForm
    list_display = ["name", "url", "allowed", "listed_at", "problem"]
    search_fields = ["name", "url"]
    readonly_fields = ["listed_at", "problem"]
    fields = ["name", "url", "headers", "prefix", "listed_at", "problem"]
    inlines = [AllowedTools]
    actions = ["read_lists"]
    change_form_template = "admin/voice/mcpserver/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[McpServer]:
        rows: QuerySet[McpServer] = super().get_queryset(request)
        on = Count("tools", filter=Q(tools__enabled=True))
        return rows.annotate(tools_on=on, tools_listed=Count("tools"))

    @admin.display(description="tools on")
    def allowed(self, server: Any) -> str:
        return f"{server.tools_on} of {server.tools_listed}"

    def save_model(self, request: HttpRequest, obj: McpServer, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or "_read" in request.POST:
            request.server_to_read = obj  # type: ignore[attr-defined]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """A new server is asked for its list at once, after it is stored."""
        response = super().changeform_view(request, object_id, form_url, extra_context)
        server = getattr(request, "server_to_read", None)
        if server is not None:
            self._read(request, server)
        return response

    def response_change(self, request: HttpRequest, obj: McpServer) -> HttpResponse:
        """Reading the list stays on the page that shows it."""
        if "_read" in request.POST:
            return HttpResponseRedirect(request.path)
        return super().response_change(request, obj)

    @admin.action(description="Read their lists of tools again", permissions=["change"])
    def read_lists(self, request: HttpRequest, servers: QuerySet[McpServer]) -> None:
        for server in servers:
            self._read(request, server)

    def _read(self, request: HttpRequest, server: McpServer) -> None:
        try:
            lines = refresh(server).sentences() or ["It lists no tools."]
        except ToolError:
            self.message_user(request, f"{server} was not read. {server.problem}", messages.ERROR)
            return
        for line in lines:
            self.message_user(request, f"{server}: {line}", messages.SUCCESS)
