"""Prices, budgets, limits and the Costs page as an operator uses them."""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.voice.conftest import make_user
from tests.voice.money import MINI, conversation_of, ship_prices, spend, used
from voice.models import Budget, CallLimits, Conversation, ModelPrice, Usage

COSTS = "/admin/voice/cost/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> Client:
    ship_prices()
    client = Client()
    client.force_login(make_user("operator", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def call(operator: Client) -> Conversation:
    """Ada's call of today, which cost 0.00205884."""
    row = conversation_of(make_user("ada"))
    used(row)
    return row


def table(page: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(page.content.decode().splitlines()))


def test_costs_page_names_sums_days_people_assistants_models_and_calls(operator: Client, call: Conversation):
    page = operator.get(COSTS)
    text = page.content.decode()
    assert page.status_code == 200
    for words in ("0.0021 USD", "ada", "Home", MINI, f"{call.pk}/change/", "<rect", "Dearest calls"):
        assert words in text, words
    assert "Price what is unknown" not in text


def test_costs_of_another_span_are_empty_and_wrong_days_are_named(operator: Client, call: Conversation):
    assert (
        "No usage in these days." in operator.get(f"{COSTS}?from=2026-01-01&to=2026-01-31").content.decode()
    )
    wrong = {
        "from=yesterday": "From: yesterday is not a day such as 2026-11-27.",
        "from=2026-02-02&to=2026-02-01": "From: 2026-02-02 is after 2026-02-01.",
        "from=2020-01-01": "From: at most 366 days at once.",
    }
    for query, sentence in wrong.items():
        page = operator.get(f"{COSTS}?{query}")
        assert (page.status_code, sentence in page.content.decode()) == (400, True)
    assert operator.get(f"{COSTS}?from=0001-01-01&to=0001-01-02").status_code == 200
    assert operator.get(f"{COSTS}?from=9999-12-30&to=9999-12-31").status_code == 200


def test_costs_leave_as_csv_in_full(operator: Client, call: Conversation):
    used(call, model="nobody-knows")
    bob = make_user("=bob")
    spend(conversation_of(bob), "0.5")
    days = table(operator.get(f"{COSTS}?format=csv&by=day"))
    assert len(days) == 30
    assert days[-1] == {
        "day": timezone.localdate().isoformat(),
        "calls": "2",
        "tokens": "606",
        "cost_usd": "0.502058840000",
        "state": "partly",
        "rows_of_unknown_cost": "1",
    }
    people = {row["user"]: row["cost_usd"] for row in table(operator.get(f"{COSTS}?format=csv&by=user"))}
    assert people == {"'=bob": "0.500000000000", "ada": "0.002058840000"}
    models = {row["model"]: row for row in table(operator.get(f"{COSTS}?format=csv&by=model"))}
    assert (models["nobody-knows"]["cost_usd"], models["nobody-knows"]["state"]) == ("", "unknown")
    assert [row["cost_usd"] for row in table(operator.get(f"{COSTS}?format=csv&by=call"))][
        0
    ] == "0.500000000000"


def test_erased_calls_and_people_stay_in_the_sums(operator: Client, call: Conversation):
    call.delete()
    Usage.objects.update(user=None)
    rows = table(operator.get(f"{COSTS}?format=csv&by=user"))
    assert [(row["user"], row["calls"], row["cost_usd"]) for row in rows] == [
        ("Deleted account", "1", "0.002058840000")
    ]
    assert "Deleted account, Home" in operator.get(COSTS).content.decode()


def test_unknown_costs_are_said_and_priced_on_demand(operator: Client, call: Conversation):
    used(call, model="my-deployment")
    assert "1 row of usage has no known cost" in operator.get(COSTS).content.decode()
    mini = ModelPrice.objects.get(model=MINI)
    mini.pk, mini.model = None, "my-deployment"
    mini.save()
    assert operator.get(COSTS).content.decode().count("has no known cost") == 1
    page = operator.post(COSTS, {"fill": ""}, follow=True).content.decode()
    assert "Priced 1 rows of usage; 0 are still unknown." in page
    assert not Usage.objects.filter(cost__isnull=True).exists()


def test_prices_page_prices_only_the_chosen_models(operator: Client, call: Conversation):
    used(call, model="one-2026-11-01")
    used(call, model="two")
    for name in ("one", "two"):
        row = ModelPrice.objects.get(model=MINI)
        row.pk, row.model = None, name
        row.save()
    chosen = {"action": "price_usage", "_selected_action": [ModelPrice.objects.get(model="one").pk]}
    operator.post("/admin/voice/modelprice/", chosen)
    assert list(Usage.objects.filter(cost__isnull=True).values_list("model", flat=True)) == ["two"]


def test_prices_are_listed_without_noughts_and_with_dashes_for_what_is_unknown(operator: Client):
    page = operator.get("/admin/voice/modelprice/").content.decode()
    for words in (
        "0.6 / 0.06 / 2.4",
        "10 / 0.3 / 20",
        "0.8 / 0.08",
        "0.017",
        '<td class="field-image">-</td>',
    ):
        assert words in page, words


def test_changed_price_says_that_costs_are_kept(operator: Client):
    row = ModelPrice.objects.get(model=MINI)
    values = {
        "model": MINI,
        "valid_from_0": "2026-01-01",
        "valid_from_1": "00:00:00",
        "currency": "USD",
        "audio_in": "3",
    }
    page = operator.post(f"/admin/voice/modelprice/{row.pk}/change/", values, follow=True).content.decode()
    assert "What was priced before keeps its cost" in page


def test_who_may_not_see_costs_does_not(operator: Client, call: Conversation):
    staff = Client()
    staff.force_login(make_user("clerk", is_staff=True))
    assert staff.get(COSTS).status_code == 403
    assert staff.post(COSTS, {"fill": ""}).status_code == 403


def test_budgets_show_what_is_spent_and_what_they_cannot_see(operator: Client, call: Conversation):
    spend(call, "1.20")
    group = Group.objects.create(name="Growers")
    Budget.objects.create(user=call.user, amount=5, period="day")
    Budget.objects.create(group=group, amount=5, shared=False)
    page = operator.get("/admin/voice/budget/").content.decode()
    assert '<td class="field-spent">1.20</td>' in page
    assert "Growers, each" in page
    assert "without a price" not in page
    used(call, model="nobody-knows")
    assert (
        "Budgets do not count models without a price: nobody-knows."
        in operator.get("/admin/voice/budget/").content.decode()
    )


def test_budget_of_a_person_and_a_group_is_refused_in_words(operator: Client, call: Conversation):
    group = Group.objects.create(name="Growers")
    values = {"user": call.user.pk, "group": group.pk, "amount": "5", "period": "day", "shared": "on"}
    page = operator.post("/admin/voice/budget/add/", values).content.decode()
    assert "Name a person or a group, not both." in page
    assert not Budget.objects.exists()


def test_limits_are_one_form(operator: Client):
    CallLimits.objects.all().delete()
    url = operator.get("/admin/voice/calllimits/").headers["Location"]
    values = {"calls_at_once": "3", "user_minutes_a_day": "", "minutes_a_day": "600"}
    assert operator.post(url, values).status_code == 302
    row = CallLimits.objects.get()
    assert (row.calls_at_once, row.user_minutes_a_day, row.minutes_a_day, row.show_cost) == (
        3,
        None,
        600,
        False,
    )
    assert operator.get("/admin/voice/calllimits/add/").status_code == 403


def test_conversations_say_what_they_cost(operator: Client, call: Conversation):
    conversation_of(call.user, provider="local", provider_call_id="rtc_free")
    conversation_of(call.user, control="courier")
    page = operator.get("/admin/voice/conversation/").content.decode()
    for words in ("0.0021 USD", "Free", "Unknown"):
        assert f'<td class="field-cost">{words}</td>' in page
    assert "0.0021 USD" in operator.get(f"/admin/voice/conversation/{call.pk}/change/").content.decode()


def test_people_see_what_their_own_call_cost_when_the_operator_lets_them(
    operator: Client, call: Conversation
):
    ada = Client()
    ada.force_login(call.user)
    url = f"/voice/conversations/{call.pk}/"
    assert "0.0021 USD" in ada.get(url).content.decode()
    CallLimits.objects.update_or_create(pk=1, defaults={"show_cost": False})
    assert "USD" not in ada.get(url).content.decode()
    free = conversation_of(call.user, provider="local")
    CallLimits.objects.update(show_cost=True)
    assert "Free, the engine in the box" in ada.get(f"/voice/conversations/{free.pk}/").content.decode()


def test_costs_page_asks_the_same_whatever_there_is(operator: Client, call: Conversation):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            operator.get(COSTS)
        return len(seen)

    few = queries()
    for number in range(20):
        spend(conversation_of(make_user(f"u{number}")), "0.01", at=timezone.now() - timedelta(days=number))
    assert queries() == few
    assert Usage.objects.filter(cost=Decimal("0.01")).count() == 20
