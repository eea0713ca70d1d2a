"""The site's settings for tests: nothing of the shell's or `.env`'s, a Redis and a database of their own.

Every variable of `.env.example` is set to nothing before the site's settings are read; nothing counts as
unset, and `.env` never overrides what is set. Processes that a test starts inherit the same.
"""

import os
import socket
import tempfile
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_TEST_REDIS = "ROOMTONE_TEST_REDIS_URL"


def _scrub_environment() -> None:
    for line in (_ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        name, equals, _ = line.partition("=")
        if equals and not line.startswith("#"):
            os.environ[name] = ""


def _own_redis_url() -> str:
    """Where tests/conftest.py starts the throw-away Redis; children of the tests find the same one."""
    if _TEST_REDIS not in os.environ:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            os.environ[_TEST_REDIS] = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
    return os.environ[_TEST_REDIS]


_scrub_environment()
os.environ["DJANGO_SECRET_KEY"] = "only-for-tests"
os.environ["REDIS_URL"] = _own_redis_url()
os.environ["REALTIME_PROVIDER"] = "local"

from realtime_site.settings import *  # noqa: E402,F403  (reads the environment made above)
from realtime_site.settings import DATABASES, STORAGES  # noqa: E402

_scratch = tempfile.TemporaryDirectory(prefix="roomtone-tests-")
# A file, not memory: threads and processes of one test share it as they would in production.
DATABASES["default"]["TEST"] = {"NAME": str(Path(_scratch.name) / "tests.sqlite3")}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# `client.login()` has no request to count; the throttle's own tests switch it on.
AXES_ENABLED = False
