"""Whoever leaves the desk leaves nobody behind: the callers they looked after are new again, for everybody."""

import pytest
from django.utils import timezone

from accounts import invitations
from accounts.models import AuditEvent, User
from insurance import board, desk, queues
from insurance.models import Casework
from insurance.states import Determination
from tests.insurance.factories import VerificationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(staff):
    return staff("agent", name="Dana")


def answered(owner):
    row = VerificationFactory(
        state="completed", determination=Determination.UNKNOWN, completed_at=timezone.now(), member_id="A1"
    )
    desk.take(verification=row, by=owner)
    return row


def leave(dana, by, way):
    if way == "disabled":
        invitations.disable(user=dana, by=by)
    else:
        invitations.change_role(user=dana, role=way, by=by)


@pytest.mark.parametrize("way", ["disabled", "curator", "auditor", "admin"])
def test_an_answer_that_nobody_has_told_yet_is_new_again(dana, staff, way):
    row, admin, sam = answered(dana), staff("admin"), staff("agent", name="Sam")
    leave(dana, admin, way)
    casework = Casework.objects.get(verification=row)
    assert (casework.owner, casework.holder) == (None, None)
    assert list(queues.rows("new", sam)) == [row]
    told = AuditEvent.objects.get(subject=row.public_id, detail__act="given up")
    assert (told.actor, told.detail["of"]) == (admin, dana.pk)
    assert desk.claim_next(by=sam) == row


def test_who_stays_at_the_desk_keeps_their_callers(dana, staff):
    row = answered(dana)
    invitations.change_role(user=dana, role="supervisor", by=staff("admin"))
    assert list(queues.rows("mine", User.objects.get(pk=dana.pk))) == [row]


def test_what_is_finished_keeps_the_name_of_whoever_finished_it(dana, staff):
    row = answered(dana)
    desk.close(verification=row, by=dana, outcome="reached")
    invitations.disable(user=dana, by=staff("admin"))
    assert Casework.objects.get(verification=row).owner == dana


def test_what_somebody_left_behind_before_is_new_as_well(dana, staff):
    row, sam = answered(dana), staff("agent", name="Sam")
    mine = answered(sam)
    User.objects.filter(pk=dana.pk).update(is_active=False)
    assert list(queues.rows("new", sam)) == [row]
    assert {queue.slug: queue.count for queue in queues.with_counts(sam)}["new"] == 1
    assert list(queues.rows("mine", sam)) == [mine]
    assert [each["name"] for each in board.agents()] == [str(sam)]
