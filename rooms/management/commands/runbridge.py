"""`manage.py runbridge`: the process that hears raw Redis PUBLISH and gives each message its place.

Run one, and as many more as should stand by. SIGTERM and SIGINT let it leave well: what was heard is
registered and the lease is given up, so that a standby goes on at once.
"""

import argparse
import asyncio
import gc
import logging
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from rooms.bridge.bridge import Bridge
from rooms.connections import open_redis
from rooms.keys import is_scratch_namespace
from rooms.sizes import keep_told

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """The bridge from plain Redis channels to rooms."""

    help = "Hear raw Redis PUBLISH and give each message its place in its room."

    def add_arguments(self, parser: CommandParser) -> None:
        """What `rooms_drill` adds for bridges of its own."""
        parser.add_argument("--scratch", action="store_true", help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until a signal."""
        is_scratch: bool = options["scratch"]
        if is_scratch and not is_scratch_namespace(settings.ROOMS_NAMESPACE):
            raise CommandError("--scratch is for a drill's own ROOMS_NAMESPACE: real rooms would go unheard.")
        if settings.REDIS_URL == settings.NO_REDIS_URL:
            raise CommandError("No Redis is named: set REDIS_URL, or start everything with manage.py up.")
        # What is loaded by now stays: looking for garbage among it would hold messages up now and then.
        gc.collect()
        gc.freeze()
        asyncio.run(run_bridge(is_scratch=is_scratch))


async def run_bridge(*, is_scratch: bool = False) -> None:
    """One bridge of this deployment."""
    bridge = Bridge(
        settings.REDIS_URL,
        settings.ROOMS_NAMESPACE,
        patterns=settings.ROOMS_PATTERN,
        ignore=settings.ROOMS_IGNORE,
        is_scratch=is_scratch,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, bridge.stop)
    redis = open_redis(settings.REDIS_URL)
    telling = asyncio.create_task(keep_told(redis, settings.ROOMS_NAMESPACE))
    try:
        await bridge.run()
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        await redis.aclose()
