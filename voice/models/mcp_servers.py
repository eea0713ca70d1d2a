"""MCP servers that operators name; their tools are rows of Tool."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models


class McpServer(models.Model):
    """Where a list of tools comes from and where they run. Its tools are off until somebody allows them."""

    name = models.CharField(max_length=80, unique=True, help_text="For people, such as House.")
    url = models.CharField(
        "address", max_length=500, help_text="Where it speaks streamable HTTP, such as https://host/mcp."
    )
    headers = models.JSONField(
        default=dict,
        blank=True,
        help_text='Sent with every request, such as {"Authorization": "Bearer ${ENV:HOUSE_KEY}"}.',
    )
    prefix = models.CharField(
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^[a-zA-Z0-9_-]+$", "Letters, digits, _ and - only.")],
        help_text="Put before each tool's name. Needed when two servers use the same names.",
    )
    listed_at = models.DateTimeField("list read", null=True, blank=True, editable=False)
    problem = models.CharField("last problem", max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "MCP server"

    def __str__(self) -> str:
        return self.name
