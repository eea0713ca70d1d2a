"""`manage.py up`: makes what is missing, starts everything, opens the web port last, stops in order.

One line of output a record, behind the name of who said it. The first failure is named and ends the whole;
the exit code is 0 after a stop that was asked for and went well, 1 otherwise.
"""

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from realtime_site.demo import DemoLogin
from realtime_site.embedded_redis import NoRedisServer, publish_line
from realtime_site.preparation import prepare
from realtime_site.processes import NAME_WIDTH, Processes
from realtime_site.readiness import NotReady
from realtime_site.stack import Stack, require_ports

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    """The whole site with one command."""

    help = "Make what is missing, start Redis, bridge, engine and web, and print where to go."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until a signal or a failure; raises CommandError on failure."""
        try:
            with _only_one():
                require_ports()
                login = prepare(lambda line: say("up", line))
                failure = asyncio.run(run_stack(login))
        except (NotReady, NoRedisServer) as exc:
            raise CommandError(str(exc)) from exc
        if failure:
            raise CommandError(failure)


async def run_stack(login: DemoLogin | None) -> str:
    """Start, wait for the end, stop; what went wrong, or nothing."""
    stopping = _stop_on_signals()
    processes = Processes(settings.BASE_DIR, say)
    stack = Stack(processes)
    running = asyncio.create_task(_start_and_watch(stack, login))
    await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
    failure = ""
    try:
        if running.done():
            failure = running.result()
        else:
            say("up", f"{stopping.result()}: stopping.")
            running.cancel()
            await asyncio.wait((running,))
    except (NotReady, NoRedisServer) as exc:
        failure = str(exc)
    finally:
        killed = await stack.stop()
    if killed and not failure:
        failure = f"Did not stop in time and was killed: {', '.join(killed)}."
    return failure


async def _start_and_watch(stack: Stack, login: DemoLogin | None) -> str:
    """Never ends well by itself: returns the first failure's words."""
    await stack.start()
    _greet(login, stack.redis_url)
    return await stack.first_failure()


def say(name: str, line: str) -> None:
    """One line of the joined stream."""
    try:
        sys.stdout.write(f"{name:<{NAME_WIDTH}} | {line}\n")
        sys.stdout.flush()
    except OSError:
        # The terminal is gone; its SIGHUP, or whoever took the pipe away, stops us soon.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _greet(login: DemoLogin | None, redis_url: str) -> None:
    kept = settings.LOCAL.demo_login_file
    lines = ["", f"Roomtone is running at {site_address()}"]
    if login:
        shown = kept.relative_to(settings.BASE_DIR)
        lines.append(f"Log in as {login.username} with the password {login.password} (kept in {shown})")
    elif kept.is_file():
        lines.append(f"Log in with your account, or as in {kept.relative_to(settings.BASE_DIR)}")
    else:
        lines.append("Log in with your account")
    if publish := publish_line(redis_url, is_embedded=settings.REDIS_EMBEDDED):
        lines.append(f"Publish to the room device01 from another terminal: {publish}")
    print("\n".join([*lines, "Stop with Ctrl-C", ""]), flush=True)


def site_address() -> str:
    """Where a person goes."""
    if settings.RTHOST:
        return f"https://{settings.RTHOST}/"
    return f"http://localhost:{settings.ROOMTONE_PORT}/"


def _stop_on_signals() -> "asyncio.Future[str]":
    """Resolves with the first stop signal's name; also where a script started us with SIGINT ignored."""
    loop = asyncio.get_running_loop()
    stopping: asyncio.Future[str] = loop.create_future()

    def stop(number: signal.Signals) -> None:
        if not stopping.done():
            stopping.set_result(number.name)

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop, number)
    return stopping


@contextmanager
def _only_one() -> Iterator[None]:
    """Hold this folder's lock; a second `up` beside it would share its Redis data."""
    settings.LOCAL.make_folder()
    with open(settings.LOCAL.folder / "up.lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise NotReady(
                "This folder's site is already running (manage.py up); stop that one first."
            ) from exc
        yield
