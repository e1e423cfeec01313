"""Nobody is asked twice within the floor, also where a person sends the question off again."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from insurance import intake, verification
from insurance.models import VerificationAttempt
from insurance.states import Reason, State, move
from tests.insurance.asking import calls, make_due, run, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(staff, signed_in):
    return signed_in(staff("agent"))


def floor_after(moment):
    return moment + timedelta(seconds=settings.INQUIRY_FLOOR_SECONDS)


def by_hand(row):
    move(row, State.MANUAL_REQUIRED, reason=Reason.NO_ANSWER)
    intake.requeue(row, reason=Reason.INFO_SUPPLIED)
    row.refresh_from_db()


def test_details_that_are_sent_off_again_wait_until_the_floor_is_over(client, route, program, payer_server):
    row = run(submit(route, program, member_id="SIMDROP"))
    client.post(reverse("payer_call_start", args=[row.public_id]))
    client.post(reverse("payer_call_break", args=[row.public_id]), {"outcome": "hung_up"})
    row.refresh_from_db()
    client.post(reverse("verification_details", args=[row.public_id]), {"version": row.version})
    run(row)
    assert (row.state, len(calls(payer_server, row))) == (State.QUEUED, 1)
    assert row.next_attempt_at == floor_after(row.tries.get().sent_at)
    make_due(row)
    run(row)
    assert len(calls(payer_server, row)) == 2


def test_a_question_whose_worker_was_lost_counts_from_its_claim(route, program):
    row = submit(route, program)
    verification.claim(row.pk)
    row.refresh_from_db()
    verification.abandon(row)
    by_hand(row)
    connecting = timedelta(seconds=settings.PAYER_CONNECT_SECONDS)
    assert row.next_attempt_at == floor_after(row.tries.get().claimed_at) + connecting


def asked(row, route, *, kind, seconds_ago=0):
    """An attempt that ended so, so long ago; gives when it was sent."""
    sent_at = timezone.now() - timedelta(seconds=seconds_ago)
    VerificationAttempt.objects.create(
        verification=row,
        number=1,
        fence=1,
        route=route,
        gateway=route.gateway,
        trn02=f"{row.public_id}-1",
        trigger="first",
        service_type="MH",
        kind=kind,
        sent_at=sent_at,
        finished_at=sent_at,
    )
    return sent_at


@pytest.mark.parametrize("kind", ["transient_ambiguous", "throttled", "malformed"])
def test_a_payer_that_may_have_been_asked_and_told_nothing_is_left_alone(route, program, kind):
    row = submit(route, program)
    sent_at = asked(row, route, kind=kind)
    by_hand(row)
    assert row.next_attempt_at == floor_after(sent_at)


@pytest.mark.parametrize("kind", ["answered", "rejected", "transient_not_sent", "config_error"])
def test_a_payer_that_answered_or_was_not_reached_is_asked_at_once(route, program, kind):
    row = submit(route, program)
    asked(row, route, kind=kind)
    by_hand(row)
    assert row.next_attempt_at <= timezone.now()


def test_once_the_floor_is_over_nobody_waits(route, program):
    row = submit(route, program)
    asked(row, route, kind="transient_ambiguous", seconds_ago=settings.INQUIRY_FLOOR_SECONDS + 1)
    by_hand(row)
    assert row.next_attempt_at <= timezone.now()
