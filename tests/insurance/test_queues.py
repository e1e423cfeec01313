"""The clock of a request runs while the helpline or a payer is at it, and stands still while the caller is asked."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from insurance import board, intake, payercall, queues
from insurance.states import Reason, State, move
from tests.insurance.asking import submit
from tests.insurance.factories import VerificationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(route, program):
    """For three hours the caller has been asked for a birth date; fifteen minutes were left when it was asked."""
    row = submit(route, program, subscriber_birth_date=None)
    type(row).objects.filter(pk=row.pk).update(sla_due_at=timezone.now() + timedelta(minutes=15))
    row.refresh_from_db()
    with time_machine.travel(timezone.now() + timedelta(hours=3), tick=False):
        yield row


def minutes_left(row) -> int:
    return round(queues.clock(row).due_in.total_seconds() / 60)


def test_while_the_caller_is_asked_the_clock_stands_still(waiting, staff, django_assert_num_queries):
    assert (minutes_left(waiting), queues.clock(waiting).urgency) == (15, "")
    (listed,) = queues.rows("person", staff("agent"))
    with django_assert_num_queries(0):  # the list brings the moment along
        assert minutes_left(listed) == 15
    assert not queues.rows("late", None)
    assert [tile.value for tile in board.tiles() if tile.queue == "late"] == ["0"]


def test_it_goes_on_with_what_was_left_when_the_caller_has_answered(waiting):
    waiting.subscriber_birth_date = VerificationFactory.build().subscriber_birth_date
    intake.supply_info(waiting, actor=None, fields=["subscriber_birth_date"])
    assert (waiting.state, minutes_left(waiting)) == (State.QUEUED, 15)


def test_it_goes_on_when_the_payer_is_called_instead(waiting, staff):
    payercall.start(verification=waiting, by=staff("agent"), number="")
    assert (waiting.state, minutes_left(waiting)) == (State.MANUAL_IN_PROGRESS, 15)


def test_a_clock_that_was_broken_before_stays_broken(staff):
    row = VerificationFactory(state=State.MANUAL_REQUIRED, sla_due_at=timezone.now() - timedelta(minutes=5))
    move(row, State.NEEDS_INFO, reason=Reason.FIX_DETAILS)
    assert intake.clock_goes_on(row) == {}
    assert queues.clock(row).urgency == "late"
