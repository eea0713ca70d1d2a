"""Shipped tools and their rows."""

from __future__ import annotations

import pytest

from voice.demo import ensure_demo
from voice.models import Assistant, Tool
from voice.tools.registry import CODE_TOOLS, sync_tools
from voice.validators import validate_parameters


def test_names_are_unique_and_parameters_are_schemas():
    assert len({tool.name for tool in CODE_TOOLS}) == len(CODE_TOOLS)
    for tool in CODE_TOOLS:
        validate_parameters(tool.parameters)


@pytest.mark.django_db
def test_rows_keep_what_operators_wrote():
    assert sync_tools() == [tool.name for tool in CODE_TOOLS]
    Tool.objects.filter(name="get_weather").update(description="Only for Earth.", enabled=False)
    assert sync_tools() == []
    row = Tool.objects.get(name="get_weather")
    assert (row.description, row.enabled) == ("Only for Earth.", False)


@pytest.mark.django_db
def test_demo_is_made_once_and_only_where_nothing_is():
    ensure_demo()
    ensure_demo()
    home = Assistant.objects.get()
    assert home.is_default
    assert home.tools.count() == len(CODE_TOOLS)
