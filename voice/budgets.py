"""Whether there is money left: budgets of a person, of their groups, of everybody.

Promises: what counts is the cost that is stored with usage; unknown cost counts as nothing, which the admin
says beside the budgets; a spent budget refuses new calls until its period ends and is written down once a
period and person. Running calls are watched by `voice.calls.meter`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Min, Q, QuerySet, Sum
from django.utils import timezone

from voice import audit
from voice.costs import exact
from voice.errors import BudgetSpent
from voice.models import AuditAction, AuditEvent, Budget, Usage
from voice.periods import Span, day_of, month_of

WARN_AT = Decimal("0.8")


@dataclass(frozen=True)
class Standing:
    """How one budget stands for one person."""

    budget: Budget
    spent: Decimal
    span: Span

    @property
    def is_spent(self) -> bool:
        return self.spent >= self.budget.amount

    @property
    def is_low(self) -> bool:
        return self.spent >= self.budget.amount * WARN_AT

    @property
    def percent(self) -> int:
        """Of the budget, rounded down; 100 for one of nothing."""
        return int(100 * self.spent / self.budget.amount) if self.budget.amount else 100

    @property
    def name(self) -> str:
        """Whose budget for when, said to the person."""
        budget = self.budget
        group = "This site's budget" if budget.group is None else f"The budget of your group {budget.group}"
        own = budget.user is not None or not budget.shared
        when = "today" if budget.period == Budget.Period.DAY else "this month"
        return f"{'Your budget' if own else group} for {when}"

    @property
    def low_sentence(self) -> str:
        return f"{self.name} is {self.percent} % used."

    @property
    def spent_sentence(self) -> str:
        return f"{self.name} is used up."

    @property
    def refusal(self) -> str:
        """The sentence for somebody who wants a new call."""
        when = (
            "tomorrow"
            if self.budget.period == Budget.Period.DAY
            else f"on {self.span.end.day} {self.span.end:%B}"
        )
        return f"{self.spent_sentence} Calls are possible again {when}."


def standings(user_id: int) -> list[Standing]:
    """How all budgets that hold for a person stand, the tightest first."""
    now = timezone.now()
    holding = Q(user_id=user_id) | Q(user__isnull=True, group__isnull=True)
    in_groups = Q(group__in=Group.objects.filter(user=user_id))
    rows = Budget.objects.filter(holding | in_groups, enabled=True).select_related("user", "group")
    found = [_standing(budget, user_id, now) for budget in rows]
    return sorted(found, key=lambda standing: (not standing.is_spent, -standing.percent, standing.span.end))


def _standing(budget: Budget, user_id: int, now: datetime) -> Standing:
    span = day_of(now) if budget.period == Budget.Period.DAY else month_of(now)
    rows = _usage_of(budget, user_id).filter(at__gte=span.start, at__lt=span.end)
    return Standing(budget, exact(rows.aggregate(cost=Sum("cost"))["cost"]), span)


def _usage_of(budget: Budget, user_id: int) -> QuerySet[Usage]:
    if budget.user_id is not None or not budget.shared:
        return Usage.objects.filter(user_id=user_id)
    if budget.group_id is not None:
        return Usage.objects.filter(user__groups=budget.group_id)
    return Usage.objects.all()


def refuse_spent(user_id: int) -> None:
    """Refuse a new call of a person without money. Raises BudgetSpent."""
    spent = [standing for standing in standings(user_id) if standing.is_spent]
    if not spent:
        return
    last = max(spent, key=lambda standing: standing.span.end)
    left_s = last.span.left_s(timezone.now())
    raise BudgetSpent(last.refusal, retry_after_s=left_s, budget=last.budget.pk)


def note_reached(budget_id: int, user_id: int, conversation: uuid.UUID | None = None) -> None:
    """Write down that a budget is spent: for each call that it ends, and for the first one it refuses."""
    budget = Budget.objects.select_related("user", "group").filter(pk=budget_id).first()
    user = get_user_model().objects.filter(pk=user_id).first()
    if budget is None or user is None:
        return
    if conversation is None and _is_noted(budget, user_id):
        return
    audit.record(
        AuditAction.BUDGET_REACHED,
        actor=user,
        conversation=conversation,
        budget=budget.pk,
        whose=budget.whose,
        amount=str(budget.amount),
        period=str(budget.period),
    )


def _is_noted(budget: Budget, user_id: int) -> bool:
    now = timezone.now()
    span = day_of(now) if budget.period == Budget.Period.DAY else month_of(now)
    rows = AuditEvent.objects.filter(
        action=AuditAction.BUDGET_REACHED, actor_id=user_id, at__gte=span.start, conversation__isnull=True
    )
    return rows.filter(detail__budget=budget.pk).exists()


def tightest(user_ids: set[int]) -> dict[int, Standing]:
    """The budgets that are low or spent, for the people whose calls run: the tightest of each."""
    if not Budget.objects.filter(enabled=True).exists():
        return {}
    found = {user_id: standings(user_id) for user_id in user_ids}
    return {user_id: rows[0] for user_id, rows in found.items() if rows and rows[0].is_low}


def spent_of(budget: Budget) -> Decimal | None:
    """What is spent of a budget in its running period; None when each of several people has their own."""
    if budget.user_id is None and not budget.shared:
        return None
    return _standing(budget, budget.user_id or 0, timezone.now()).spent


def site_budget_today() -> Decimal | None:
    """What everybody together may spend a day; the tightest when there are several, None without one."""
    rows = Budget.objects.filter(user__isnull=True, group__isnull=True, shared=True, enabled=True)
    least: Decimal | None = rows.filter(period=Budget.Period.DAY).aggregate(least=Min("amount"))["least"]
    return least
