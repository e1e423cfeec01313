"""What a person settles: missing details, contradictions, requests that stand still."""

import pytest
from django.urls import reverse

from insurance.models import BenefitSnapshot
from tests.factories import PayerFactory, ProgramFactory
from tests.insurance.factories import (
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(staff, signed_in):
    return signed_in(staff("agent"))


@pytest.fixture
def askable():
    program, payer = ProgramFactory(), PayerFactory()
    ProgramBillingFactory(program=program)
    ProgramPayerContractFactory(program=program, payer=payer)
    PayerRouteFactory(payer=payer)
    return payer, program


def post(client, name, verification, **fields):
    answer = client.post(reverse(f"verification_{name}", args=[verification.public_id]), fields)
    verification.refresh_from_db()
    return answer


def test_details_from_the_caller_send_the_question_off(client, askable):
    payer, program = askable
    verification = VerificationFactory(state="needs_info", payer=payer, member_id="", needed_fields=["member_id"])
    post(client, "details", verification, member_id="SIMPPO001", program_1=program.slug)
    assert (verification.state, verification.member_id) == ("queued", "SIMPPO001")
    assert verification.program == program


def test_details_that_are_not_enough_say_what_is_missing(client, askable):
    payer, program = askable
    verification = VerificationFactory(
        state="needs_info", payer=payer, member_id="", subscriber_birth_date=None, needed_fields=["member_id"]
    )
    post(client, "details", verification, member_id="SIMPPO001", program_1=program.slug)
    assert verification.state == "needs_info"
    assert verification.needed_fields == ["birth_date"]


def test_details_for_a_request_that_needs_a_call_anyway_are_kept(client):
    verification = VerificationFactory(state="manual_required", member_id="")
    post(client, "details", verification, member_id="ABC123")
    assert (verification.state, verification.member_id) == ("manual_required", "ABC123")


def test_bad_details_are_said_beside_the_field(client, askable):
    verification = VerificationFactory(state="needs_info", payer=askable[0])
    answer = post(client, "details", verification, subscriber_birth_date="31/12/1990")
    assert answer.status_code == 422
    assert "no such day" in answer.content.decode()


@pytest.mark.parametrize(
    ("decision", "state"), [("accept", "completed"), ("call", "manual_required"), ("again", "queued")]
)
def test_a_contradictory_answer_is_settled_by_a_person_with_a_note(client, decision, state):
    verification = VerificationFactory(state="needs_review")
    BenefitSnapshot.objects.create(
        verification=verification, determination="inactive", evidence_level=0, review=["CONFLICT"], data={}
    )
    assert post(client, "decide", verification, decision=decision).status_code == 422
    post(client, "decide", verification, decision=decision, note="Read line 4.")
    assert verification.state == state
    assert verification.events.latest("version").note == "Read line 4."


def test_a_request_that_stood_still_goes_on_when_the_set_up_is_mended(client):
    verification = VerificationFactory(state="config_error")
    post(client, "again", verification)
    assert verification.state == "queued"


def test_what_the_state_does_not_allow_is_refused(client):
    verification = VerificationFactory(state="cancelled")
    assert post(client, "decide", verification, decision="call", note="x").status_code == 409
