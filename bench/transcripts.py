"""Whether conversations stay quick to list, find and read when there are a hundred times as many.

For each database, in one run: fills it with 100 conversations of 20 turns, times the pages, fills it up to
10,000 conversations with 200,000 turns, times them again, and prints both with their ratio (at most 1.5 is
wanted). The person whose own pages are timed has 50 of the 100 and 1,040 of the 10,000. Times are the fastest
of eleven whole requests through Django, without the network: what the work takes when nothing else runs. Also
exports 1,000 conversations and says by how much the process grew.

Databases: SQLite in a temporary folder, and PostgreSQL in a scratch cluster that is started and removed, or
the empty database that `--postgres postgres://…/name` names. Run: `make bench-transcripts`.
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
ROUNDS = 11
EXPORTED = 1000
RESULTS = ROOT / "bench/results/transcripts.json"


def main() -> int:
    """Measure each database in a process of its own, since Django knows one only."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--database", help="measure this one, in this process")
    options.add_argument(
        "--postgres", default="", help="an empty database, else a scratch cluster is started"
    )
    chosen = options.parse_args()
    if chosen.database:
        print(json.dumps(measure(chosen.database)))
        return 0
    found = {}
    with tempfile.TemporaryDirectory(prefix="roomtone-bench-") as folder:
        found["sqlite"] = _in_own_process(f"sqlite:///{folder}/bench.sqlite3")
        with _postgres(chosen.postgres) as url:
            if url:
                found["postgresql"] = _in_own_process(url)
            else:
                print("PostgreSQL is not here (apt-get install postgresql); measured is SQLite only.")
    report(found)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    too_slow = [page for pages in found.values() for page in pages["pages"] if page["ratio"] > WANTED_RATIO]
    return 1 if too_slow else 0


def _in_own_process(url: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--database", url]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


@contextmanager
def _postgres(url: str) -> Iterator[str]:
    """The named database, or one in a cluster that lives as long as this; empty without PostgreSQL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [
        Path(shutil.which("initdb") or "").parent
    ]
    if url or not (programs[-1] / "initdb").exists():
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="roomtone-postgres-") as folder:
        port, account = free_port(), None
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            account = "postgres"
            os.chown(folder, pwd.getpwnam(account).pw_uid, -1)

        def run(*command: str) -> None:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=account, cwd=folder)

        pg_ctl = [str(programs[-1] / "pg_ctl"), "-D", f"{folder}/data", "-w"]
        run(str(programs[-1] / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-U", "bench", "-E", "UTF8")
        run(*pg_ctl, "-l", f"{folder}/log", "-o", f"-p {port} -h 127.0.0.1 -k {folder}", "start")
        try:
            yield f"postgres://bench@127.0.0.1:{port}/postgres"
        finally:
            run(*pg_ctl, "-m", "fast", "stop")


def measure(url: str) -> dict[str, Any]:
    """Both sizes on one database."""
    _set_up(url)
    from bench.transcripts_data import Filling

    filling = Filling()
    filling.up_to(SMALL, TURNS)
    small = _time_pages(filling)
    filling.up_to(LARGE, TURNS)
    large = _time_pages(filling)
    pages = [
        {"page": name, "small_ms": small[name], "large_ms": ms, "ratio": round(ms / small[name], 2)}
        for name, ms in large.items()
    ]
    return {"pages": pages, "exports": {kind: _export(kind) for kind in ("json", "csv")}}


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


def _time_pages(filling: Any) -> dict[str, float]:
    return {name: _fastest_ms(look) for name, look in filling.pages().items()}


def _fastest_ms(look: Callable[[], Any]) -> float:
    for _ in range(3):
        look()
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        look()
        taken.append((time.perf_counter() - began) * 1000)
    return round(min(taken), 1)


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
