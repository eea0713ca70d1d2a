"""Whether there is money left, for whom and until when."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError
from django.utils import timezone

from tests.voice.conftest import make_user
from tests.voice.money import conversation_of, spend, used
from voice import budgets
from voice.errors import BudgetSpent
from voice.models import AuditEvent, Budget
from voice.periods import day_of, month_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db: None) -> Any:
    return make_user("ada")


def budget(amount: str = "1.00", **more: Any) -> Budget:
    return Budget.objects.create(amount=Decimal(amount), **{"period": "day", **more})


def is_refused(user: Any) -> bool:
    try:
        budgets.refuse_spent(user.pk)
    except BudgetSpent:
        return True
    return False


def test_without_a_budget_nobody_is_refused(ada: Any):
    spend(conversation_of(ada), "1000")
    assert not is_refused(ada)


def test_a_person_is_refused_when_their_budget_is_spent_and_not_before(ada: Any):
    budget(user=ada)
    spend(conversation_of(ada), "0.999999")
    spend(conversation_of(make_user("bob")), "5")
    assert not is_refused(ada)
    spend(conversation_of(ada), "0.000001")
    with pytest.raises(BudgetSpent) as refused:
        budgets.refuse_spent(ada.pk)
    assert refused.value.message == "Your budget for today is used up. Calls are possible again tomorrow."
    assert 0 < (refused.value.retry_after_s or 0) <= 25 * 3600


def test_yesterday_does_not_count_today_and_last_month_not_this_one(ada: Any):
    budget(user=ada)
    budget(user=ada, period="month")
    call, now = conversation_of(ada), timezone.now()
    spend(call, "5", at=day_of(now).start - timedelta(seconds=1))
    spend(call, "5", at=month_of(now).start - timedelta(seconds=1))
    today = [standing.spent for standing in budgets.standings(ada.pk) if standing.budget.period == "day"]
    assert today == [0]


def test_the_longest_wait_is_the_one_that_is_told(ada: Any):
    budget(user=ada)
    budget(user=ada, period="month")
    spend(conversation_of(ada), "2")
    with pytest.raises(BudgetSpent) as refused:
        budgets.refuse_spent(ada.pk)
    end = month_of(timezone.now()).end
    assert refused.value.message.endswith(f"Calls are possible again on {end.day} {end:%B}.")
    assert abs((refused.value.retry_after_s or 0) - (end - timezone.now()).total_seconds()) < 5


def test_a_group_spends_together_or_each_apart(ada: Any):
    bob, group = make_user("bob"), Group.objects.create(name="Growers")
    group.user_set.set([ada, bob])
    together = budget(group=group)
    spend(conversation_of(ada), "0.60")
    spend(conversation_of(bob), "0.60")
    assert is_refused(ada)
    assert is_refused(bob)
    assert budgets.standings(ada.pk)[0].name == "The budget of your group Growers for today"
    Budget.objects.filter(pk=together.pk).update(shared=False)
    assert not is_refused(ada)
    spend(conversation_of(bob), "0.40")
    assert is_refused(bob)
    assert not is_refused(ada)
    assert not is_refused(make_user("stranger"))


def test_a_budget_of_everybody_holds_for_all(ada: Any):
    budget()
    spend(conversation_of(make_user("bob")), "1")
    assert is_refused(ada)
    Budget.objects.update(enabled=False)
    assert not is_refused(ada)


def test_from_four_fifths_on_a_budget_is_low(ada: Any):
    budget(user=ada)
    spend(conversation_of(ada), "0.79")
    assert budgets.tightest({ada.pk}) == {}
    spend(conversation_of(ada), "0.05")
    assert budgets.tightest({ada.pk})[ada.pk].low_sentence == "Your budget for today is 84 % used."


def test_unknown_cost_does_not_count(ada: Any):
    budget(user=ada)
    used(conversation_of(ada), model="nobody-knows")
    assert budgets.standings(ada.pk)[0].spent == 0


def test_refusals_are_written_down_once_a_period_and_ended_calls_each(ada: Any):
    row = budget(user=ada)
    for _ in range(3):
        budgets.note_reached(row.pk, ada.pk)
    calls = [conversation_of(ada), conversation_of(ada)]
    for call in calls:
        budgets.note_reached(row.pk, ada.pk, call.pk)
    noted = AuditEvent.objects.filter(action="budget_reached", actor=ada).order_by("pk")
    assert [event.conversation for event in noted] == [None, *calls]
    assert noted[0].detail == {"budget": row.pk, "whose": "ada", "amount": "1.00", "period": "day"}


def test_a_budget_is_not_of_a_person_and_a_group_at_once(ada: Any):
    with pytest.raises(IntegrityError):
        budget(user=ada, group=Group.objects.create(name="g"))
