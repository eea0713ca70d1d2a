"""Configurations that cannot work are named before anything starts."""

import pytest

from realtime_site import checks


def codes(found) -> list[str]:
    return [message.id for message in found]


def test_the_engine_in_the_box_needs_nothing(settings):
    assert checks.check_provider(None) == []


@pytest.mark.parametrize(
    ("provider", "missing"), [("openai", "OPENAI_API_KEY"), ("azure", "AZURE_OPENAI_API_KEY")]
)
def test_a_provider_without_its_key_is_an_error(settings, provider, missing):
    settings.REALTIME_PROVIDER = provider
    settings.REALTIME_BASE_URL = "https://a/v1"
    (found,) = checks.check_provider(None)
    assert found.id == "realtime_site.E002" and missing in found.msg


def test_a_provider_without_an_address_is_an_error(settings):
    settings.REALTIME_PROVIDER = "compatible"
    settings.REALTIME_BASE_URL = ""
    assert codes(checks.check_provider(None)) == ["realtime_site.E001"]


@pytest.mark.parametrize(
    ("bind", "key", "wrong"), [("127.0.0.1", "", 0), ("0.0.0.0", "", 1), ("0.0.0.0", "k", 0)]
)
def test_an_engine_that_others_reach_asks_for_a_key(settings, bind, key, wrong):
    settings.ENGINE_BIND, settings.ENGINE_API_KEY = bind, key
    assert len(checks.check_engine(None)) == wrong
