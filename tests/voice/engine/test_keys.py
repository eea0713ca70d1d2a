"""Secrets start one call each and expire; keys are checked where one is set."""

import pytest

from voice.engine.config import EngineConfig
from voice.engine.errors import Refusal, StartError
from voice.engine.keys import Keys


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def code_of(action, *args):
    with pytest.raises(Refusal) as caught:
        action(*args)
    assert caught.value.status == 401
    return caught.value.code


def test_a_secret_starts_one_call():
    keys = Keys("")
    value, _ = keys.mint({"type": "realtime"}, 600)
    assert keys.spend(value) == {"type": "realtime"}
    assert code_of(keys.spend, value) == "ephemeral_token_already_used"


def test_a_secret_expires():
    clock = Clock()
    keys = Keys("", clock=clock)
    value, expires_at = keys.mint({"type": "realtime"}, 10)
    assert expires_at == 1010
    clock.now = 1010.0
    assert code_of(keys.spend, value) == "invalid_api_key"


def test_any_key_opens_a_loopback_engine_but_none_and_secrets_do_not():
    keys = Keys("")
    keys.check("sk-anything")
    assert code_of(keys.check, "") == "invalid_api_key"
    assert code_of(keys.check, "ek_1") == "invalid_api_key"


def test_a_set_key_is_the_only_one():
    keys = Keys("right")
    keys.check("right")
    assert code_of(keys.check, "wrong") == "invalid_api_key"


def test_an_open_address_needs_a_key():
    with pytest.raises(StartError, match="ENGINE_API_KEY"):
        EngineConfig(bind="0.0.0.0")
    EngineConfig(bind="0.0.0.0", api_key="x")
    EngineConfig(bind="::1")
