"""Saved checks: what they expect, who they run for, and the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.voice.conftest import make_user
from tests.voice.outbound.service import Service
from voice.models import AuditEvent, Tool, ToolCheck
from voice.tool_bench.checks import judge, run_checks
from voice.tools.executor import ToolResult

pytestmark = pytest.mark.django_db(transaction=True)
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


@pytest.fixture
def service(settings: Any) -> Iterator[Service]:
    made = Service()
    settings.TOOL_PRIVATE_HOSTS = (made.at,)
    yield made
    made.close()


@pytest.fixture
def tool(service: Service) -> Tool:
    return Tool.objects.create(
        name="stock", kind="http", description="x", parameters=SCHEMA, http_url=f"{service.url}/json/{{a}}"
    )


def result(output: Any, *, failed: bool = False) -> ToolResult:
    return ToolResult(json.dumps(output), failed, 1)


@pytest.mark.parametrize(
    ("expects", "path", "expected", "output", "failed", "passes"),
    [
        ("success", "", "", {"a": 1}, False, True),
        ("success", "", "", {"error": "no"}, True, False),
        ("failure", "", "", {"error": "no"}, True, True),
        ("failure", "", "", {"a": 1}, False, False),
        ("contains", "", "warm", {"a": "warm"}, False, True),
        ("contains", "", "cold", {"a": "warm"}, False, False),
        ("contains", "", "no", {"error": "no"}, True, False),
        ("equals", "a.0", "21.5", {"a": [21.5]}, False, True),
        ("equals", "a", "true", {"a": 1}, False, False),
        ("equals", "a", "warm", {"a": "warm"}, False, True),
        ("equals", "a", '"warm"', {"a": "warm"}, False, True),
        ("equals", "b", "1", {"a": 1}, False, False),
        ("equals", "", '{"a": 1}', {"a": 1}, False, True),
    ],
)
def test_expectation(expects: str, path: str, expected: str, output: Any, failed: bool, passes: bool):
    check = ToolCheck(name="c", expects=expects, path=path, expected=expected)
    passed, said = judge(check, result(output, failed=failed))
    assert passed is passes
    assert said


def test_checks_run_and_keep_their_last_result(tool: Tool):
    user = make_user("ada")
    good = tool.checks.create(
        name="good", arguments={"a": '{"n": 3}'}, expects="equals", path="n", expected="3"
    )
    bad = tool.checks.create(name="bad", arguments={}, expects="success")
    verdicts = run_checks(tool.checks.all(), user=user, actor=user)
    assert [(verdict.check, verdict.passed) for verdict in verdicts] == [(good, True), (bad, False)]
    bad.refresh_from_db()
    assert (bad.passed, bad.ran_at is not None) == (False, True)
    assert "'a' is a required property" in bad.said
    [event] = AuditEvent.objects.all()
    assert event.detail == {"tool": "stock", "as": "ada", "checks": 2, "failed": 1}


def test_command_prints_a_table_and_fails_with_a_check(tool: Tool):
    make_user("root", is_superuser=True)
    check = tool.checks.create(name="found", arguments={"a": "1"}, expects="contains", expected="1")
    out = StringIO()
    call_command("check_tools", stdout=out)
    header, row = out.getvalue().splitlines()
    assert header.split() == ["tool", "check", "result", "ms", "why"]
    assert row.split()[:3] == ["stock", "found", "passed"]
    ToolCheck.objects.filter(pk=check.pk).update(expected="2")
    with pytest.raises(SystemExit) as left:
        call_command("check_tools", stdout=out)
    assert left.value.code == 1
    assert "FAILED" in out.getvalue()


def test_command_leaves_out_tools_that_are_off_unless_named(tool: Tool):
    make_user("root", is_superuser=True)
    tool.checks.create(name="found", arguments={}, expects="success")
    Tool.objects.update(enabled=False)
    out = StringIO()
    call_command("check_tools", stdout=out)
    assert out.getvalue() == "There are no checks.\n"
    with pytest.raises(SystemExit):
        call_command("check_tools", "--tool", "stock", stdout=out)


def test_command_needs_a_person(tool: Tool):
    tool.checks.create(name="found", arguments={"a": "1"})
    with pytest.raises(CommandError, match="no superuser"):
        call_command("check_tools")
    with pytest.raises(CommandError, match="called nobody"):
        call_command("check_tools", "--user", "nobody")
