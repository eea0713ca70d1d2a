"""Plain PUBLISH into Channels groups: the small process that stock Channels needs beside it."""

import asyncio
import os

from bench.peers.channels.layer import configure

configure()

from channels.layers import get_channel_layer  # noqa: E402  (needs the settings)
from redis.asyncio import Redis  # noqa: E402
from redis.exceptions import RedisError  # noqa: E402

# The pub/sub layer publishes on Redis channels too: heard, it would loop.
OWN = b"asgi"
AGAIN_S = 0.1


async def relay() -> None:
    """One message after another, until Redis goes away."""
    layer = get_channel_layer()
    assert layer, "configure() names one"
    async with (
        Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None) as redis,
        redis.pubsub() as pubsub,
    ):
        await pubsub.psubscribe("*")
        async for message in pubsub.listen():
            if message["type"] == "pmessage" and not message["channel"].startswith(OWN):
                event = {"type": "room.message", "text": message["data"].decode()}
                await layer.group_send(message["channel"].decode(), event)


async def main() -> None:
    """For ever."""
    while True:
        try:
            await relay()
        except (RedisError, OSError):
            await asyncio.sleep(AGAIN_S)


if __name__ == "__main__":
    asyncio.run(main())
