"""A call that a caller was promised outlives the payer's hours, an old answer and a request that asks the same."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from insurance import desk, intake, queues, renewal
from insurance.models import Casework, ManualCall, Verification
from tests.insurance.asking import run, submit
from tests.insurance.factories import ConsentFactory, PayerPhoneLineFactory, ProgramBillingFactory, VerificationFactory
from tests.insurance.test_payer_call import start
from tests.insurance.test_renewal import answered, make_stale, payer_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("payer_server")]


@pytest.fixture
def agent(staff):
    return staff("agent", name="Dana")


@pytest.fixture
def client(agent, signed_in):
    return signed_in(agent)


def promise(row: Verification, agent, **later):
    at = timezone.now() + timedelta(**(later or {"minutes": 5}))
    desk.take(verification=row, by=agent)
    desk.snooze(verification=row, by=agent, until=at)
    row.refresh_from_db()
    return at


def put_back(client, row: Verification, outcome: str = "closed"):
    client.post(reverse("payer_call_break", args=[row.public_id]), {"outcome": outcome})
    row.refresh_from_db()


@pytest.mark.parametrize("has_line", [True, False])
@pytest.mark.parametrize("state", ["manual_required", "completed"])
def test_putting_a_payer_call_back_keeps_the_day_the_caller_was_promised(client, agent, has_line, state):
    known = {"determination": "active_iop_unconfirmed", "completed_at": timezone.now()} if state == "completed" else {}
    row = VerificationFactory(state=state, program=ProgramBillingFactory().program, **known)
    if has_line:
        PayerPhoneLineFactory(payer=row.payer, days=["mon"], opens="03:00", closes="03:01")
    at = promise(row, agent)
    start(client, row)
    put_back(client, row)
    assert row.call_after == at
    assert row in queues.rows("call-back", agent)
    assert ManualCall.objects.get().outcome == "closed"


def test_a_second_call_that_is_broken_off_is_put_off_again(client):
    row = VerificationFactory(state="manual_required", program=ProgramBillingFactory().program)
    PayerPhoneLineFactory(payer=row.payer, days=["mon"], opens="03:00", closes="03:01")
    for _time in range(2):
        Verification.objects.filter(pk=row.pk).update(call_after=timezone.now() - timedelta(hours=1))
        start(client, row)
        put_back(client, row)
        assert row.call_after > timezone.now()


def test_a_payers_opening_hour_does_not_follow_where_there_is_no_line_on_file(client):
    row = VerificationFactory(state="manual_required", program=ProgramBillingFactory().program)
    start(client, row)
    put_back(client, row, "hung_up")
    assert (row.state, row.call_after) == ("manual_required", None)


def test_an_old_answer_hands_its_promise_on_to_the_request_that_asks_again(agent, route, program):
    row = run(submit(route, program))
    at = promise(row, agent)
    make_stale(row)
    renewal.renew_stale()
    child = row.children.get()
    assert child.call_after == at
    assert list(queues.rows("call-back", agent)) == [child]


def test_a_promise_made_on_the_second_company_goes_on_where_both_are_asked_again(agent, program):
    payer_of(program, code="SBHC1")
    row = answered(payer_of(program), program, member_id="SIMCARVE1")
    second = run(row.children.get())
    at = promise(second, agent)
    make_stale(row)
    renewal.renew_stale()
    assert row.children.get(origin="reverify").call_after == at


def test_a_second_company_is_asked_without_promising_the_caller_two_calls(agent, program, monkeypatch):
    payer_of(program, code="SBHC1")
    row = VerificationFactory.build(payer=payer_of(program), consent=ConsentFactory(), member_id="SIMCARVE1")
    row = intake.submit(row, programs=[program], submission_key=row.submission_key).verification
    promise(row, agent)
    run(row)
    assert row.children.get().call_after is None


@pytest.fixture
def with_a_twin(route, program, agent):
    """An answer grown old under somebody's care, and a request by somebody else that asks the same."""
    row = run(submit(route, program))
    at = promise(row, agent)
    twin = VerificationFactory(
        state="queued",
        next_attempt_at=timezone.now(),
        payer=row.payer,
        program=program,
        dedupe_key=intake.dedupe_key(row),
    )
    make_stale(row)
    return row, twin, at


def test_where_another_request_asks_the_same_the_caller_is_looked_after_there(with_a_twin, agent):
    row, twin, at = with_a_twin
    Casework.objects.filter(verification=row).update(may_leave_message=False, language="es")
    assert renewal.renew_stale() == 1
    twin.refresh_from_db()
    assert not row.children.exists()
    assert (twin.call_after, twin.casework.owner) == (at, agent)
    assert (twin.casework.may_leave_message, twin.casework.language) == (False, "es")
    assert twin in queues.rows("call-back", agent)
    assert row.public_id in twin.notes.get().text


def test_a_twin_that_somebody_looks_after_keeps_its_own_and_is_told(with_a_twin, staff):
    _row, twin, _at = with_a_twin
    sam = staff("agent", name="Sam")
    own = promise(twin, sam, hours=3)
    renewal.renew_stale()
    twin.refresh_from_db()
    assert (twin.call_after, twin.casework.owner, twin.notes.count()) == (own, sam, 1)


def test_a_twin_that_was_closed_is_opened_for_the_caller_who_waits_still(with_a_twin, agent):
    row, twin, at = with_a_twin
    Casework.objects.create(verification=twin, outcome="reached", closed_at=timezone.now())
    renewal.renew_stale()
    twin.refresh_from_db()
    assert (twin.casework.closed_at, twin.casework.owner, twin.call_after) == (None, agent, at)
    assert row.public_id in twin.notes.get().text
