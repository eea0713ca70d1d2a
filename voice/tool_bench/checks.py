"""Runs saved checks and judges them.

A check runs for whoever asks, never for whoever saved it: nobody's rights can be borrowed through a check.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from voice import audit
from voice.models import AuditAction, ToolCheck
from voice.outbound.picking import NotThere, pick
from voice.tool_bench.bench import Errand, run_errands
from voice.tools.executor import ToolResult

SAID_CHARS = 300


@dataclass(frozen=True)
class Verdict:
    """What became of a check; `said` is why, for people."""

    check: ToolCheck
    passed: bool
    said: str
    duration_ms: int


def run_checks(checks: Iterable[ToolCheck], *, user: Any, actor: Any = None) -> list[Verdict]:
    """Run them for `user`, keep each one's last result and write one audit row a tool."""
    chosen = list(checks)
    results = run_errands([Errand(check.tool, json.dumps(check.arguments), user) for check in chosen])
    verdicts = [
        Verdict(check, *judge(check, result), result.duration_ms)
        for check, result in zip(chosen, results, strict=True)
    ]
    _keep(verdicts)
    for tool in dict.fromkeys(check.tool for check in chosen):
        own = [verdict for verdict in verdicts if verdict.check.tool == tool]
        failed = sum(not verdict.passed for verdict in own)
        detail = {"tool": tool.name, "as": user.get_username(), "checks": len(own), "failed": failed}
        audit.record(AuditAction.TOOL_TRIED, actor=actor, **detail)
    return verdicts


def judge(check: ToolCheck, result: ToolResult) -> tuple[bool, str]:
    """Whether the result is what the check expects, and what to say of it."""
    got = result.output[:SAID_CHARS]
    if check.expects == ToolCheck.Expects.FAILURE:
        return result.failed, "It fails, as it should." if result.failed else f"It should fail; it gave {got}"
    if result.failed:
        return False, f"It failed: {' '.join(filter(None, [got, result.detail]))}"
    if check.expects == ToolCheck.Expects.CONTAINS:
        found = check.expected in result.output
        return found, f"The output has “{check.expected}” in it." if found else f"It is not in {got}"
    if check.expects == ToolCheck.Expects.EQUALS:
        return _judge_part(check, result)
    return True, "It succeeds."


def _judge_part(check: ToolCheck, result: ToolResult) -> tuple[bool, str]:
    where = check.path or "the output"
    try:
        part = pick(json.loads(result.output), check.path)
    except NotThere:
        return False, f"There is no {check.path} in {result.output[:SAID_CHARS]}"
    shown = json.dumps(part, ensure_ascii=False)
    wanted = wanted_value(check.expected)
    same = part == wanted and isinstance(part, bool) == isinstance(wanted, bool)
    return same, f"{where} is {shown}" if same else f"{where} is {shown}, not {check.expected}"


def wanted_value(text: str) -> Any:
    """The JSON value an operator wrote, or the text itself when it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _keep(verdicts: list[Verdict]) -> None:
    now = timezone.now()
    for verdict in verdicts:
        check = verdict.check
        check.passed, check.said, check.ran_at = verdict.passed, verdict.said[:SAID_CHARS], now
    ToolCheck.objects.bulk_update([verdict.check for verdict in verdicts], ["passed", "said", "ran_at"])
