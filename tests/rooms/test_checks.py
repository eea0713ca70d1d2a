"""Configurations in which rooms would hear themselves are named."""

from __future__ import annotations

import copy

import pytest
from django.core.exceptions import ImproperlyConfigured

from rooms.checks import check_layer, check_namespace
from rooms.hub import Hub
from tests.rooms.own_redis import OwnRedis


def ids(found):
    return [message.id for message in found]


def test_the_sites_own_settings_are_right():
    assert check_layer(None) == [] and check_namespace(None) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"prefix": "asgi"}, ["rooms.E002"]),
        ({"namespace": "other:"}, ["rooms.E003"]),
    ],
)
def test_layers_that_would_loop_are_refused(settings, changes, expected):
    layers = copy.deepcopy(settings.CHANNEL_LAYERS)
    layers["default"]["CONFIG"].update(changes)
    settings.CHANNEL_LAYERS = layers
    assert ids(check_layer(None)) == expected


def test_another_layer_is_refused(settings):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    assert "rooms.E001" in ids(check_layer(None))


@pytest.mark.parametrize("name", ["", ":", "a*:", "a b:", "ä:", "noend"])
def test_namespaces_that_cannot_stand_in_a_channel_are_refused(settings, name):
    settings.ROOMS_NAMESPACE = name
    assert ids(check_namespace(None)) == ["rooms.E004"]


class Cluster(OwnRedis):
    """A Redis that is a Cluster's node."""

    def command(self, *, empty=False):
        return [*super().command(empty=empty), "--cluster-enabled", "yes"]


async def test_a_cluster_is_refused_at_the_start(settings, tmp_path):
    cluster = Cluster(tmp_path)
    cluster.start()
    try:
        settings.REDIS_URL = cluster.url
        with pytest.raises(ImproperlyConfigured, match="Cluster"):
            await Hub().start()
    finally:
        cluster.stop()
