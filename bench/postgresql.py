"""A throw-away PostgreSQL on loopback, with the server's own defaults (every commit reaches the disk)."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.ports import free_port

START_S = 20.0


def find_programs() -> Path | None:
    """The folder with `initdb` and `postgres`; None when this machine has none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    return next((found for found in folders if (found / "initdb").is_file()), None)


@contextmanager
def running_postgresql(programs: Path) -> Iterator[str]:
    """Its URL, to a database `bench`; gone with its data at the end."""
    with tempfile.TemporaryDirectory(prefix="roomtone-postgresql-") as folder:
        who = _as_somebody(Path(folder))
        data, port = f"{folder}/data", free_port()
        make = [programs / "initdb", "-D", data, "-U", "bench", "--auth=trust", "--encoding=UTF8"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd=folder, **who)
        command = [programs / "postgres", "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1"]
        log = Path(folder) / "log"
        with log.open("wb") as out:
            server = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder, **who)
        try:
            _make_database(port, server, log)
            yield f"postgres://bench@127.0.0.1:{port}/bench"
        finally:
            server.terminate()
            server.wait(START_S)


def connections_to(url: str) -> int:
    """How many clients it serves, this one not counted."""
    with psycopg.connect(url.replace("postgres://", "postgresql://")) as client:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'bench' AND pid <> pg_backend_pid()"
        row = client.execute(asked).fetchone()
    return int(row[0]) if row else 0


def _as_somebody(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so under root it runs as the user of its package, or as nobody."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    entry = pwd.getpwnam(name)
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid}


def _make_database(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        assert server.poll() is None and time.monotonic() < deadline, log.read_text()[-2000:]
        try:
            with psycopg.connect(f"postgresql://bench@127.0.0.1:{port}/postgres", autocommit=True) as client:
                client.execute("CREATE DATABASE bench")
                return
        except psycopg.OperationalError:
            time.sleep(0.1)
