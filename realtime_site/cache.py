"""Django's Redis cache, also behind Sentinels."""

from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from rooms.connections import open_redis_sync


class SiteRedisCacheClient(RedisCacheClient):
    """Opens its clients as the rest of the site does, so every form of REDIS_URL works here too."""

    def __init__(self, servers: list[str], **options: Any) -> None:
        super().__init__(servers, **options)
        self._client: redis.Redis | None = None
        self._url = servers[0]

    def get_client(self, key: Any = None, *, write: bool = False) -> redis.Redis:
        """The one client; its pool is shared by the threads of the process."""
        if self._client is None:
            self._client = open_redis_sync(self._url)
        return self._client


class SiteRedisCache(RedisCache):
    """The cache of the site: one Redis primary, found by REDIS_URL."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        # A Sentinel address holds commas, which Django would read as several servers.
        self._servers = [server]
        self._class = SiteRedisCacheClient
