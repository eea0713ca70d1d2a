"""The cache is the site's own Redis."""

import uuid

from django.core.cache import cache

from rooms.connections import open_redis_sync


def test_values_come_back_count_and_leave_in_the_given_time(redis_server: str):
    key = uuid.uuid4().hex
    cache.set(key, {"a": 1}, timeout=30)
    assert cache.get(key) == {"a": 1}
    assert cache.add(f"{key}-count", 1, timeout=30)
    assert cache.incr(f"{key}-count") == 2
    with open_redis_sync(redis_server) as redis:
        (stored,) = redis.keys(f"*{key}")
        assert 0 < redis.ttl(stored) <= 30
    cache.delete(key)
    assert cache.get(key) is None
