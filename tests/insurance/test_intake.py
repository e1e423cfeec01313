import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from insurance import intake
from insurance.fields import MemberIdField
from insurance.models import StatusEvent, Verification
from insurance.states import Determination, Reason, State
from programs.models.payer import PayerKind
from tests.factories import PayerFactory, ProgramFactory
from tests.insurance.factories import (
    ConsentFactory,
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db


def submit(payer, *programs, key=None, **fields) -> intake.Submitted:
    row = VerificationFactory.build(payer=payer, **{"consent": ConsentFactory(), **fields})
    return intake.submit(row, programs=programs, submission_key=key or uuid.uuid4())


def test_a_complete_request_is_queued_and_rung_for_after_commit(route, program, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        row = submit(route.payer, program).verification
    assert (row.state, len(callbacks), row.events.get().to_state) == (State.QUEUED, 1, "queued")
    assert row.auto_deadline_at > row.next_attempt_at


def test_the_same_form_twice_is_one_request(route, program):
    key = uuid.uuid4()
    first, second = submit(route.payer, program, key=key), submit(route.payer, program, key=key)
    assert (first.verification, first.is_new, second.is_new) == (second.verification, True, False)


@pytest.mark.parametrize("spelling", ["SIMPPO001", " simppo001 ", "SIM-PPO-001", "SIM PPO 001"])
def test_the_same_question_by_somebody_else_is_the_open_request(route, program, spelling):
    first = submit(route.payer, program)
    assert submit(route.payer, program, member_id=spelling).verification == first.verification
    assert StatusEvent.objects.count() == 1


def test_another_condition_or_patient_is_another_request(route, program):
    submit(route.payer, program)
    assert submit(route.payer, program, condition="sud").is_new
    assert submit(route.payer, program, relationship="child", patient_first_name="Robin", patient_last_name="E").is_new


def test_without_consent_nothing_is_stored(route, program):
    with pytest.raises(intake.ConsentMissingError):
        submit(route.payer, program, consent=None)
    assert not Verification.objects.exists()


def test_a_program_without_npi_or_agreement_goes_to_a_person_with_that_reason(route):
    imported, unsigned = ProgramFactory(), ProgramBillingFactory().program
    bad = ProgramBillingFactory(npi="1234567890").program
    reasons = [submit(route.payer, each).verification.state_reason for each in (imported, unsigned, bad)]
    assert reasons == [Reason.NO_NPI, Reason.NO_AGREEMENT, Reason.BAD_NPI]


def test_of_three_programs_the_one_that_lets_us_ask_is_asked_for(route, program):
    others = [ProgramFactory(), ProgramFactory()]
    row = submit(route.payer, others[0], program, others[1]).verification
    assert (row.program, row.state) == (program, State.QUEUED)
    assert [each.program for each in row.compared_programs.all()] == [others[0], program, others[1]]


def test_medicare_is_answered_at_once_where_it_never_pays():
    payer = PayerFactory(kind=PayerKind.MEDICARE)
    row = submit(payer, ProgramBillingFactory().program).verification
    assert (row.state, row.determination) == (State.COMPLETED, Determination.NOT_COVERED)
    assert row.state_reason == Reason.MEDICARE_FREE_STANDING


def test_medicare_at_a_place_of_unknown_kind_is_no_no():
    payer = PayerFactory(kind=PayerKind.MEDICARE)
    row = submit(payer, ProgramBillingFactory(setting="").program).verification
    assert row.determination == ""


@pytest.mark.parametrize(("member_id", "state"), [("1EG4-TE5-MK73", "queued"), ("1SG4-TE5-MK73", "needs_info")])
def test_an_impossible_medicare_id_is_asked_for_again(member_id, state):
    route = PayerRouteFactory(payer=PayerFactory(kind=PayerKind.MEDICARE))
    program = ProgramBillingFactory(setting="hospital-outpatient").program
    ProgramPayerContractFactory(program=program, payer=route.payer)
    assert submit(route.payer, program, member_id=member_id).verification.state == state


def test_missing_details_are_listed_and_supplying_them_queues_it(route, program):
    row = submit(route.payer, program, subscriber_birth_date=None).verification
    assert (row.state, row.needed_fields) == (State.NEEDS_INFO, ["birth_date"])
    row.subscriber_birth_date = VerificationFactory.build().subscriber_birth_date
    intake.supply_info(row, actor=None, fields=["subscriber_birth_date"])
    row.refresh_from_db()
    assert (row.state, row.needed_fields, row.state_reason) == (State.QUEUED, [], Reason.INFO_SUPPLIED)


def test_a_payer_without_a_wire_is_called(program):
    payer = PayerFactory()
    ProgramPayerContractFactory(program=program, payer=payer)
    assert submit(payer, program).verification.state_reason == Reason.NO_ROUTE


def test_no_program_is_no_dead_end(route):
    assert submit(route.payer).verification.state_reason == Reason.NO_PROGRAM


@pytest.mark.parametrize("typed", ["#12345", "(800) 1", "ID=5", "A*B", "'12345"])
def test_the_form_refuses_an_id_that_no_payer_can_be_sent(typed):
    with pytest.raises(ValidationError, match="only letters, digits and dashes"):
        MemberIdField().clean(typed)


@pytest.mark.django_db(transaction=True)
def test_many_who_send_the_same_at_once_get_the_same_request(route, program):
    forms = [uuid.uuid4(), uuid.uuid4()]
    barrier = Barrier(8)

    def send(number: int) -> int:
        barrier.wait()
        try:
            return submit(route.payer, program, key=forms[number % 2]).verification.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(8)))) == 1
    assert Verification.objects.count() == StatusEvent.objects.count() == 1
