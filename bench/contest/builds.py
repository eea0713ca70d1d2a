"""What has to be built first, each into a folder of the cache: the load client, Node's and Go's peers.

A build that is newer than its sources is kept. What cannot be built raises `Missing`, whose text goes into
the table in the server's place.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "bench"
CACHE = ROOT / ".local" / "bench"
BUILD_S = 900.0
C_FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra")


class Missing(Exception):
    """Something cannot be had on this machine; the message says what and why."""


def program(name: str, *, why: str) -> str:
    """Where a program is. Raises Missing."""
    if found := shutil.which(name):
        return found
    raise Missing(f"{name} is not on PATH ({why})")


def build_client() -> Path:
    """The load client. Raises Missing."""
    compiler = program("cc", why="a C compiler, e.g. apt install gcc libc6-dev")
    sources = sorted((SOURCES / "client").glob("*.c"))
    target = CACHE / "load-client"
    if _is_old(target, (SOURCES / "client").iterdir()):
        _run([compiler, *C_FLAGS, "-o", str(target), *map(str, sources)], cwd=ROOT)
    return target


def build_node() -> Path:
    """A folder with Node's peers and their packages. Raises Missing."""
    npm = program("npm", why="Node's peers")
    source, target = SOURCES / "peers" / "node", CACHE / "node"
    stamp = target / ".built"
    if _is_old(stamp, source.iterdir()):
        target.mkdir(parents=True, exist_ok=True)
        for path in source.iterdir():
            shutil.copy(path, target)
        _run([npm, "ci", "--silent", "--no-fund", "--no-audit"], cwd=target)
        stamp.touch()
    return target


def build_go(name: str) -> Path:
    """The program of one Go peer. Raises Missing."""
    go = program("go", why="Go's peers")
    source, target = SOURCES / "peers" / name, CACHE / name
    if _is_old(target, source.iterdir()):
        _run([go, "build", "-o", str(target), "."], cwd=source)
    return target


def build_uvicorn() -> Path | None:
    """A folder with uvloop and httptools, or None where they are installed. Raises Missing."""
    if not importlib.util.find_spec("uvicorn"):
        raise Missing("uvicorn is not installed (requirements-dev.txt)")
    if all(importlib.util.find_spec(name) for name in ("uvloop", "httptools")):
        return None
    wanted, target = SOURCES / "peers" / "uvicorn.txt", CACHE / "uvicorn"
    stamp = target / ".built"
    if _is_old(stamp, [wanted]):
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        _run([*pip, "--target", str(target), "--upgrade", "-r", str(wanted)], cwd=ROOT)
        stamp.touch()
    return target


def _is_old(target: Path, sources: Iterable[Path]) -> bool:
    newest = max(path.stat().st_mtime for path in sources)
    return not target.exists() or target.stat().st_mtime < newest


def _run(command: list[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    print(f"building: {Path(command[0]).name} {command[1]} for {cwd.name}", flush=True)
    try:
        done = subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, text=True, timeout=BUILD_S, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise Missing(f"{Path(command[0]).name} did not finish within {BUILD_S:g} s") from exc
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise Missing(f"{Path(command[0]).name} failed: {last[0][:160]}")
