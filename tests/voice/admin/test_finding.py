"""How the list of conversations is searched."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.voice.conftest import make_user
from tests.voice.recorded import record_call, say
from voice.admin.finding import find
from voice.models import Conversation
from voice.search import index_conversation


@pytest.fixture
def calls(demo: Any) -> tuple[Conversation, Conversation]:
    """Ada's call, in which somebody speaks of Bob, and Bob's."""
    ada = record_call(demo, provider_call_id="rtc_42")
    bob = record_call(make_user("bob"), provider_call_id="rtc_43")
    say(ada, "Ask Bob about the pump")
    say(bob, "Nothing")
    for row in (ada, bob):
        index_conversation(row.pk)
    return ada, bob


def found(term: str, *, in_words: bool = True) -> set[Conversation]:
    return set(find(Conversation.objects.all(), term, in_words=in_words))


def test_a_name_finds_the_person_and_who_speaks_of_them(calls: tuple[Conversation, Conversation]):
    assert found("bob") == set(calls)
    assert found("bob", in_words=False) == {calls[1]}


def test_ids_find_one_call(calls: tuple[Conversation, Conversation]):
    assert found("rtc_42") == found(str(calls[0].pk)) == {calls[0]}


def test_no_term_narrows_nothing_and_an_unknown_one_finds_nothing(calls: tuple[Conversation, Conversation]):
    assert found(" \x00") == set(calls)
    assert found("rtc_99") == found("pump", in_words=False) == set()


LIST = "/admin/voice/conversation/"


def test_what_a_client_changed_is_shown_and_found(
    calls: tuple[Conversation, Conversation], admin_client: Client
):
    ada, bob = calls
    what = ["instructions", "system message"]
    Conversation.objects.filter(pk=ada.pk).update(tampered_at=timezone.now(), tampering=what)
    listed = {value: admin_client.get(LIST, {"changed": value}).content.decode() for value in ("yes", "no")}
    assert "instructions, system message" in listed["yes"]
    assert (f"{ada.pk}/" in listed["yes"], f"{bob.pk}/" in listed["yes"]) == (True, False)
    assert (f"{ada.pk}/" in listed["no"], f"{bob.pk}/" in listed["no"]) == (False, True)
    both = admin_client.get(LIST, {"changed": "perhaps"}).content.decode()
    assert f"{ada.pk}/" in both and f"{bob.pk}/" in both
    assert "instructions, system message" in admin_client.get(f"{LIST}{ada.pk}/change/").content.decode()
