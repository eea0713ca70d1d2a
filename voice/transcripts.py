"""The record of a call: turns, tool runs and usage, stored so that saying it twice changes nothing.

Stored is what the call's `keep` lets be kept, after redaction, and nothing once the conversation is erased;
the rows that come back are what may be told. All functions are plain database code; calls run them through
`voice.writer`.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction

from voice.call import TurnData, UsageData
from voice.costs import Metered, cost_of_call_id, settle
from voice.events import InputDetails, OutputDetails, TokenDetails, TokenUsage
from voice.limits import shows_cost
from voice.models import Conversation, Keep, ToolRun, Turn, Usage
from voice.models.conversations import Source
from voice.redaction import Side, redact_heard, redact_json, rules_for
from voice.search import index_conversation
from voice.tools.executor import ToolResult, storable


def store_turn(
    conversation_id: uuid.UUID, turn: TurnData, *, source: Source = Source.SIDEBAND
) -> Turn | None:
    """Store or improve a turn; None when nothing changed.

    What the browser reports never replaces the provider's own word.
    """
    with transaction.atomic():
        # The lock lets an erasure and a turn that comes late wait for each other.
        call = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        if call is None or call.erased_at is not None or call.keep == Keep.NOTHING:
            return None
        row = _keep_turn(call, _redacted(turn), source)
        if row is not None and call.ended_at is not None:
            index_conversation(call.pk)
        return row


def _redacted(turn: TurnData) -> TurnData:
    rules = rules_for(Side.PERSON if turn.role == "user" else Side.ASSISTANT)
    text, heard = redact_heard(storable(turn.text), storable(turn.heard_text), rules)
    return replace(turn, text=text, heard_text=heard)


def _keep_turn(call: Conversation, turn: TurnData, source: Source) -> Turn | None:
    values = {
        "role": turn.role,
        "text": turn.text,
        "heard_text": turn.heard_text,
        "heard_exact": turn.heard_exact,
        "interrupted": turn.interrupted,
        "started_at": turn.started_at,
        "source": source,
    }
    row, made = Turn.objects.get_or_create(conversation=call, item_id=turn.item_id, defaults=values)
    if made or not _improves(row, turn, source):
        return row if made else None
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=[*values])
    return row


def _improves(row: Turn, turn: TurnData, source: Source) -> bool:
    if source == Source.BROWSER:
        return row.source == Source.BROWSER
    # What a broken sideband heard of a turn is less than what the page saw whole.
    fragment = turn.interrupted and len(turn.text) < len(row.text)
    return not (row.source == Source.BROWSER and fragment)


def stored_items(conversation_id: uuid.UUID) -> list[str]:
    """Item ids whose turns are stored: the page stops keeping those."""
    return list(Turn.objects.filter(conversation_id=conversation_id).values_list("item_id", flat=True))


def store_usage(
    conversation_id: uuid.UUID, model: str, data: UsageData, *, source: Source = Source.SIDEBAND
) -> Usage | None:
    """Store one response's or transcription's usage, its split and its cost; None when nothing changed.

    What the browser reports never replaces the provider's own word.
    """
    try:
        with transaction.atomic():
            return _store_usage(conversation_id, model, data, source)
    except IntegrityError:
        # The page and the sideband, in two processes, by a breath: now there is a row to compare with.
        with transaction.atomic():
            return _store_usage(conversation_id, model, data, source)


def _store_usage(conversation_id: uuid.UUID, model: str, data: UsageData, source: Source) -> Usage | None:
    same = Usage.objects.filter(conversation_id=conversation_id, kind=data.kind, source_id=data.source_id)
    row = same.select_for_update().first()
    if row is not None and not (row.source == Source.BROWSER and source == Source.SIDEBAND):
        return None
    row = row or _new_usage(conversation_id, data)
    if row is None:
        return None
    row.model, row.source = model, source
    for name, value in _split(data.usage).items():
        setattr(row, name, value)
    settle(row).save()
    return row


def _new_usage(conversation_id: uuid.UUID, data: UsageData) -> Usage | None:
    """A row to fill; None when the conversation was erased while it ran."""
    conversation = Conversation.objects.filter(pk=conversation_id).first()
    if conversation is None:
        return None
    return Usage(
        conversation=conversation,
        provider=conversation.provider,
        kind=data.kind,
        source_id=data.source_id,
    )


def _split(usage: TokenUsage) -> dict[str, float | None]:
    """The provider's full token split, by the names of our columns."""
    read = usage.input_token_details or InputDetails()
    cached = read.cached_tokens_details or TokenDetails()
    wrote = usage.output_token_details or OutputDetails()
    return {
        "seconds": usage.seconds,
        "total_tokens": usage.total_tokens,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "input_text": read.text_tokens,
        "input_audio": read.audio_tokens,
        "input_image": read.image_tokens,
        "cached_tokens": read.cached_tokens,
        "cached_text": cached.text_tokens,
        "cached_audio": cached.audio_tokens,
        "cached_image": cached.image_tokens,
        "output_text": wrote.text_tokens,
        "output_audio": wrote.audio_tokens,
        "reasoning_tokens": wrote.reasoning_tokens,
    }


