"""The cache is the site's own Redis."""

import uuid

from django.core.cache import cache


def test_values_come_back_and_expire_in_redis():
    key = uuid.uuid4().hex
    cache.set(key, {"a": 1}, timeout=30)
    assert cache.get(key) == {"a": 1}
    assert cache.incr(f"{key}-count", 1) if cache.add(f"{key}-count", 1, timeout=30) else False
    cache.delete(key)
    assert cache.get(key) is None
