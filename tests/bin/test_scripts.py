"""The scripts behind `make`: what they decide, and what they say when they cannot."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

BIN = Path(__file__).resolve().parents[2] / "bin"


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH with a shell and little else."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "env", "id", "sed", "tail"):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    return programs


def run(script: str, folder: Path, programs: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(programs), "PYTHON": "", **extra}
    return subprocess.run(
        [BIN / script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )


def fake(programs: Path, name: str, body: str) -> None:
    path = programs / name
    path.write_text(f"#!/usr/bin/env bash\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def test_without_a_fitting_python_it_is_said_which(bare_path, tmp_path):
    fake(bare_path, "python3", "exit 1")
    done = run("find-python", tmp_path, bare_path)
    assert done.returncode == 1 and "Python 3.11 or 3.12" in done.stderr


@pytest.mark.parametrize(
    ("line", "process", "wanted"),
    [
        ("", "", True),
        ("", "local", True),
        ("", "openai", False),
        ('export REALTIME_PROVIDER="azure"', "", False),
        ("REALTIME_PROVIDER=local", "", True),
        ("# REALTIME_PROVIDER=azure", "", True),
        ("REALTIME_PROVIDER=", "", True),
        ("REALTIME_PROVIDER=azure", "local", True),
    ],
)
def test_the_engine_is_installed_unless_another_provider_is_named(bare_path, tmp_path, line, process, wanted):
    (tmp_path / ".env").write_text(f"DJANGO_DEBUG=true\n{line}\n", encoding="utf-8")
    done = run("wants-engine", tmp_path, bare_path, REALTIME_PROVIDER=process)
    assert (done.returncode == 0) is wanted, done.stderr


def test_nothing_is_installed_where_nothing_is_missing(bare_path, tmp_path):
    for name in ("node", "chromium", "cc"):
        fake(bare_path, name, "true")
    fake(bare_path, "apt-get", "exit 1")
    assert run("install-test-programs", tmp_path, bare_path).returncode == 0


def test_what_is_missing_comes_from_apt(bare_path, tmp_path):
    """As root; others go through sudo."""
    fake(bare_path, "node", "true")
    fake(bare_path, "cc", "true")
    fake(bare_path, "apt-get", f'echo "$*" >> {tmp_path}/asked')
    fake(bare_path, "sudo", '[ "$1" = -n ] && shift; exec "$@"')
    assert run("install-test-programs", tmp_path, bare_path).returncode == 0
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked[0].startswith("update") and asked[1].endswith("chromium") and "nodejs" not in asked[1]


def test_a_compiler_comes_with_the_headers_it_needs(bare_path, tmp_path):
    for name in ("node", "chromium"):
        fake(bare_path, name, "true")
    fake(bare_path, "apt-get", f'echo "$*" >> {tmp_path}/asked')
    fake(bare_path, "sudo", '[ "$1" = -n ] && shift; exec "$@"')
    assert run("install-test-programs", tmp_path, bare_path).returncode == 0
    assert (tmp_path / "asked").read_text(encoding="utf-8").rstrip().endswith(" gcc libc6-dev")


def test_what_cannot_be_installed_is_named(bare_path, tmp_path):
    fake(bare_path, "node", "true")
    done = run("install-test-programs", tmp_path, bare_path)
    assert done.returncode == 1
    assert "chromium" in done.stderr and "no apt-get" in done.stderr
    assert os.listdir(tmp_path) == ["programs"]
