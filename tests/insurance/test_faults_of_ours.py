"""An answer that breaks our code costs no other family its answer, and is paid for once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from insurance import sweeper, verification
from insurance.models import Verification
from insurance.states import Reason, State
from payersim import scenarios
from tests.insurance.asking import calls, run, submit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("payer_server")]

ENDLESS = "\nDTP*307*RD8*20260101-99991231\nEB*1**30\nEB*A*IND*CH*****.2****Y\n"
LAST_DAY = "\nDTP*347*D8*99991231\nEB*1**30\nEB*A*IND*CH*****.2****Y\n"


@pytest.mark.parametrize("plan", [ENDLESS, LAST_DAY])
def test_a_plan_without_an_end_is_answered_like_any_other(route, program, monkeypatch, plan):
    monkeypatch.setitem(scenarios.PLANS, "SIMPPO001", plan)
    endless, ordinary = submit(route, program), submit(route, program, member_id="SIMMCD001")
    assert verification.run_batch() == 2
    for row in (endless, ordinary):
        row.refresh_from_db()
        assert (row.state, row.billable) == (State.COMPLETED, 1)
    assert endless.stale_at < timezone.now() + timedelta(days=31)


def break_recording_of(row: Verification) -> None:
    """From now on the database refuses what is read from this request's answer."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.verification_id = {row.pk} THEN RAISE EXCEPTION 'refused'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse_one BEFORE INSERT ON insurance_benefitsnapshot
            FOR EACH ROW EXECUTE FUNCTION refuse_one();
            """
        )


def test_an_answer_that_cannot_be_written_down_is_kept_as_it_came_and_the_others_count(route, program, payer_server):
    broken, ordinary = submit(route, program), submit(route, program, member_id="SIMMCD001")
    break_recording_of(broken)
    assert verification.run_batch() == 2
    for row in (broken, ordinary):
        row.refresh_from_db()
    assert (ordinary.state, ordinary.billable, ordinary.tries.get().applied) == (State.COMPLETED, 1, True)
    assert (broken.state, broken.state_reason) == (State.DEAD_LETTER, Reason.CODE_FAULT)
    attempt = broken.tries.get()
    assert attempt.raw_response.startswith(b"ISA")
    assert (attempt.kind, attempt.billable, broken.billable) == ("answered", True, 1)
    assert attempt.finished_at


def test_an_answer_that_cannot_be_written_down_is_not_asked_and_paid_for_again(route, program, payer_server):
    row = submit(route, program)
    break_recording_of(row)
    for _ in range(3):
        run(row)
        sweeper.free_lost_leases()
        Verification.objects.due().update(next_attempt_at=timezone.now())
    assert (row.state, row.attempts, row.billable) == (State.DEAD_LETTER, 1, 1)
    assert len(calls(payer_server, row)) == 1
