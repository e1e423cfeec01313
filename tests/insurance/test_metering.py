"""How fast a route is asked, and when it is left alone: limits that hold for all workers together."""

import pytest
from django.utils import timezone

from insurance import metering, verification
from insurance.models import RouteMeter, Verification, VerificationAttempt
from insurance.states import State
from tests.insurance.asking import run, submit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("payer_server")]


def breaker(route) -> str:
    return RouteMeter.objects.get(route=route).breaker


def test_no_more_questions_are_under_way_than_the_payer_takes(route, program):
    type(route).objects.update(max_in_flight=2)
    rows = [submit(route, program, member_id=f"SIMPPO001X{number}") for number in range(3)]
    assert len(verification.claim_batch(20)) == 2
    waiting = Verification.objects.get(state=State.QUEUED)
    assert (waiting.attempts, waiting.tries.count(), waiting.next_attempt_at > timezone.now()) == (0, 0, True)
    assert verification.claim(waiting.pk) is None
    Verification.objects.filter(pk__in=[row.pk for row in rows], state=State.SENDING).update(
        state=State.RETRY_WAIT, lease_until=None, next_attempt_at=timezone.now()
    )
    Verification.objects.filter(pk=waiting.pk).update(next_attempt_at=timezone.now())
    assert verification.claim(waiting.pk) is not None


def test_the_bucket_holds_ten_seconds_worth(route, program):
    type(route).objects.update(per_minute=12)
    RouteMeter.objects.update(tokens=50)
    for number in range(4):
        submit(route, program, member_id=f"SIMPPO001X{number}")
    assert len(verification.claim_batch(20)) == 2  # at 12 a minute
    put_off = Verification.objects.filter(state=State.QUEUED, next_attempt_at__gt=timezone.now())
    assert put_off.count() == 2


def remember(route, row: Verification, kinds: list[str]) -> None:
    VerificationAttempt.objects.bulk_create(
        VerificationAttempt(
            verification=row, number=number, fence=1, route=route, trn02=f"T{number}", kind=kind, service_type="MH"
        )
        for number, kind in enumerate(kinds, 1)
    )


@pytest.mark.parametrize(("failed", "state"), [(10, "open"), (8, "closed")])
def test_half_of_the_last_twenty_failing_rests_the_route(route, program, failed, state):
    row = submit(route, program)
    remember(route, row, ["transient_ambiguous"] * failed + ["answered"] * (20 - failed))
    metering.learn(route, "transient_ambiguous")
    assert breaker(route) == state


@pytest.mark.parametrize(
    ("member", "state"),
    [("SIMAAA75C", "closed"), ("SIM429-9", "closed"), ("SIMAAA42R", "open"), ("SIMDROP", "open"), ("SIMHTML", "open")],
)
def test_only_signs_of_illness_count_against_a_route(route, program, member, state):
    for number in range(metering.FAILURES_TO_OPEN):
        run(submit(route, program, member_id=f"{member}X{number}", subscriber_first_name=""))
        RouteMeter.objects.update(tokens=9)
    assert breaker(route) == state


def test_a_route_that_is_paused_is_not_asked_and_its_requests_go_to_a_person_in_time(route, program, payer_server):
    metering.pause(route, "HTTP 401")
    row = run(submit(route, program))
    assert (row.state, row.attempts, payer_server.ledger.shown()["calls"]) == (State.QUEUED, 0, [])
    Verification.objects.update(auto_deadline_at=timezone.now(), next_attempt_at=timezone.now())
    assert run(row).state == State.MANUAL_REQUIRED
