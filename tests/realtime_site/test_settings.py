"""The settings module under one environment or another, each read by a fresh interpreter."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.realtime_site.site_copy import copy_site

PROGRAM = """
import json, sys
from realtime_site import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_site(tmp_path_factory.mktemp("settings") / "site")


def run(folder: Path, *names: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"DJANGO_SECRET_KEY": "", "REDIS_URL": "", "REALTIME_PROVIDER": ""} | environment
    command = [sys.executable, "-c", PROGRAM, *names]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **own}, capture_output=True, text=True, timeout=30
    )


def read(folder: Path, *names: str, **environment: str) -> dict:
    done = run(folder, *names, **environment)
    assert done.returncode == 0, done.stderr
    found: dict = json.loads(done.stdout)
    return found


def test_a_site_of_ones_own_needs_nothing(folder):
    """The key is made once and kept private; the site listens on loopback only."""
    first = read(folder, "SECRET_KEY", "WEB_BIND", "REALTIME_PROVIDER", "REALTIME_BASE_URL", "REDIS_URL")
    assert first == read(folder, *first)
    assert len(first.pop("SECRET_KEY")) >= 50
    assert first == {
        "WEB_BIND": "127.0.0.1",
        "REALTIME_PROVIDER": "local",
        "REALTIME_BASE_URL": "http://127.0.0.1:8765/v1",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    assert (folder / ".local" / "secret-key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["RTHOST", "DJANGO_ALLOWED_HOSTS"])
def test_a_public_site_must_bring_its_key(folder, name):
    done = run(folder, **{name: "talk.example.org"})
    assert done.returncode != 0 and "DJANGO_SECRET_KEY: read nothing" in done.stderr


def test_a_public_name_feeds_hosts_origins_and_cookies(folder):
    names = (
        "ALLOWED_HOSTS",
        "CSRF_TRUSTED_ORIGINS",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "WEB_BIND",
    )
    found = read(folder, *names, "SECURE_SSL_REDIRECT", RTHOST="talk.example.org", DJANGO_SECRET_KEY="k" * 50)
    assert "talk.example.org" in found["ALLOWED_HOSTS"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://talk.example.org"]
    assert found["SESSION_COOKIE_SECURE"] and found["CSRF_COOKIE_SECURE"] and found["SECURE_SSL_REDIRECT"]
    assert found["WEB_BIND"] == "0.0.0.0"


def test_a_key_for_openai_chooses_openai(folder):
    found = read(folder, "REALTIME_PROVIDER", "REALTIME_BASE_URL", OPENAI_API_KEY="sk-x")
    assert found == {"REALTIME_PROVIDER": "openai", "REALTIME_BASE_URL": "https://api.openai.com/v1"}


def test_redis_is_the_named_one_then_the_older_name_then_our_own(folder):
    both = {"REDIS_URL": "redis://a:1/2", "REDISHOST": "b:3"}
    assert read(folder, "REDIS_URL", **both)["REDIS_URL"] == "redis://a:1/2"
    assert read(folder, "REDIS_URL", REDISHOST="b:3")["REDIS_URL"] == "redis://b:3/0"
    (folder / ".local").mkdir(exist_ok=True)
    (folder / ".local" / "redis-url").write_text("redis://127.0.0.1:6380/0", encoding="utf-8")
    found = read(folder, "REDIS_URL", "REDIS_EMBEDDED")
    (folder / ".local" / "redis-url").unlink()
    assert found == {"REDIS_URL": "redis://127.0.0.1:6380/0", "REDIS_EMBEDDED": True}


def test_a_wrong_redis_address_is_refused_without_its_password(folder):
    done = run(folder, REDIS_URL="http://:hunter2@a:1")
    assert done.returncode != 0
    assert (
        "REDIS_URL: " in done.stderr and "redis+sentinel://" in done.stderr and "hunter2" not in done.stderr
    )


def test_two_keys_or_databases_are_two_namespaces(folder):
    found = [
        read(folder, "ROOMS_NAMESPACE", DJANGO_SECRET_KEY=key, REDIS_URL=f"redis://a:1/{database}")[
            "ROOMS_NAMESPACE"
        ]
        for key, database in (("one", 0), ("two", 0), ("one", 1))
    ]
    assert len(set(found)) == 3


def test_internal_channels_begin_with_the_mark(folder):
    layers = read(folder, "CHANNEL_LAYERS")["CHANNEL_LAYERS"]
    assert layers["default"]["CONFIG"]["prefix"].startswith("\x01")


def test_checks_name_what_a_provider_lacks(folder):
    command = [sys.executable, "manage.py", "check"]
    lacking = {**os.environ, "REALTIME_PROVIDER": "azure", "DJANGO_SETTINGS_MODULE": "realtime_site.settings"}
    done = subprocess.run(command, cwd=folder, env=lacking, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "needs REALTIME_BASE_URL" in done.stderr and "needs AZURE_OPENAI_API_KEY" in done.stderr
