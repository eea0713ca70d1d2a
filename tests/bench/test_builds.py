"""What a benchmark builds, and what it says when it cannot."""

import json
from pathlib import Path

import pytest

from bench.contest import builds
from bench.contest.builds import SOURCES, Missing, build_client


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(builds, "CACHE", tmp_path)
    return tmp_path


def test_missing_compiler_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(cache))
    with pytest.raises(Missing, match="cc is not on PATH"):
        build_client()


def test_program_that_is_newer_than_its_sources_is_kept(cache: Path):
    built_at = build_client().stat().st_mtime_ns
    assert build_client().stat().st_mtime_ns == built_at


def test_failed_build_says_what_the_compiler_said(cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(builds, "C_FLAGS", ("-no-such-flag",))
    with pytest.raises(Missing, match=r"cc failed: .*no-such-flag"):
        build_client()


def test_locked_packages_name_no_registry():
    lock = json.loads((SOURCES / "peers" / "node" / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert "://" not in (SOURCES / "peers" / "uvicorn.txt").read_text()
