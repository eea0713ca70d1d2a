"""The conversation row through a call's life: opened before the provider is asked, closed exactly once.

All functions are plain database code; calls run them through `voice.writer`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from voice import budgets
from voice.approvals import close_open
from voice.errors import AlreadyInCall, BadInput, BudgetSpent, CallEnded, NotFound
from voice.limits import counted_calls, grant_s
from voice.models import Assistant, CallPolicy, Conversation, ToolRun
from voice.models.conversations import OPEN_RUNS
from voice.protocol import SESSION_MAX_SECONDS, JsonObject
from voice.search import index_conversation
from voice.session_config import max_seconds, opening_for, session_for
from voice.tools.executor import failure

CREATION_GRACE = timedelta(seconds=60)
HANG_UP_GRACE = timedelta(seconds=15)
INTERRUPTED = "The tool was interrupted. Ask whether to try again."
MINTED_GRACE = timedelta(seconds=SESSION_MAX_SECONDS + 600)


@dataclass(frozen=True)
class CallRecord:
    """What the owner of a call needs of its row; plain values, so it may cross threads."""

    id: uuid.UUID
    user_id: int
    model: str
    expires_at: datetime
    call_id: str = ""
    greeting: str = ""
    opening: str = ""
    ready: bool = False
    session: JsonObject = field(default_factory=dict, repr=False)
    known_calls: frozenset[str] = frozenset()
    on_tampering: str = CallPolicy.OnTampering.NOTE

    @property
    def room(self) -> str:
        return f"call.{self.id}"

    @property
    def issued_tools(self) -> frozenset[str]:
        """Names of the tools the call was given."""
        return frozenset(str(tool["name"]) for tool in self.session.get("tools", []))

    def model_for(self, kind: str) -> str:
        """Which model a response or a transcription is billed by."""
        if kind == "response":
            return self.model
        hearing = self.session.get("audio", {}).get("input", {}).get("transcription") or {}
        return str(hearing.get("model", ""))


def assistant_for(user: Any, slug: str | None) -> Assistant:
    """The named assistant, or the default one. Raises BadInput when this person has none such."""
    open_ones = Assistant.objects.open_to(user)
    found: Assistant | None = open_ones.filter(slug=slug).first() if slug else open_ones.first()
    if found is not None:
        return found
    if slug:
        raise BadInput(f"There is no assistant called {slug[:50]}.", field="assistant")
    raise BadInput("No assistant is open to you. Ask the operator to add one.", field="assistant")


def open_conversation(
    user_id: int, slug: str | None, *, provider: str, voice: str = "", minted: bool = False
) -> CallRecord:
    """Make the row of a new call. Raises AlreadyInCall, TooManyCalls and its kin, BadInput."""
    try:
        with transaction.atomic():
            return _open(user_id, slug, provider=provider, voice=voice, minted=minted)
    except BudgetSpent as exc:
        budgets.note_reached(exc.budget, user_id)
        raise


def _open(user_id: int, slug: str | None, *, provider: str, voice: str, minted: bool) -> CallRecord:
    # The row lock makes two requests of one person wait for each other, in any process.
    user = get_user_model().objects.select_for_update().get(pk=user_id)
    assistant = assistant_for(user, slug)
    if not minted:
        _refuse_second_call(user_id)
    budgets.refuse_spent(user_id)
    granted_s = grant_s(user_id, max_seconds(assistant))
    session = session_for(assistant, user, voice=voice)
    now = timezone.now()
    row = Conversation.objects.create(
        user=user,
        assistant=assistant,
        assistant_name=assistant.name,
        assistant_version=assistant.history.first(),
        provider=provider,
        model=session["model"],
        minted=minted,
        session=session,
        greeting=assistant.greeting,
        keep=assistant.keep,
        keep_days=assistant.keep_days,
        started_at=now,
        expires_at=now + timedelta(seconds=granted_s),
    )
    return record_of(row, opening_for(user))


def _refuse_second_call(user_id: int) -> None:
    running = running_calls(user_id)
    if len(running) >= settings.CALLS_PER_USER:
        raise AlreadyInCall(
            "You are already in a call, in another tab or on another device.", call=str(running[0].pk)
        )


def running_calls(user_id: int) -> list[Conversation]:
    """A person's calls that are not over, newest first; secrets nobody used yet do not count."""
    return list(counted_calls().filter(user_id=user_id, ended_at__isnull=True))


def record_of(row: Conversation, opening: str = "") -> CallRecord:
    """The row as plain values."""
    return CallRecord(
        id=row.pk,
        user_id=row.user_id,
        model=row.model,
        expires_at=row.expires_at,
        call_id=row.provider_call_id,
        greeting=row.greeting,
        opening=opening,
        ready=row.ready_at is not None,
        session=row.session,
        on_tampering=CallPolicy.current().on_tampering,
    )


def set_call_id(conversation_id: uuid.UUID, call_id: str) -> bool:
    """Keep the provider's id; False when the call was ended while it was being made."""
    Conversation.objects.filter(pk=conversation_id).update(provider_call_id=call_id)
    return is_running(conversation_id)


def set_control(conversation_id: uuid.UUID, control: str) -> Conversation | None:
    """Keep who controls the call; None when it was ended meanwhile."""
    rows = Conversation.objects.filter(pk=conversation_id, ended_at__isnull=True)
    rows.update(control=control)
    return rows.first()


def mark_hung_up(conversation_id: uuid.UUID) -> None:
    """The provider has confirmed that nothing of this call runs any more."""
    rows = Conversation.objects.filter(pk=conversation_id, hung_up_at__isnull=True)
    rows.update(hung_up_at=timezone.now())


