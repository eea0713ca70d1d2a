"""What a tool's row holds beside what all kinds have: the request of kind http, the source of kind mcp.

Checked where operators write them (`voice.tools.http.definition`) and safe to run unchecked: a row that says
nonsense is a tool that fails with a sentence.
"""

from __future__ import annotations

from django.db import models

from voice.models.mcp_servers import McpServer


class HttpMethod(models.TextChoices):
    GET = "GET", "GET"
    POST = "POST", "POST"
    PUT = "PUT", "PUT"
    PATCH = "PATCH", "PATCH"
    DELETE = "DELETE", "DELETE"


class HttpRequestFields(models.Model):
    """The one request of an HTTP tool. `{argument}` and `${ENV:NAME}` are filled in at each run."""

    http_method = models.CharField(
        "method", max_length=6, choices=HttpMethod.choices, default=HttpMethod.GET, blank=True
    )
    http_url = models.CharField(
        "address",
        max_length=1000,
        blank=True,
        help_text="Such as https://api.example.org/stock/{article}. Arguments may stand in the path.",
    )
    http_query = models.JSONField(
        "query",
        default=dict,
        blank=True,
        help_text='Such as {"days": "{days}"}. What the model does not give is left out.',
    )
    http_headers = models.JSONField(
        "headers",
        default=dict,
        blank=True,
        help_text='Such as {"Authorization": "Bearer ${ENV:KEY}"}; the name must stand in TOOL_SECRETS.',
    )
    http_body = models.JSONField(
        "JSON body",
        null=True,
        blank=True,
        help_text='Such as {"article": "{article}", "count": "{count}"}: numbers stay numbers. Empty: none.',
    )
    http_pick = models.CharField(
        "part of the answer",
        max_length=200,
        blank=True,
        help_text="What the model gets, such as current.temperature, days.0.max or items.*.name. Empty: all.",
    )

    class Meta:
        abstract = True


class McpFields(models.Model):
    """Where an MCP tool comes from."""

    mcp_server = models.ForeignKey(
        McpServer,
        verbose_name="MCP server",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="tools",
    )
    mcp_name = models.CharField("name on the server", max_length=200, blank=True, editable=False)

    class Meta:
        abstract = True
