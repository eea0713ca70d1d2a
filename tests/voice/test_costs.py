"""What usage costs, against figures worked out by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.voice.conftest import make_user
from tests.voice.money import BIG, EXAMPLE, MINI, WHISPER, conversation_of, ship_prices, used
from voice.call import UsageData
from voice.costs import CallCost, cost_of_call, price_at, price_unpriced
from voice.events import TokenUsage
from voice.models import Conversation, ModelPrice, Usage
from voice.models.conversations import Source
from voice.transcripts import store_usage

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(db: None) -> Conversation:
    ship_prices()
    return conversation_of(make_user("ada"))


def test_response_costs_what_a_pencil_says(call: Conversation):
    # mini, US$ per 1M: text 0.60, cached text 0.06, audio 10, text out 2.40, audio out 20.
    #   (119 - 64) * 0.60 =   33
    #          64  * 0.06 =    3.84
    #          13  * 10   =  130
    #          30  * 2.40 =   72
    #          91  * 20   = 1820
    #                 sum = 2058.84 / 1,000,000
    assert used(call).cost == Decimal("0.00205884")


def test_the_same_response_of_the_large_model_costs_its_own_prices(call: Conversation):
    # 55 * 4 = 220, 64 * 0.40 = 25.6, 13 * 32 = 416, 30 * 24 = 720, 91 * 64 = 5824; sum 7205.6
    assert used(call, model=BIG).cost == Decimal("0.0072056")


def test_pictures_and_cached_sound_have_prices_of_their_own(call: Conversation):
    details = {
        "text_tokens": 100,
        "audio_tokens": 500,
        "image_tokens": 1000,
        "cached_tokens": 700,
        "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 300, "image_tokens": 400},
    }
    usage = {"total_tokens": 1600, "input_tokens": 1600, "input_token_details": details}
    # 100 * 0.60 = 60, 200 * 10 = 2000, 300 * 0.30 = 90, 600 * 0.80 = 480, 400 * 0.08 = 32; sum 2662
    row = used(call, usage)
    assert row.cost == Decimal("0.002662")
    assert (row.input_image, row.cached_image, row.cached_audio) == (1000, 400, 300)


def test_transcription_costs_by_the_minute(call: Conversation):
    # 7.5 s * 0.017 / 60 = 0.002125; 7 s * 0.017 / 60 = 0.00198333…, kept to the twelfth digit
    first = used(call, {"type": "duration", "seconds": 7.5}, model=WHISPER, kind="transcription")
    second = used(call, {"type": "duration", "seconds": 7}, model=WHISPER, kind="transcription")
    assert (first.cost, second.cost) == (Decimal("0.002125"), Decimal("0.001983333333"))


def test_call_costs_the_sum_of_its_responses_and_transcriptions(call: Conversation):
    used(call)
    used(call, model=BIG)
    used(call, {"type": "duration", "seconds": 7.5}, model=WHISPER, kind="transcription")
    # 0.00205884 + 0.0072056 + 0.002125
    assert cost_of_call(call) == CallCost(Decimal("0.01138944"), "priced")
    assert cost_of_call(call).as_json() == {"amount": "0.011389", "currency": "USD", "state": "priced"}


def test_a_thousand_rows_add_up_to_the_last_digit(call: Conversation):
    for _ in range(1000):
        used(call)
    assert cost_of_call(call).amount == Decimal("2.05884")


def test_thinking_is_billed_as_text(call: Conversation):
    # A provider that counts thinking beside the text: 10 + 40 text tokens out at 2.40 = 120
    details = {"text_tokens": 10, "audio_tokens": 0, "reasoning_tokens": 40}
    usage = {"total_tokens": 50, "output_tokens": 50, "output_token_details": details}
    assert used(call, usage).cost == Decimal("0.00012")


def test_a_new_price_changes_only_what_comes_after_it(call: Conversation):
    yesterday = used(call)
    Usage.objects.filter(pk=yesterday.pk).update(at=timezone.now() - timedelta(days=1))
    dearer = ModelPrice.objects.get(model=MINI)
    dearer.pk, dearer.valid_from, dearer.audio_out = None, timezone.now(), Decimal(40)
    dearer.save()
    # As above, with 91 * 40 = 3640 for the sound: 3878.84
    assert used(call).cost == Decimal("0.00387884")
    price_unpriced(Usage.objects.all())
    yesterday.refresh_from_db()
    assert yesterday.cost == Decimal("0.00205884")


def test_a_price_row_that_is_changed_or_deleted_leaves_stored_costs(call: Conversation):
    row = used(call)
    ModelPrice.objects.filter(model=MINI).update(audio_out=Decimal(1))
    price_unpriced(Usage.objects.all())
    ModelPrice.objects.filter(model=MINI).delete()
    row.refresh_from_db()
    assert (row.cost, row.price) == (Decimal("0.00205884"), None)


@pytest.mark.parametrize("model", ["my-deployment", "", "gpt-realtime-whisper"])
def test_model_without_a_price_is_unknown_and_never_nothing(call: Conversation, model: str):
    row = used(call, model=model)
    assert (row.cost, row.pricing) == (None, "unknown")
    assert cost_of_call(call) == CallCost(None, "unknown")
    used(call)
    assert cost_of_call(call) == CallCost(Decimal("0.00205884"), "partly")


def test_one_missing_price_makes_what_uses_it_unknown(call: Conversation):
    ModelPrice.objects.filter(model=MINI).update(cached_text_in=None)
    assert used(call).cost is None
    uncached = {"total_tokens": 10, "input_tokens": 10, "input_token_details": {"text_tokens": 10}}
    assert used(call, uncached).cost == Decimal("0.000006")


def test_tokens_that_are_not_split_are_unknown(call: Conversation):
    assert used(call, {"total_tokens": 10, "input_tokens": 10}).cost is None
    assert used(call, {"total_tokens": 10, "output_tokens": 10}).cost is None
    assert used(call, {"total_tokens": 10}).cost is None


def test_the_engine_in_the_box_is_free(db: None):
    local = conversation_of(make_user("ada"), provider="local")
    assert cost_of_call(local).state == "free"
    row = used(local)
    assert (row.cost, row.pricing) == (Decimal(0), "free")
    assert cost_of_call(local) == CallCost(Decimal(0), "free")


def test_call_that_nobody_listened_to_is_unknown(db: None):
    ada = make_user("ada")
    assert cost_of_call(conversation_of(ada, control="courier")).state == "unknown"
    assert cost_of_call(conversation_of(ada, control="sideband")).amount == Decimal(0)
    assert cost_of_call(conversation_of(ada, control="courier", provider_call_id="")).amount == Decimal(0)


def test_price_is_that_of_its_time_and_snapshots_find_the_plain_name(call: Conversation):
    now = timezone.now()
    assert price_at(MINI, now) == price_at(f"{MINI}-2026-10-01", now) != price_at(BIG, now)
    assert price_at(MINI, now - timedelta(days=3650)) is None
    own = ModelPrice.objects.create(model=f"{MINI}-2026-10-01", valid_from=now - timedelta(days=1))
    assert price_at(f"{MINI}-2026-10-01", now) == own


def test_unknown_cost_is_filled_in_when_asked_for_and_nothing_else_changes(call: Conversation):
    known, unknown = used(call), used(call, model="my-deployment")
    Usage.objects.filter(pk=known.pk).update(cost=Decimal(5))
    out = StringIO()
    call_command("price_usage", stdout=out)
    mini = ModelPrice.objects.get(model=MINI)
    mini.pk, mini.model = None, "my-deployment"
    mini.save()
    call_command("price_usage", model="other", stdout=out)
    call_command("price_usage", shipped=True, stdout=out)
    assert out.getvalue().splitlines() == [
        "Priced 0, still unknown 1.",
        "Priced 0, still unknown 0.",
        "Added 0 prices.",
        "Priced 1, still unknown 0.",
    ]
    for row in (known, unknown):
        row.refresh_from_db()
    assert (known.cost, unknown.cost) == (Decimal(5), Decimal("0.00205884"))


def test_usage_is_stored_once_and_the_providers_word_replaces_the_pages(call: Conversation):
    data = UsageData("response", "r1", TokenUsage.model_validate(EXAMPLE))
    little = UsageData("response", "r1", TokenUsage(total_tokens=1))
    assert store_usage(call.pk, MINI, little, source=Source.BROWSER) is not None
    assert store_usage(call.pk, MINI, data, source=Source.BROWSER) is None
    assert store_usage(call.pk, MINI, data) is not None
    assert store_usage(call.pk, MINI, little) is None
    assert store_usage(call.pk, MINI, little, source=Source.BROWSER) is None
    row = Usage.objects.get()
    assert (row.total_tokens, row.source, row.cost) == (253, Source.SIDEBAND, Decimal("0.00205884"))


def test_usage_of_a_conversation_that_was_erased_meanwhile_is_no_error(call: Conversation):
    call_id = call.pk
    call.delete()
    assert store_usage(call_id, MINI, UsageData("response", "r1", TokenUsage.model_validate(EXAMPLE))) is None


def test_money_outlives_what_was_said_and_who_said_it(call: Conversation):
    row = used(call)
    call_id, user = call.pk, call.user
    call.delete()
    user.delete()
    row.refresh_from_db()
    assert (row.call, row.user, row.assistant_name) == (call_id, None, "Home")


def test_shipped_prices_are_added_once(db: None):
    ship_prices()
    before = ModelPrice.objects.count()
    ModelPrice.objects.filter(model=MINI).update(audio_out=Decimal(1))
    ship_prices()
    assert ModelPrice.objects.count() == before
    changed: Any = ModelPrice.objects.get(model=MINI)
    assert changed.audio_out == 1
