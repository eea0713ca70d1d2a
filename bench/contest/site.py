"""Our own site's data: one migrated database with one logged-in person, copied for every turn."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bench.contest.servers import Stage

ROOT = Path(__file__).resolve().parents[2]
MAKE_SESSION = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.create_superuser("bench", password="x")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print("session", session.session_key)
"""
SECRET = "only-for-benchmarks"
NAMESPACE = "bench"
MANAGE_S = 120.0


class Site:
    """Made once; history, offsets, recovery, rights and presence are on, as they are by default."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "made.sqlite3"
        self._manage("migrate", "--verbosity", "0")
        self.session = self._manage("shell", "-c", MAKE_SESSION).split("session ")[-1].strip()

    def environment(self, stage: Stage) -> dict[str, str]:
        """For processes of one turn."""
        return self._variables(stage.folder / "site.sqlite3", stage.redis_url)

    def _variables(self, database: Path, redis_url: str) -> dict[str, str]:
        return {
            "DATABASE_URL": f"sqlite:///{database}",
            "DJANGO_SECRET_KEY": SECRET,
            "DJANGO_SETTINGS_MODULE": "realtime_site.settings",
            "REDIS_URL": redis_url,
            "REALTIME_PROVIDER": "local",
            "ROOMS_NAMESPACE": NAMESPACE,
        }

    def _manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=os.environ | self._variables(self.database, "redis://127.0.0.1:1/0"),
            capture_output=True,
            text=True,
            timeout=MANAGE_S,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {words[0]} failed: {done.stderr[-500:]}")
        return done.stdout
