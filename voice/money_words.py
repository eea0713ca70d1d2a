"""How money is said: enough digits to see something, and never a nought for what is unknown."""

from __future__ import annotations

from decimal import Decimal

from voice.cost_reports import Line
from voice.costs import CallCost, State
from voice.models import Usage
from voice.models.money import CURRENCY


def money(amount: Decimal) -> str:
    """`12.30 USD`; below a cent two digits that say something, such as `0.0034 USD`."""
    if amount >= Decimal("0.01") or amount == 0:
        return f"{amount:,.2f} {CURRENCY}"
    if amount < Decimal("0.000001"):
        return f"below 0.000001 {CURRENCY}"
    return f"{amount:.{1 - amount.adjusted()}f} {CURRENCY}"


def grouped(number: int) -> str:
    """`1,234,567`."""
    return f"{number:,}"


def cost_words(cost: CallCost | Line) -> str:
    """A call's cost or a line of a report, with what is not known about it."""
    if isinstance(cost, Line):
        return _said(cost.cost, cost.state)
    return _said(cost.amount, cost.state)


def _said(amount: Decimal | None, state: State) -> str:
    if state == "free":
        return "Free"
    if state == "unknown" or amount is None:
        return "Unknown"
    return f"At least {money(amount)}" if state == "partly" else money(amount)


def row_cost(usage: Usage) -> str:
    """What one row of usage cost."""
    if usage.cost is None:
        return "Unknown"
    return "Free" if usage.pricing == Usage.Pricing.FREE else money(usage.cost)
