"""`manage.py runengine`: the local Realtime provider as a process of its own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Reads the settings, hands them to the engine, and stays until a signal comes."""

    help = "Run the local Realtime provider (speech in, speech out) on ENGINE_BIND:ENGINE_PORT."
    requires_system_checks: list[str] = []  # the engine needs neither database nor Redis

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGTERM, SIGINT or SIGHUP."""
        try:
            # Imported here: these packages are installed only where the engine runs.
            from voice.engine.config import EngineConfig
            from voice.engine.errors import StartError
            from voice.engine.server import run
        except ImportError as exc:
            raise CommandError(
                f"The engine's packages are not installed ({exc.name}): "
                "pip install -r requirements-engine.txt"
            ) from exc
        try:
            config = EngineConfig(
                bind=settings.ENGINE_BIND,
                port=settings.ENGINE_PORT,
                api_key=settings.ENGINE_API_KEY,
                speech=settings.ENGINE_SPEECH,
            )
            run(config, announce=self.stdout.write)
        except StartError as exc:
            raise CommandError(str(exc)) from exc
