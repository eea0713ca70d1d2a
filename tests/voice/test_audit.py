import pytest
from django.urls import reverse

from voice import audit
from voice.models import AuditAction, AuditEvent

pytestmark = pytest.mark.django_db


def test_a_row_outlives_the_account_that_made_it(django_user_model):
    user = django_user_model.objects.create_user("ada")
    audit.record(AuditAction.CALL_ENDED, actor=user, reason="too long")
    user.delete()
    row = AuditEvent.objects.get()
    assert (row.actor, row.actor_name, row.detail) == (None, "ada", {"reason": "too long"})


def test_rows_are_neither_added_changed_nor_deleted_by_hand(admin_client):
    row = audit.record(AuditAction.CALL_ENDED)
    assert admin_client.get(reverse("admin:voice_auditevent_changelist")).status_code == 200
    assert admin_client.get(reverse("admin:voice_auditevent_add")).status_code == 403
    assert admin_client.post(reverse("admin:voice_auditevent_delete", args=[row.pk])).status_code == 403
    change = reverse("admin:voice_auditevent_change", args=[row.pk])
    admin_client.post(change, {"action": "call_watched"})
    row.refresh_from_db()
    assert row.action == "call_ended"
