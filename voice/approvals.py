"""Questions before a tool runs, as rows: asked once a run, answered once, by the person in the call.

Promises: the first answer stays, whoever else answers or whatever process they reach; no answer in time is
a no; every end of a question is an audit row in the same transaction, without arguments. A no closes the
run with what the model reads; a yes leaves it waiting for whoever runs it (`claim_approved`). The arguments
asked about are those that run, whatever redaction leaves of them in the run's row; the question holds them
until it is denied or its run begins, and no longer than its call.

All functions are plain database code; calls run them through `voice.writer`.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from voice.audit import record
from voice.errors import AlreadyDecided, NotFound, ToolError
from voice.models import AuditAction, Conversation, Decision, Tool, ToolApproval, ToolRun
from voice.tools.executor import checked_arguments, storable
from voice.tools.rights import LONGEST_SHOWN, usable_tool

ANSWERS = {"approve": Decision.APPROVE, "always": Decision.ALWAYS, "deny": Decision.DENY}
ENDED = "ended"

_ACTIONS = {
    Decision.APPROVE: AuditAction.TOOL_APPROVED,
    Decision.ALWAYS: AuditAction.TOOL_APPROVED,
    Decision.CARRIED: AuditAction.TOOL_APPROVED,
    Decision.DENY: AuditAction.TOOL_DENIED,
    Decision.UNANSWERED: AuditAction.TOOL_UNANSWERED,
}


@dataclass(frozen=True)
class Approved:
    """A run that is one's own to run, with the arguments that were asked about."""

    run: ToolRun
    arguments: str = field(repr=False)


def ask(
    run: ToolRun, user_id: int, issued: frozenset[str], *, arguments: str, until: datetime
) -> ToolApproval | None:
    """Put the question a run needs; None when it needs none, or will be refused anyway.

    `until`: the call's own limits end the question earlier than the tool's time to answer. A tool that was
    approved for the whole call is not asked again, and says so (`CARRIED`).
    """
    tool = _asking_tool(run.name, arguments, user_id) if run.name in issued else None
    if tool is None or len(arguments) > LONGEST_SHOWN:
        return None
    now = timezone.now()
    with transaction.atomic():
        running = ToolRun.objects.filter(pk=run.pk, status=ToolRun.Status.RUNNING)
        if not running.update(status=ToolRun.Status.WAITING):
            return None  # the call has ended meanwhile
        run.status = ToolRun.Status.WAITING
        approval = ToolApproval.objects.create(
            run=run,
            title=str(tool)[:80],
            arguments=arguments,
            asked_at=now,
            expires_at=max(now, min(until, now + timedelta(seconds=tool.ask_s))),
        )
        if _is_carried(run):
            _decide(approval, Decision.CARRIED, actor=run.conversation.user)
    return approval


def _asking_tool(name: str, arguments: str, user_id: int) -> Tool | None:
    """The tool, if it asks first and would run: nobody is asked about what is refused anyway."""
    try:
        tool = usable_tool(user_id, name)
        checked_arguments(tool, arguments)
    except ToolError:
        return None
    return tool if tool.ask_first else None


def _is_carried(run: ToolRun) -> bool:
    asked = ToolApproval.objects.filter(run__conversation_id=run.conversation_id, run__name=run.name)
    return asked.filter(decision=Decision.ALWAYS).exists()


def answer(conversation_id: uuid.UUID, call_id: str, user: Any, decision: Decision) -> ToolApproval:
    """Take the person's answer; the same one again changes nothing.

    Raises NotFound, AlreadyDecided.
    """
    with transaction.atomic():
        approval = _locked(run__conversation_id=conversation_id, run__call_id=call_id)
        if approval is None:
            raise NotFound("There is nothing to decide here.")
        if not approval.decision and approval.expires_at <= timezone.now():
            _decide(approval, Decision.UNANSWERED)
        if not approval.decision:
            _decide(approval, decision, actor=user)
    if approval.decision != decision:
        raise AlreadyDecided(_STANDS[Decision(approval.decision)], decision=approval.decision)
    return approval


