"""What every test stands on: one throw-away Redis for the session."""

import subprocess
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings

from realtime_site.embedded_redis import find_server, server_command

REDIS_START_S = 10.0


@pytest.fixture(scope="session", autouse=True)
def redis_server() -> Iterator[str]:
    """The URL of a Redis that keeps nothing and belongs to this run alone."""
    port = urlsplit(settings.REDIS_URL).port
    assert port
    command = server_command(find_server(), port=port, folder=None)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for_redis(settings.REDIS_URL)
            yield settings.REDIS_URL
        finally:
            process.terminate()
            process.wait(timeout=REDIS_START_S)


def _wait_for_redis(url: str) -> None:
    deadline = time.monotonic() + REDIS_START_S
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
