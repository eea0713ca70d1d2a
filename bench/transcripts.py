"""Whether conversations stay quick to list, find and read when there are a hundred times as many.

For each database: fills one with 100 conversations of 20 turns and one with 10,000 (200,000 turns), looks at
each page in both in turn, and prints the times with their ratio (at most 1.5 is wanted). The person whose own
pages are timed has 50 of the 100 and 1,040 of the 10,000. Times are the fastest of thirty whole requests
through Django, without the network: what the work takes when nothing else runs. Also exports 1,000
conversations and says by how much the process grew.

SQLite lies in a temporary folder, PostgreSQL in a scratch cluster that is started and removed.
Run: `make bench-transcripts`, or with `--only sqlite`, `--only postgresql`.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.ports import free_port  # noqa: E402

SMALL, LARGE, TURNS = 100, 10_000, 20
WANTED_RATIO = 1.5
WARM_UP, ROUNDS = 3, 30
EXPORTED = 1000
RESULTS = ROOT / "bench/results/transcripts.json"


def main() -> int:
    """Measure each database and print the table; 1 when a page is slower than wanted."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--only", choices=["sqlite", "postgresql"], help="measure this database alone")
    options.add_argument("--fill", nargs=2, metavar=("URL", "CONVERSATIONS"), help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.fill:
        answer(chosen.fill[0], int(chosen.fill[1]))
        return 0
    found = {name: measure(*urls) for name, urls in _databases(chosen.only)}
    report(found)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(known | found, indent=2) + "\n")
    too_slow = [
        page for numbers in found.values() for page in numbers["pages"] if page["ratio"] > WANTED_RATIO
    ]
    return 1 if too_slow else 0


def _databases(only: str | None) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each kind of database with the addresses of two empty ones."""
    if only != "postgresql":
        with tempfile.TemporaryDirectory(prefix="roomtone-bench-") as folder:
            yield "sqlite", (f"sqlite:///{folder}/small.sqlite3", f"sqlite:///{folder}/large.sqlite3")
    if only != "sqlite":
        with _postgres() as urls:
            if urls:
                yield "postgresql", urls
            else:
                print("PostgreSQL is not here (apt-get install postgresql); measured is SQLite only.")


@contextmanager
def _postgres() -> Iterator[tuple[str, str] | None]:
    """Two databases in a cluster that lives as long as this; none without PostgreSQL's programs."""
    programs = max(
        Path("/usr/lib/postgresql").glob("*/bin"), default=Path(shutil.which("initdb") or "").parent
    )
    if not (programs / "initdb").exists():
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="roomtone-postgres-") as folder:
        port, account = free_port(), None
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            account = "postgres"
            os.chown(folder, pwd.getpwnam(account).pw_uid, -1)

        def run(*command: str) -> None:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=account, cwd=folder)

        pg_ctl = [str(programs / "pg_ctl"), "-D", f"{folder}/data", "-w"]
        run(str(programs / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-U", "bench", "-E", "UTF8")
        run(*pg_ctl, "-l", f"{folder}/log", "-o", f"-p {port} -h 127.0.0.1 -k {folder}", "start")
        try:
            # Every cluster has these two.
            yield (
                f"postgres://bench@127.0.0.1:{port}/template1",
                f"postgres://bench@127.0.0.1:{port}/postgres",
            )
        finally:
            run(*pg_ctl, "-m", "fast", "stop")


class Filled:
    """A database of one size, in a process of its own (Django knows one); asked page by page."""

    def __init__(self, url: str, conversations: int) -> None:
        command = [sys.executable, __file__, "--fill", url, str(conversations)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pages: list[str] = []

    def wait(self) -> None:
        """Until it is filled."""
        self.pages = self._read()

    def ask(self, what: str) -> Any:
        """The milliseconds of one look at a page, or what an export took."""
        assert self._process.stdin
        print(what, file=self._process.stdin, flush=True)
        return self._read()

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=30)

    def _read(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())


def measure(small_url: str, large_url: str) -> dict[str, Any]:
    """Both sizes, look by look in turn, so that what else the machine does hits both alike."""
    small, large = Filled(small_url, SMALL), Filled(large_url, LARGE)
    small.wait()
    large.wait()
    pages = [_compare(name, small, large) for name in large.pages]
    exports = {kind: large.ask(f"export {kind}") for kind in ("json", "csv")}
    small.close()
    large.close()
    return {"pages": pages, "exports": exports}


def _compare(name: str, small: Filled, large: Filled) -> dict[str, Any]:
    looks = [(small.ask(name), large.ask(name)) for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
    small_ms, large_ms = (min(column) for column in zip(*looks, strict=True))
    ratio = round(large_ms / small_ms, 2)
    return {"page": name, "small_ms": small_ms, "large_ms": large_ms, "ratio": ratio}


def answer(url: str, conversations: int) -> None:
    """The other end of `Filled`: fill, then time what each line asks for."""
    _set_up(url)
    from bench.transcripts_data import Filling

    filling = Filling()
    filling.up_to(conversations, TURNS)
    pages = filling.pages()
    print(json.dumps(list(pages)), flush=True)
    for line in sys.stdin:
        kind, export, form = line.strip().partition("export ")
        print(json.dumps(_export(form) if export else _milliseconds(pages[kind])), flush=True)


def _milliseconds(look: Callable[[], Any]) -> float:
    began = time.perf_counter()
    look()
    return round((time.perf_counter() - began) * 1000, 1)


def _set_up(url: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings

    import tests.settings  # noqa: F401  (clears the environment)
    from realtime_site.environment import Environment

    os.environ["DATABASE_URL"] = url
    settings.DATABASES["default"] = Environment().database("DATABASE_URL", url)
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _export(kind: str) -> dict[str, float]:
    """The newest ones as a file; `grown_mb` is by how much the process grew meanwhile."""
    from voice.exports import file_pieces
    from voice.models import Conversation

    began, size, at_first = time.perf_counter(), 0, _resident_mb()
    most = at_first
    newest = list(Conversation.objects.values_list("pk", flat=True)[:EXPORTED])
    for piece in file_pieces(Conversation.objects.all(), kind, ids=newest, naming=lambda row: "You"):
        size += len(piece)
        most = max(most, _resident_mb())
    taken_s = time.perf_counter() - began
    return {"file_mb": round(size / 1e6, 1), "grown_mb": round(most - at_first, 1), "s": round(taken_s, 1)}


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def report(found: dict[str, Any]) -> None:
    """What was measured, as a table."""
    for database, numbers in found.items():
        print(f"\n{database:34}{SMALL:>8}{LARGE:>10}   ratio")
        for page in numbers["pages"]:
            print(f"{page['page']:34}{page['small_ms']:>5} ms{page['large_ms']:>7} ms{page['ratio']:>8}")
        for kind, export in numbers["exports"].items():
            words = f"{export['file_mb']} MB in {export['s']} s, memory grew by {export['grown_mb']} MB"
            print(f"export of {EXPORTED} as {kind}: {words}")


if __name__ == "__main__":
    sys.exit(main())
