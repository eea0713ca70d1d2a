"""Settings for stock Channels on one of its two Redis layers, chosen by `BENCH_LAYER` (core, pubsub)."""

import os
from typing import Any

from django.conf import settings

LAYERS = {
    "core": "channels_redis.core.RedisChannelLayer",
    "pubsub": "channels_redis.pubsub.RedisPubSubChannelLayer",
}


def configure() -> None:
    """Set Django up with nothing but the layer."""
    # Without a time-out of None the core layer's own waiting breaks its sockets under redis-py 8.
    host: dict[str, Any] = {"address": os.environ["REDIS_URL"], "socket_timeout": None}
    layer = {"BACKEND": LAYERS[os.environ["BENCH_LAYER"]], "CONFIG": {"hosts": [host]}}
    settings.configure(CHANNEL_LAYERS={"default": layer}, SECRET_KEY="only-for-benchmarks")
