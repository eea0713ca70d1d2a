"""The drill of rooms (`rooms/drill/`) on a Redis of its own, which it therefore may stop and kill as well.

What an operator runs as `manage.py rooms_drill`, and two faults more: Redis is stopped and comes back with
its data, Redis is killed and comes back empty. Louder, too: 50 sockets, 500 messages a second. Prints the
table, leaves with 1 when a watcher was not told the truth. Run: `make drill-rooms`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.ports import free_port  # noqa: E402
from realtime_site.embedded_redis import find_server, server_command  # noqa: E402

START_S = 20.0
STOP_S = 20.0


class OwnServer:
    """One Redis on a port that stays the same."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: Process | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    async def start(self, *, empty: bool = False) -> None:
        """Start it, with what the folder holds or with nothing, and wait until it answers."""
        from rooms.connections import close_redis, open_redis

        command = server_command(find_server(), port=self._port, folder=None if empty else self._folder)
        self._process = await asyncio.create_subprocess_exec(
            *command, stdout=DEVNULL, stderr=DEVNULL, process_group=0
        )
        client = open_redis(self.url)
        try:
            async with asyncio.timeout(START_S):
                while not await _answers(client):
                    await asyncio.sleep(0.02)
        finally:
            await close_redis(client)

    async def stop(self, *, gently: bool) -> None:
        """End it, with time to write its data or without."""
        if self._process and self._process.returncode is None:
            (self._process.terminate if gently else self._process.kill)()
            await asyncio.wait_for(self._process.wait(), STOP_S)


async def _answers(client: object) -> bool:
    from redis.exceptions import RedisError

    try:
        await client.ping()  # type: ignore[attr-defined]
    except (RedisError, OSError):
        return False
    return True


async def drill(folder: Path, only: list[str], sizes: tuple[int, float, int]) -> int:
    """All faults, or those named; the exit code."""
    from rooms.drill.drill import Plan, run
    from rooms.drill.report import table
    from rooms.drill.stage import Sizes

    server = OwnServer(folder)
    await server.start()
    try:
        plan = Plan(server.url, Sizes(*sizes), only, server=server)
        outcome = await run(plan, lambda line: print(line, flush=True))
    finally:
        await server.stop(gently=False)
    print(f"\n{table(outcome)}")
    if outcome.stopped:
        print(f"Stopped: {outcome.stopped}")
    return 0 if outcome.passed else 1


def main() -> int:
    """Read the command line, and be a site of the drill's own."""
    parser = argparse.ArgumentParser(description="Every fault of rooms once, and who was told of what.")
    parser.add_argument("--sockets", type=int, default=50)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--storm", type=int, default=1000)
    parser.add_argument("--only", nargs="+", default=[])
    wanted = parser.parse_args()
    os.environ |= {"DJANGO_SETTINGS_MODULE": "realtime_site.settings", "DJANGO_SECRET_KEY": "only-for-drills"}
    import django

    django.setup()
    sizes = (wanted.sockets, wanted.rate, wanted.storm)
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        return asyncio.run(drill(Path(folder), wanted.only, sizes))


if __name__ == "__main__":
    raise SystemExit(main())