_STANDS = {
    Decision.APPROVE: "You have approved this already.",
    Decision.ALWAYS: "You have approved this already.",
    Decision.CARRIED: "You have approved this already.",
    Decision.DENY: "You have denied this already.",
    Decision.UNANSWERED: "It is too late: no answer in time means no.",
}


def look(run_id: int) -> ToolApproval | None:
    """How the question stands; one whose time is over is closed now. None: the record was erased."""
    with transaction.atomic():
        approval = _locked(run_id=run_id)
        if approval is not None and not approval.decision and approval.expires_at <= timezone.now():
            _decide(approval, Decision.UNANSWERED)
    return approval


def claim_approved(run_id: int) -> Approved | None:
    """Take an approved run for oneself; None when somebody has it already, or the call is over."""
    with transaction.atomic():
        approval = _locked(run_id=run_id)
        waiting = ToolRun.objects.filter(pk=run_id, status=ToolRun.Status.WAITING)
        if approval is None or not waiting.update(status=ToolRun.Status.RUNNING, started_at=timezone.now()):
            return None
        arguments, approval.arguments = approval.arguments, ""
        approval.save(update_fields=["arguments"])
        return Approved(ToolRun.objects.get(pk=run_id), arguments)


def waiting_runs(conversation_id: uuid.UUID) -> list[ToolRun]:
    """Runs whose question outlives the process that put it: whoever takes the call goes on waiting."""
    return list(ToolRun.objects.filter(conversation_id=conversation_id, status=ToolRun.Status.WAITING))


def close_open(conversation_id: uuid.UUID) -> None:
    """The call is over: nobody can answer any more. Called inside the transaction that ends it."""
    open_ones = ToolApproval.objects.filter(run__conversation_id=conversation_id, decision="")
    for pk in open_ones.values_list("pk", flat=True):
        approval = _locked(pk=pk)
        if approval is not None and not approval.decision:
            _decide(approval, Decision.UNANSWERED, because=ENDED)
    # Also of what was approved, but by nobody run.
    ToolApproval.objects.filter(run__conversation_id=conversation_id).exclude(arguments="").update(
        arguments=""
    )


def approvals_of(conversation_id: uuid.UUID) -> list[ToolApproval]:
    """Every question of a call, oldest first."""
    asked = ToolApproval.objects.filter(run__conversation_id=conversation_id)
    return list(asked.select_related("run").order_by("asked_at", "pk"))


def _locked(**which: Any) -> ToolApproval | None:
    rows = ToolApproval.objects.select_for_update(of=("self",)).filter(**which)
    return rows.select_related("run", "run__conversation").first()


def _decide(approval: ToolApproval, decision: Decision, *, actor: Any = None, because: str = "") -> None:
    """Write the end of a question: its row, the audit, and for a no the run."""
    approval.decision, approval.decided_at, approval.decided_by = decision, timezone.now(), actor
    if not approval.is_granted:
        approval.arguments = ""
    approval.save(update_fields=["decision", "decided_at", "decided_by", "arguments"])
    detail = {"tool": approval.run.name, "call_id": approval.run.call_id, "decision": str(decision)}
    conversation: Conversation = approval.run.conversation
    record(
        _ACTIONS[decision],
        actor=actor,
        conversation=conversation,
        **detail,
        **({"because": because} if because else {}),
    )
    if not approval.is_granted:
        _close_run(approval, because)


def _close_run(approval: ToolApproval, because: str) -> None:
    run = approval.run
    run.status, run.output = ToolRun.Status.DENIED, refusal(approval, because)
    ToolRun.objects.filter(pk=run.pk, status=ToolRun.Status.WAITING).update(
        status=run.status, output=run.output
    )


def refusal(approval: ToolApproval, because: str = "") -> str:
    """What the model reads instead of a result; `error` is a sentence it can say."""
    sentence = {
        Decision.DENY: f"You said no, so I did not use {approval.title}.",
        Decision.UNANSWERED: f"I got no answer in time, so I did not use {approval.title}.",
    }[Decision(approval.decision)]
    if because == ENDED:
        sentence = f"The call ended before {approval.title} was approved."
    return storable(json.dumps({"error": sentence, "approval": approval.decision}, ensure_ascii=False))