def meter(
    conversation_id: uuid.UUID, model: str, data: UsageData, *, source: Source = Source.SIDEBAND
) -> Metered | None:
    """Store usage and say what the call has cost with it; None when nothing changed."""
    row = store_usage(conversation_id, model, data, source=source)
    if row is None:
        return None
    return Metered(row, cost_of_call_id(conversation_id) if shows_cost() else None)


def metered(conversation_id: uuid.UUID) -> list[str]:
    """What is stored of a call's usage, as `kind:source id`: the page stops keeping that."""
    rows = Usage.objects.filter(conversation_id=conversation_id).values_list("kind", "source_id")
    return [f"{kind}:{source_id}" for kind, source_id in rows]


def claim_run(
    conversation_id: uuid.UUID, call_id: str, name: str, arguments: str, *, source: Source = Source.SIDEBAND
) -> ToolRun | None:
    """Take a function call for oneself; None when somebody has it already."""
    try:
        with transaction.atomic():
            return ToolRun.objects.create(
                conversation_id=conversation_id,
                call_id=call_id,
                name=storable(name)[:120],
                arguments=_kept_tool_text(conversation_id, arguments),
                source=source,
            )
    except IntegrityError:
        return None


def finish_run(conversation_id: uuid.UUID, call_id: str, result: ToolResult) -> ToolRun | None:
    """Close a run. One that is closed already keeps its first output: None."""
    closed = ToolRun.objects.filter(
        conversation_id=conversation_id, call_id=call_id, status=ToolRun.Status.RUNNING
    ).update(
        output=_kept_tool_text(conversation_id, result.output),
        status=ToolRun.Status.FAILED if result.failed else ToolRun.Status.DONE,
        duration_ms=result.duration_ms,
    )
    return read_run(conversation_id, call_id) if closed else None


def _kept_tool_text(conversation_id: uuid.UUID, text: str) -> str:
    """What may be stored of a tool's arguments or answer."""
    keeps_all = Conversation.objects.filter(
        pk=conversation_id, keep=Keep.EVERYTHING, erased_at__isnull=True
    ).exists()
    return redact_json(storable(text), rules_for(Side.TOOLS)) if keeps_all else ""


def read_run(conversation_id: uuid.UUID, call_id: str) -> ToolRun | None:
    return ToolRun.objects.filter(conversation_id=conversation_id, call_id=call_id).first()


def known_runs(conversation_id: uuid.UUID) -> list[ToolRun]:
    return list(ToolRun.objects.filter(conversation_id=conversation_id))


def turn_from_browser(
    item_id: str,
    role: str,
    text: str,
    *,
    heard_text: str | None,
    interrupted: bool,
    started_at: datetime,
) -> TurnData:
    """What a page reports about a finished turn, as the core would have said it."""
    heard = text if heard_text is None else heard_text
    return TurnData(item_id, role, text, heard, started_at, heard_exact=False, interrupted=interrupted)  # type: ignore[arg-type]