def not_hung_up() -> list[tuple[uuid.UUID, str]]:
    """Ended calls whose hang-up was never confirmed: `(conversation, provider call id)`, oldest first.

    One that ended a moment ago is left to who ended it; beyond a session's length it is over anyway.
    """
    now = timezone.now()
    rows = Conversation.objects.filter(
        hung_up_at__isnull=True,
        ended_at__gt=now - timedelta(seconds=SESSION_MAX_SECONDS),
        ended_at__lt=now - HANG_UP_GRACE,
    ).exclude(provider_call_id="")
    return list(rows.order_by("ended_at").values_list("pk", "provider_call_id")[:20])


def attach_minted(conversation_id: uuid.UUID, user_id: int, call_id: str) -> CallRecord:
    """Give a minted conversation its call. Raises NotFound, CallEnded, BadInput, TooManyCalls and its kin."""
    try:
        with transaction.atomic():
            return _attach_minted(conversation_id, user_id, call_id)
    except BudgetSpent as exc:
        budgets.note_reached(exc.budget, user_id)
        raise


def _attach_minted(conversation_id: uuid.UUID, user_id: int, call_id: str) -> CallRecord:
    rows = Conversation.objects.select_for_update()
    row = rows.filter(pk=conversation_id, user_id=user_id, minted=True).first()
    if row is None:
        raise NotFound("There is no such call.")
    if row.ended_at is not None:
        raise CallEnded("This call is over.")
    if row.provider_call_id not in ("", call_id):
        raise BadInput("This conversation has a call already.", field="call_id")
    others = Conversation.objects.filter(provider=row.provider, provider_call_id=call_id)
    if others.exclude(pk=row.pk).exists():
        raise BadInput("This call belongs to another conversation.", field="call_id")
    if not row.provider_call_id:
        _begin_minted(row, call_id)
    return record_of(row, opening_for(row.user))


def _begin_minted(row: Conversation, call_id: str) -> None:
    """The time it was given starts to run now; attaching again asks for nothing new."""
    budgets.refuse_spent(row.user_id)
    wanted_s = round((row.expires_at - row.started_at).total_seconds())
    granted_s = grant_s(row.user_id, wanted_s, but=row.pk)
    row.provider_call_id, row.started_at = call_id, timezone.now()
    row.expires_at = row.started_at + timedelta(seconds=granted_s)
    row.save(update_fields=["provider_call_id", "started_at", "expires_at"])


def detach_minted(conversation_id: uuid.UUID) -> None:
    """The call of `attach_minted` turned out not to exist."""
    rows = Conversation.objects.filter(pk=conversation_id, ended_at__isnull=True)
    rows.update(provider_call_id="")


def mark_ready(conversation_id: uuid.UUID) -> Conversation | None:
    """The browser is there; the row, the first time only."""
    rows = Conversation.objects.filter(pk=conversation_id, ended_at__isnull=True)
    is_first = rows.filter(ready_at__isnull=True).update(ready_at=timezone.now())
    return rows.first() if is_first else None


def close_conversation(conversation_id: uuid.UUID, reason: str) -> Conversation | None:
    """End the record; the first reason given stays. Runs still open are closed with it."""
    now = timezone.now()
    with transaction.atomic():
        Conversation.objects.filter(pk=conversation_id, ended_at__isnull=True).update(
            ended_at=now, end_reason=reason
        )
        close_open(conversation_id)
        ToolRun.objects.filter(conversation_id=conversation_id, status__in=OPEN_RUNS).update(
            status=ToolRun.Status.FAILED, output=failure("The call ended before the tool did.")
        )
        index_conversation(conversation_id)
    return Conversation.objects.filter(pk=conversation_id).first()


def find_own(conversation_id: uuid.UUID, user_id: int) -> Conversation:
    """A person's own conversation. Raises NotFound, also for somebody else's."""
    row = Conversation.objects.filter(pk=conversation_id, user_id=user_id).first()
    if row is None:
        raise NotFound("There is no such call.")
    return row


def is_running(conversation_id: uuid.UUID) -> bool:
    return Conversation.objects.filter(pk=conversation_id, ended_at__isnull=True).exists()


def running_record(conversation_id: uuid.UUID) -> CallRecord | None:
    """A call that is not over, for whoever takes it."""
    rows = Conversation.objects.filter(pk=conversation_id, ended_at__isnull=True).select_related("user")
    row = rows.first()
    return record_of(row, opening_for(row.user)) if row else None


@dataclass(frozen=True)
class Unended:
    """A row without an end, as the sweeper sees it. `hopeless`: no call id and its time for one is over."""

    id: uuid.UUID
    hopeless: bool


def unended_calls() -> list[Unended]:
    """Everything that claims to be running, in any process.

    Every process asks every second, so no more of a row is read than this.
    """
    now = timezone.now()
    rows = Conversation.objects.filter(ended_at__isnull=True)
    found = []
    for key, call_id, minted, started_at in rows.values_list(
        "pk", "provider_call_id", "minted", "started_at"
    ):
        grace = MINTED_GRACE if minted else CREATION_GRACE
        if call_id or now - started_at > grace:
            found.append(Unended(key, not call_id))
    return found


def with_known_runs(record: CallRecord) -> tuple[CallRecord, list[str]]:
    """For a take-over: which function calls have their row, and those whose run died with its process."""
    runs = list(ToolRun.objects.filter(conversation_id=record.id))
    lost = [run.call_id for run in runs if run.status == ToolRun.Status.RUNNING]
    ToolRun.objects.filter(conversation_id=record.id, call_id__in=lost).update(
        status=ToolRun.Status.FAILED, output=failure(INTERRUPTED)
    )
    return replace(record, known_calls=frozenset(run.call_id for run in runs)), lost
