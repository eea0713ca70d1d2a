"""Who takes part: how each server is started and spoken to, and what must be built for it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.contest.builds import ROOT, build_go, build_node, build_uvicorn, program
from bench.contest.servers import Stage
from bench.contest.site import Site

OURS_DAPHNE, OURS_UVICORN = "roomtone, daphne", "roomtone, uvicorn"
SOCKETIO, WS = "Socket.IO 4 (Node)", "ws, prepared (Node)"
CORE, PUBSUB = "Channels, core layer", "Channels, pubsub layer"
CENTRIFUGE, SEED = "Centrifuge (Go)", "go-socket.io (Go)"
BARE = "bare daphne"

SITE = "realtime_site.asgi:application"
# As in production: uvloop, httptools, the sans-I/O WebSocket, no compression.
UVICORN = (
    *("-m", "uvicorn", SITE, "--host", "127.0.0.1", "--log-level", "warning", "--no-access-log"),
    *("--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio"),
    *("--ws-per-message-deflate", "false"),
)


@dataclass(frozen=True)
class Contestant:
    """`window`: messages under way when one room is saturated; `delivers`: it can be published to;
    `slow_load`: messages a second, and their bytes, while some sockets do not read.
    """

    name: str
    slug: str
    protocol: str
    prepare: Callable[[], object]
    start: Callable[[Stage, Site], None]
    window: int = 32
    is_ours: bool = False
    delivers: bool = True
    slow_load: tuple[float, int] = (1500, 1024)

    def cookie(self, site: Site) -> str | None:
        """The login, where there is one."""
        return f"sessionid={site.session}" if self.is_ours else None


def contestants() -> tuple[Contestant, ...]:
    """All, in the order of their turns: first the one whose maximum sets a rate for the others."""
    return (
        Contestant(SOCKETIO, "socketio", "socketio", build_node, start_socketio),
        Contestant(OURS_DAPHNE, "daphne", "roomtone", _nothing, start_ours_daphne, is_ours=True),
        Contestant(OURS_UVICORN, "uvicorn", "roomtone", build_uvicorn, start_ours_uvicorn, is_ours=True),
        Contestant(WS, "ws", "plain", build_node, start_ws),
        Contestant(CENTRIFUGE, "centrifuge", "centrifuge", _build_centrifuge, start_centrifuge),
        Contestant(SEED, "seed", "socketio3", _build_seed, start_seed),
        Contestant(BARE, "bare", "bare", _nothing, start_bare, delivers=False),
        # A window of 32 would need a minute to drain; as many bytes in fewer messages are within its reach.
        Contestant(PUBSUB, "pubsub", "plain", _nothing, start_pubsub, window=2, slow_load=(60, 25600)),
        Contestant(CORE, "core", "plain", _nothing, start_core, window=2, slow_load=(60, 25600)),
    )


def start_ours_daphne(stage: Stage, site: Site) -> None:
    _start_ours(stage, site, ["-m", "daphne", "-b", "127.0.0.1", "-p", str(stage.port), SITE], {})


def start_ours_uvicorn(stage: Stage, site: Site) -> None:
    extra = build_uvicorn()
    paths = [str(extra), os.environ.get("PYTHONPATH", "")] if extra else []
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, paths))} if paths else {}
    _start_ours(stage, site, [*UVICORN, "--port", str(stage.port)], environment)


def start_our_bridge(
    stage: Stage, site: Site, role: str = "bridge", extra: Mapping[str, str] | None = None
) -> None:
    """The bridge alone, until it leads."""
    environment = site.environment(stage) | dict(extra or {})
    stage.spawn(role, [sys.executable, "manage.py", "runbridge"], environment)
    stage.wait_for_line(role, "This bridge leads")


def start_socketio(stage: Stage, site: Site) -> None:
    _start_node(stage, "socketio.js")


def start_ws(stage: Stage, site: Site) -> None:
    _start_node(stage, "ws.js")


def start_centrifuge(stage: Stage, site: Site) -> None:
    target = str(_build_centrifuge())
    where = ["-redis", f"127.0.0.1:{stage.redis_port}"]
    stage.spawn("bridge", [target, "-role", "bridge", *where])
    stage.spawn("server", [target, "-listen", f"127.0.0.1:{stage.port}", *where])
    stage.wait_for_port()


def start_seed(stage: Stage, site: Site) -> None:
    redis = f"127.0.0.1:{stage.redis_port}"
    stage.spawn("server", [str(_build_seed()), "-listen", f"127.0.0.1:{stage.port}", "-redis", redis])
    stage.wait_for_port()


def start_core(stage: Stage, site: Site) -> None:
    _start_channels(stage, "core")


def start_pubsub(stage: Stage, site: Site) -> None:
    _start_channels(stage, "pubsub")


def start_bare(stage: Stage, site: Site) -> None:
    stage.spawn("server", _daphne(stage, "bench.peers.channels.bare:application"))
    stage.wait_for_port()


def _start_ours(stage: Stage, site: Site, command: list[str], extra: Mapping[str, str]) -> None:
    shutil.copy(site.database, stage.folder / "site.sqlite3")
    start_our_bridge(stage, site)
    stage.spawn("server", [sys.executable, *command], site.environment(stage) | dict(extra))
    stage.wait_for_port()


def _start_node(stage: Stage, script: str) -> None:
    node = program("node", why="Node's peers")
    stage.spawn("server", [node, str(build_node() / script), str(stage.port), str(stage.redis_port)])
    stage.wait_for_port()


def _start_channels(stage: Stage, layer: str) -> None:
    environment = {"BENCH_LAYER": layer, "REDIS_URL": stage.redis_url, "PYTHONPATH": str(ROOT)}
    stage.spawn("bridge", [sys.executable, "-m", "bench.peers.channels.bridge"], environment)
    stage.spawn("server", _daphne(stage, "bench.peers.channels.stock:application"), environment)
    stage.wait_for_port()


def _daphne(stage: Stage, application: str) -> list[str]:
    return [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(stage.port), application]


def _build_centrifuge() -> Path:
    return build_go("centrifuge")


def _build_seed() -> Path:
    return build_go("goseed")


def _nothing() -> None:
    """Nothing is built for it."""
