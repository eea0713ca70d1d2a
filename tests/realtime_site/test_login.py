"""Logging in, and how often one may try."""

import uuid

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from rooms.connections import open_redis_sync

PASSWORD = "correct horse 7"


@pytest.fixture
def username(db) -> str:
    """A name of its own for each test, since tries are counted in Redis, which outlives the test."""
    name = f"ann-{uuid.uuid4().hex[:8]}"
    get_user_model().objects.create_user(name, password=PASSWORD)
    return name


def try_login(client: Client, username: str, password: str):
    return client.post("/accounts/login/", {"username": username, "password": password})


def test_login_leads_to_the_talk_page_and_logout_back(username):
    client = Client()
    assert try_login(client, username, PASSWORD).headers["Location"] == "/voice/"
    assert client.post("/accounts/logout/").headers["Location"] == "/accounts/login/"


def test_the_front_door_leads_to_the_talk_page(db):
    assert Client().get("/").headers["Location"] == "/voice/"


def test_a_wrong_password_says_so(username):
    assert b"do not belong together" in try_login(Client(), username, "wrong").content


def test_after_five_wrong_tries_even_the_right_password_waits(username, settings):
    settings.AXES_ENABLED = True
    client = Client()
    statuses = [try_login(client, username, "wrong").status_code for _ in range(5)]
    assert statuses[:4] == [200] * 4
    refused = try_login(client, username, PASSWORD)
    assert refused.status_code == 429 and refused["Retry-After"] == "60"
    assert b"waits a minute" in refused.content
    assert "_auth_user_id" not in client.session


def test_another_persons_wrong_tries_do_not_lock_me_out(username, settings):
    settings.AXES_ENABLED = True
    client = Client()
    for _ in range(5):
        try_login(client, f"{username}-other", "wrong")
    assert try_login(client, username, PASSWORD).status_code == 302


def test_the_wait_is_a_minute(username, settings, redis_server):
    """The count leaves Redis after a minute at the latest."""
    settings.AXES_ENABLED = True
    client = Client()
    with open_redis_sync(redis_server) as redis:
        before = set(redis.keys("*"))
        for _ in range(5):
            try_login(client, username, "wrong")
        counted = set(redis.keys("*")) - before
        assert counted
        assert all(0 < redis.ttl(key) <= 60 for key in counted)
