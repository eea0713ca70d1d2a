"""The one row that says what holds for all calls."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from voice.models import CallPolicy

pytestmark = pytest.mark.django_db


def test_people_are_told_of_watchers_until_the_admin_says_no(admin_client: Client):
    assert CallPolicy.current().tell_watched
    page = admin_client.get("/admin/voice/callpolicy/add/").content.decode()
    assert "ell people when staff watch" in page
    reply = admin_client.post("/admin/voice/callpolicy/add/", {"on_tampering": "put_back"})
    assert reply.status_code == 302
    assert (CallPolicy.current().tell_watched, CallPolicy.current().on_tampering) == (False, "put_back")


def test_the_rights_of_the_live_floor_can_be_given_one_by_one(admin_client: Client):
    named = {"watch_call", "end_call", "whisper_call"}
    found = Permission.objects.filter(codename__in=named, content_type__app_label="voice")
    assert {permission.codename for permission in found} == named
    page = admin_client.get("/admin/auth/group/add/").content.decode()
    assert all(permission.name in page for permission in found)
