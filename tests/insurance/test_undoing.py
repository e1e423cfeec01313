"""A slip of the finger is taken back within ten seconds, unless somebody else has acted on it."""

import time
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from insurance import desk
from insurance.models import Casework, Verification
from tests.insurance.factories import VerificationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(staff):
    return staff("agent", name="Dana Agent")


@pytest.fixture
def client(dana, signed_in):
    return signed_in(dana)


@pytest.fixture
def request_of_dana(dana):
    verification = VerificationFactory(state="manual_required")
    desk.take(verification=verification, by=dana)
    return verification


def stands(verification):
    casework = Casework.objects.get(verification=verification)
    call_after = Verification.objects.values_list("call_after", flat=True).get(pk=verification.pk)
    return casework.owner_id, casework.holder_id, casework.outcome, casework.closed_at, call_after


def act(client, verification, name, colleague):
    tomorrow = timezone.localdate() + timedelta(days=1)
    fields = {
        "release": {},
        "hand_over": {"to": colleague.pk},
        "snooze": {"day": tomorrow.isoformat(), "time": "09:00"},
        "close": {"outcome": "reached"},
    }
    return client.post(reverse(f"verification_{name}", args=[verification.public_id]), fields[name])


@pytest.mark.parametrize("name", ["release", "hand_over", "snooze", "close"])
def test_what_was_done_last_is_undone(client, request_of_dana, staff, name):
    before = stands(request_of_dana)
    act(client, request_of_dana, name, staff("agent"))
    assert stands(request_of_dana) != before
    assert reverse("desk_undo") in client.get(reverse("desk")).content.decode()
    assert client.post(reverse("desk_undo")).url == request_of_dana.get_absolute_url()
    assert stands(request_of_dana) == before
    assert reverse("desk_undo") not in client.get(reverse("desk")).content.decode()


def test_after_ten_seconds_it_is_too_late(client, request_of_dana, staff, monkeypatch):
    act(client, request_of_dana, "close", staff("agent"))
    late = time.time() + 14
    monkeypatch.setattr(time, "time", lambda: late)
    assert reverse("desk_undo") not in client.get(reverse("desk")).content.decode()
    client.post(reverse("desk_undo"))
    assert stands(request_of_dana)[2] == "reached"


def test_a_colleague_who_was_faster_keeps_it(client, request_of_dana, staff):
    act(client, request_of_dana, "release", staff("agent"))
    sam = staff("agent", name="Sam Second")
    desk.take(verification=request_of_dana, by=sam)
    answer = client.post(reverse("desk_undo"))
    assert answer.status_code == 409
    assert "Sam Second has this until" in answer.content.decode()
    assert stands(request_of_dana)[0] == sam.pk


def test_nothing_is_undone_twice(client, request_of_dana, staff):
    act(client, request_of_dana, "release", staff("agent"))
    client.post(reverse("desk_undo"))
    assert client.post(reverse("desk_undo")).url == reverse("desk")


@pytest.mark.parametrize("name", ["verification_cancel", "verification_revoke"])
def test_what_cannot_be_undone_is_asked_about_first(client, request_of_dana, name):
    page = client.get(request_of_dana.get_absolute_url()).content.decode()
    form = page.partition(f'action="{reverse(name, args=[request_of_dana.public_id])}"')[2].partition("</form>")[0]
    assert "cannot be undone" in form
