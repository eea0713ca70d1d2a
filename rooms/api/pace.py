"""How much one caller may publish over HTTP, counted in Redis for all processes of the site."""

from __future__ import annotations

import time

from redis.asyncio import Redis
from redis.exceptions import RedisError

from rooms.errors import RateLimited
from rooms.keys import Keys
from rooms.models import DeviceKey
from rooms.policies import Principal
from rooms.scripts import unavailable

PUBLISHES_PER_S = 1000
_KEPT_S = 5


async def keep_pace(redis: Redis, namespace: str, caller: Principal) -> None:
    """Count one publish. Raises RateLimited above `PUBLISHES_PER_S` in one second, Unavailable."""
    kind = "key" if isinstance(caller, DeviceKey) else "person"
    now_s = time.time()
    counter = f"{Keys(namespace).keys}pace:{kind}:{caller.pk}:{int(now_s)}"
    try:
        async with redis.pipeline(transaction=False) as pipe:
            pipe.incr(counter)
            pipe.expire(counter, _KEPT_S)
            count, _ = await pipe.execute()
    except (RedisError, OSError) as exc:
        raise unavailable(exc) from exc
    if count > PUBLISHES_PER_S:
        raise RateLimited("Too many messages. Wait a moment.", retry_in_s=1)
