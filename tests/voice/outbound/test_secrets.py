"""Secrets are read when they are used and shown to nobody."""

from __future__ import annotations

from typing import Any

import pytest

from voice.outbound.refusals import NotSetUp
from voice.outbound.secrets import MASK, masked, scrubbed, scrubbed_text, value_of


@pytest.fixture(autouse=True)
def secrets(settings: Any) -> None:
    settings.TOOL_SECRETS = ("KEY", "EMPTY", "LONGER", "TINY")
    settings.TOOL_SECRET_VALUES = {"KEY": "s3cr/et", "EMPTY": "", "LONGER": "s3cr/et-and-more", "TINY": "ab"}


def test_listed_secret_has_its_value_and_its_mask():
    assert (value_of("KEY"), masked("KEY")) == ("s3cr/et", MASK)


@pytest.mark.parametrize(("name", "why"), [("OTHER", "not in TOOL_SECRETS"), ("EMPTY", "no value")])
@pytest.mark.parametrize("lookup", [value_of, masked])
def test_secret_that_is_not_there_is_named_to_operators_only(name: str, why: str, lookup: Any):
    with pytest.raises(NotSetUp) as missing:
        lookup(name)
    assert why in missing.value.detail and name in missing.value.detail
    assert name not in missing.value.message


def test_secrets_are_taken_out_of_what_comes_back():
    said = {
        "s3cr/et": ["x s3cr/et y", 1, None],
        "url": "/?k=s3cr%2Fet",
        "tab": "ab",
        "more": "s3cr/et-and-more",
    }
    assert scrubbed(said) == {MASK: [f"x {MASK} y", 1, None], "url": f"/?k={MASK}", "tab": "ab", "more": MASK}
    assert scrubbed_text("the s3cr/et") == f"the {MASK}"
