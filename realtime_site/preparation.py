"""What must exist before anything starts: tables, hashed static files, the demo. Quick when it does."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from realtime_site.demo import DemoLogin, ensure_superuser
from voice.demo import ensure_demo


def prepare(say: Callable[[str], None]) -> DemoLogin | None:
    """Make what is missing; the demo account if it was made just now."""
    settings.LOCAL.make_folder()
    _migrate(say)
    if not settings.DEBUG:
        _collect_static(say)
    ensure_demo()
    login = ensure_superuser()
    connection.close()
    return login


def _migrate(say: Callable[[str], None]) -> None:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        say(f"Applying {len(waiting)} migrations.")
        call_command("migrate", interactive=False, verbosity=0)


def _collect_static(say: Callable[[str], None]) -> None:
    stamp = settings.LOCAL.folder / "static-stamp"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == _static_fingerprint():
        return
    say("Collecting static files.")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(_static_fingerprint(), encoding="utf-8")


def _static_fingerprint() -> str:
    """Changes when a static file is added, removed or written, or when Django or the target changes."""
    digest = hashlib.blake2b(digest_size=16)
    target = Path(settings.STATIC_ROOT)
    digest.update(f"{django.__version__} {target} {(target / 'staticfiles.json').is_file()}".encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            written = storage.get_modified_time(path).timestamp()
            digest.update(f"{path} {storage.size(path)} {written}\n".encode())
    return digest.hexdigest()
