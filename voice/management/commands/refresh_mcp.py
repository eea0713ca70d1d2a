"""`manage.py refresh_mcp`: read the lists of tools of MCP servers; exit code 1 when one cannot be read."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from voice.errors import ToolError
from voice.models import McpServer
from voice.tool_bench.servers import refresh


class Command(BaseCommand):
    """What the button in the admin does."""

    help = "Read the lists of tools of MCP servers again; new and changed tools stay off until allowed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("server", nargs="*", help="names of servers (all)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read each list and say what changed."""
        servers = McpServer.objects.all()
        if options["server"]:
            servers = servers.filter(name__in=options["server"])
            missing = set(options["server"]) - set(servers.values_list("name", flat=True))
            if missing:
                raise CommandError(f"There is no MCP server called {sorted(missing)[0]}.")
        failed = False
        for server in servers:
            try:
                lines = refresh(server).sentences() or ["It lists no tools."]
            except ToolError:
                failed, lines = True, [server.problem]
            self.stdout.write("\n".join(f"{server}: {line}" for line in lines))
        if failed:
            sys.exit(1)
