"""Models that end are named before they do."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client

from tests.voice.conftest import make_user
from voice.model_dates import warning_for
from voice.models import Assistant


def test_secret_of_tools_without_a_value_is_named(settings: Any):
    settings.TOOL_SECRETS, settings.TOOL_SECRET_VALUES = ("KEY", "OTHER"), {"KEY": "x", "OTHER": ""}
    found = [warning for warning in run_checks(include_deployment_checks=True) if warning.id == "voice.W002"]
    assert [warning.msg for warning in found] == ["OTHER is in TOOL_SECRETS, but has no value."]


@pytest.mark.parametrize(
    ("model", "successor"),
    [
        ("gpt-realtime", "gpt-realtime-2.1."),
        ("gpt-realtime-2025-08-28", "gpt-realtime-2.1."),
        ("gpt-realtime-mini-2025-12-15", "gpt-realtime-2.1-mini."),
        ("gpt-4o-realtime-preview-2024-12-17", "gpt-realtime-2.1."),
        ("whisper-1", "gpt-realtime-whisper."),
    ],
)
def test_model_with_an_end_names_its_successor(model: str, successor: str):
    assert warning_for(model).endswith(f"use {successor}")


@pytest.mark.parametrize(
    "model", ["gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime-1.5", "roomtone-local", ""]
)
def test_living_model_is_silent(model: str):
    assert warning_for(model) == ""


def test_deployment_check_warns(settings: Any):
    settings.REALTIME_MODEL = "gpt-realtime"
    found = [message for message in run_checks(include_deployment_checks=True) if message.id == "voice.W001"]
    assert [message.hint for message in found] == ["Set REALTIME_MODEL."]


@pytest.mark.django_db
def test_admin_warns_in_the_list_of_assistants():
    operator = Client()
    operator.force_login(make_user("operator", is_staff=True, is_superuser=True))
    Assistant.objects.create(slug="old", name="Old", instructions="x", model="gpt-realtime-mini")
    page = operator.get("/admin/voice/assistant/").content.decode()
    assert "The model gpt-realtime-mini ends on 20 January 2027" in page
