"""Who is behind a session, many at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone

from rooms.visitors import DEACTIVATED, NOBODY, Visitor, find_visitors, session_key_of
from tests.voice.conftest import log_in, make_user

pytestmark = pytest.mark.django_db


def key_of(user):
    return log_in(user)["sessionid"]


def test_two_queries_find_everybody(django_assert_num_queries):
    people = [make_user(name) for name in ("ada", "bob", "cleo")]
    keys = [key_of(person) for person in people]
    with django_assert_num_queries(2):
        found = find_visitors([*keys, "nothing-like-it", ""])
    assert [found[key] for key in keys] == [Visitor(person.pk) for person in people]
    assert found["nothing-like-it"] == found[""] == NOBODY


def test_a_session_that_ran_out_has_nobody():
    key = key_of(make_user("ada"))
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert find_visitors([key]) == {key: NOBODY}


def test_a_changed_password_ends_the_session():
    ada = make_user("ada")
    key = key_of(ada)
    ada.set_password("another one")
    ada.save()
    assert find_visitors([key]) == {key: NOBODY}


def test_a_deactivated_account_is_told_apart_from_a_deleted_one():
    ada, bob = make_user("ada"), make_user("bob")
    keys = key_of(ada), key_of(bob)
    get_user_model().objects.filter(pk=ada.pk).update(is_active=False)
    bob.delete()
    assert find_visitors(keys) == {keys[0]: DEACTIVATED, keys[1]: NOBODY}


@pytest.mark.parametrize("engine", ["cached_db", "cache"])
def test_sessions_may_live_elsewhere(settings, engine):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    ada = make_user("ada")
    key = key_of(ada)
    assert find_visitors([key, "unknown"]) == {key: Visitor(ada.pk), "unknown": NOBODY}


def test_the_key_stands_among_the_cookies():
    headers = [(b"host", b"x"), (b"cookie", b"a=b; sessionid=abc"), (b"Cookie", b"c=d")]
    assert session_key_of(headers) == "abc"
    assert session_key_of([]) == ""
