"""What usage costs: settled once, with the price valid at its time, and stored with it.

Promises: Decimal from end to end; a price that is missing, also of one kind of token, makes the cost unknown
and never zero; the engine in the box is free; a stored cost changes by nothing but `price_unpriced`, which
touches only what is unknown.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.db.models import Count, Q, QuerySet, Sum

from voice.models import Conversation, ModelPrice, Usage
from voice.models.money import CURRENCY
from voice.protocol import JsonObject

MILLION = Decimal(1_000_000)
EXACT = Decimal("1e-12")
SHOWN = Decimal("0.000001")
FREE_PROVIDER = "local"
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")

State = Literal["priced", "free", "partly", "unknown"]


@dataclass(frozen=True)
class CallCost:
    """What a call has cost so far. `partly`: at least `amount`; `unknown`: no amount."""

    amount: Decimal | None
    state: State

    def as_json(self) -> JsonObject:
        """The `cost` field of docs/protocol.md; text, because JSON's numbers are not decimal."""
        amount = None if self.amount is None else format(self.amount.quantize(SHOWN), "f")
        return {"amount": amount, "currency": CURRENCY, "state": self.state}


@dataclass(frozen=True)
class Metered:
    """A usage row just stored, and what its call costs with it; None when people are not to see that."""

    row: Usage
    cost: CallCost | None


def price_at(model: str, at: datetime) -> ModelPrice | None:
    """The price of a model at a moment: its own row, else that of the name without a snapshot's date."""
    rows = ModelPrice.objects.filter(valid_from__lte=at).order_by("-valid_from")
    found = rows.filter(model=model).first()
    plain = _SNAPSHOT.sub("", model)
    return found if found is not None or plain == model else rows.filter(model=plain).first()


def cost_of(usage: Usage, price: ModelPrice) -> Decimal | None:
    """The exact cost in the price's currency; None when a price of something used is missing."""
    if usage.seconds is not None:
        if price.per_minute is None:
            return None
        return (Decimal(str(usage.seconds)) * price.per_minute / 60).quantize(EXACT)
    total = Decimal(0)
    for tokens, column in _parts(usage):
        per_million = getattr(price, column, None)
        if tokens and per_million is None:
            return None
        total += tokens * (per_million or Decimal(0))
    return (total / MILLION).quantize(EXACT)


def _parts(usage: Usage) -> Iterator[tuple[int, str]]:
    """Tokens by the price they have. Cached ones are a part of what was read and cost less."""
    for kind in ("text", "audio", "image"):
        read: int = getattr(usage, f"input_{kind}")
        # A provider that tells only the sum of what was cached is taken at the full price: never too low.
        cached = min(read, getattr(usage, f"cached_{kind}"))
        yield read - cached, f"{kind}_in"
        yield cached, f"cached_{kind}_in"
    yield usage.output_audio, "audio_out"
    text, unsplit = usage.output_text, usage.output_tokens - usage.output_text - usage.output_audio
    # Transcription writes text only, and thinking is billed as text; neither is always split.
    if usage.kind == Usage.Kind.TRANSCRIPTION or unsplit <= usage.reasoning_tokens:
        text, unsplit = text + max(0, unsplit), 0
    yield text, "text_out"
    unsplit += max(0, usage.input_tokens - usage.input_text - usage.input_audio - usage.input_image)
    unsplit += max(0, usage.total_tokens - usage.input_tokens - usage.output_tokens)
    yield max(0, unsplit), "no_price_for_what_is_not_split"


def settle(usage: Usage) -> Usage:
    """Give a row that is not stored yet its cost."""
    if usage.provider == FREE_PROVIDER:
        usage.pricing, usage.cost = Usage.Pricing.FREE, Decimal(0)
        return usage
    price = price_at(usage.model, usage.at)
    cost = None if price is None else cost_of(usage, price)
    usage.cost = cost
    usage.price = None if cost is None else price
    usage.pricing = Usage.Pricing.UNKNOWN if cost is None else Usage.Pricing.PRICED
    return usage


@dataclass(frozen=True)
class Filled:
    """What `price_unpriced` did, in rows."""

    priced: int
    still_unknown: int


def price_unpriced(rows: QuerySet[Usage]) -> Filled:
    """Settle those of `rows` whose cost is unknown, with the prices of their own times."""
    priced = still_unknown = 0
    for usage in rows.filter(pricing=Usage.Pricing.UNKNOWN).iterator(500):
        settle(usage)
        if usage.pricing == Usage.Pricing.UNKNOWN:
            still_unknown += 1
            continue
        values = {"cost": usage.cost, "pricing": usage.pricing, "price": usage.price}
        # Two operators at once: who comes second finds nothing to do.
        priced += Usage.objects.filter(pk=usage.pk, pricing=Usage.Pricing.UNKNOWN).update(**values)
    return Filled(priced, still_unknown)


def cost_of_call(conversation: Conversation) -> CallCost:
    """What a call has cost so far."""
    return cost_of_rows(Usage.objects.filter(call=conversation.pk), nothing=without_usage(conversation))


def costs_of_calls(conversations: Collection[Conversation]) -> dict[uuid.UUID, CallCost]:
    """The same for many, in one query."""
    rows = Usage.objects.filter(call__in=[conversation.pk for conversation in conversations])
    summed = rows.order_by().values("call").annotate(**_totals())
    found: dict[uuid.UUID | None, Any] = {row["call"]: row for row in summed}
    return {
        conversation.pk: _cost(found.get(conversation.pk), without_usage(conversation))
        for conversation in conversations
    }


def cost_of_call_id(conversation_id: uuid.UUID) -> CallCost:
    """The same, for a call that has some usage."""
    return cost_of_rows(Usage.objects.filter(call=conversation_id), nothing="unknown")


def without_usage(conversation: Conversation) -> State:
    """The state of a call without usage: with nobody listening, nothing metered is not nothing used."""
    if conversation.provider == FREE_PROVIDER:
        return "free"
    unheard = conversation.provider_call_id and conversation.control == Conversation.Control.COURIER
    return "unknown" if unheard else "priced"


def cost_of_rows(rows: QuerySet[Usage], *, nothing: State = "priced") -> CallCost:
    """The sum of some usage; `nothing` is the state when there is none."""
    return _cost(rows.order_by().aggregate(**_totals()), nothing)


def _totals() -> dict[str, Count | Sum]:
    unknown = Count("pk", filter=Q(pricing=Usage.Pricing.UNKNOWN))
    free = Count("pk", filter=Q(pricing=Usage.Pricing.FREE))
    return {"total": Count("pk"), "unknown": unknown, "free": free, "summed": Sum("cost")}


def _cost(found: dict[str, Any] | None, nothing: State) -> CallCost:
    if found is None or not found["total"]:
        return CallCost(None if nothing == "unknown" else Decimal(0), nothing)
    state = state_of(found["total"], found["unknown"], found["free"])
    return CallCost(None if state == "unknown" else exact(found["summed"]), state)


def state_of(total: int, unknown: int, free: int) -> State:
    """How much of `total` rows of usage is known."""
    if unknown:
        return "unknown" if unknown + free == total else "partly"
    return "free" if total and free == total else "priced"


def exact(amount: Decimal | None) -> Decimal:
    """A database's sum as money: SQLite adds in floating point, which shows beyond the last digit kept."""
    return (amount or Decimal(0)).quantize(EXACT)
