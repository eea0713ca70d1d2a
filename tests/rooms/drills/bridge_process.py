"""One bridge as a process of its own: `python -m tests.rooms.drills.bridge_process URL NAMESPACE LEASE_S`."""

import asyncio
import logging
import signal
import sys

from rooms.bridge.bridge import Bridge
from tests.rooms.conftest import make_limits


async def main(url: str, namespace: str, lease_s: str) -> None:
    bridge = Bridge(
        url,
        namespace,
        patterns=["*"],
        ignore=[],
        limits=make_limits(history_size=5000),
        lease_s=float(lease_s),
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, bridge.stop)
    await bridge.run()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(message)s")
    asyncio.run(main(*sys.argv[1:]))
