"""What a person settles: missing details, contradictions, requests that stand still."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from insurance import verification as engine
from insurance.aaa import RULES
from insurance.models import BenefitSnapshot, Verification
from insurance.models.route import Detail
from insurance.outcomes import ON_THE_CARD
from insurance.resolveforms import DetailsForm
from insurance.states import Reason, State, move
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


def test_a_fourth_program_is_said_beside_the_field(client):
    row = VerificationFactory(state="manual_required")
    programs = [ProgramFactory() for _ in range(4)]
    for program in programs[:3]:
        post(client, "details", row, program_1=program.slug)
    page = post(client, "details", row, program_1=programs[3].slug, member_id="NEW1")
    assert page.status_code == 422
    assert "Three programs are compared already" in page.content.decode()
    assert [each.program for each in row.compared_programs.all()] == programs[:3]
    assert row.member_id != "NEW1"
    assert post(client, "details", row, program_1=programs[1].slug).status_code == 302


def test_once_a_program_is_chosen_what_is_in_the_way_is_said_anew(client):
    row = VerificationFactory(state="manual_required", state_reason=Reason.NO_PROGRAM, reason_code="2100C 71")
    post(client, "details", row, program_1=ProgramFactory().slug)
    assert (row.state, row.state_reason, row.reason_code) == (State.MANUAL_REQUIRED, Reason.NO_NPI, "")
    page = client.get(row.get_absolute_url()).content.decode()
    assert "NPI is not on file" in page
    assert "No program chosen" not in page


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


def test_every_detail_a_payer_may_ask_for_has_a_field():
    columns = {Detail.FIRST_NAME: "subscriber_first_name", Detail.LAST_NAME: "subscriber_last_name"}
    columns |= {Detail.BIRTH_DATE: "subscriber_birth_date", Detail.SEX: "subscriber_sex"}
    asked = {*ON_THE_CARD, *Detail.values, *(detail for rule in RULES.values() for detail in rule.details)}
    assert {columns.get(Detail(detail), str(detail)) for detail in asked} <= set(DetailsForm.base_fields)


def test_the_sex_on_the_card_and_another_plan_can_be_supplied(client, askable):
    payer, program = askable
    verification = VerificationFactory(state="needs_info", needed_fields=["sex", "payer"], member_id="SIMPPO001")
    post(client, "details", verification, subscriber_sex="F", payer=payer.slug, program_1=program.slug)
    assert (verification.state, verification.subscriber_sex, verification.payer) == ("queued", "F", payer)


def test_a_day_no_payer_answers_for_is_said_beside_the_field(client, askable):
    verification = VerificationFactory(state="needs_info", payer=askable[0], needed_fields=["service_date"])
    answer = post(client, "details", verification, service_date="2019-01-01")
    assert (answer.status_code, "the last twelve months" in answer.content.decode()) == (422, True)


def test_what_the_payer_has_refused_is_not_sent_again_unchanged(client, askable):
    payer, _program = askable
    refused = {"state_reason": Reason.FIX_DETAILS, "reason_code": "2100C 71", "needed_fields": ["birth_date"]}
    verification = VerificationFactory(state="needs_info", payer=payer, **refused)
    page = client.get(verification.get_absolute_url()).content.decode()
    assert "Birth date differs from the payer&#x27;s file. Ask again." in page
    for typed in ({}, {"subscriber_birth_date": f"{verification.subscriber_birth_date:%m/%d/%Y}"}):
        answer = post(client, "details", verification, **typed)
        assert (answer.status_code, "has refused just this" in answer.content.decode()) == (422, True)
    assert verification.state == "needs_info"


def test_details_that_make_it_a_question_already_open_lead_there_and_change_nothing(client, askable):
    payer, program = askable
    open_one = VerificationFactory(state="needs_info", payer=payer, member_id="", needed_fields=["member_id"])
    post(client, "details", open_one, member_id="SIMPPO001", program_1=program.slug)
    other = VerificationFactory(state="needs_info", payer=payer, member_id="", needed_fields=["member_id"])
    answer = post(client, "details", other, member_id="sim-ppo-001", program_1=program.slug)
    page = answer.content.decode()
    assert (answer.status_code, other.state, other.member_id) == (409, "needs_info", "")
    assert f'<a href="{open_one.get_absolute_url()}">{open_one.public_id}</a>' in page
    assert "sim-ppo-001" in page  # nothing typed is lost


def test_what_was_typed_on_a_page_that_is_out_of_date_is_shown_beside_what_is_there_now(
    client, askable, staff, signed_in
):
    verification = VerificationFactory(state="manual_required", payer=askable[0], member_id="OLD111")
    page = client.get(verification.get_absolute_url()).content.decode()
    seen = page.partition('name="version" value="')[2].partition('"')[0]
    assert seen == str(verification.version)
    colleague = {"version": seen, "subscriber_last_name": "Rivera", "member_id": "NEW222333"}
    post(client, "details", verification, **colleague)
    mine = {"version": seen, "subscriber_last_name": "Ribera", "member_id": "MINE44455"}
    answer = post(client, "details", verification, **mine)
    page = answer.content.decode()
    assert (answer.status_code, verification.subscriber_last_name, verification.member_id) == (
        409,
        "Rivera",
        "NEW222333",
    )
    table = page.partition('id="conflict"')[2].partition("</section>")[0]
    assert all(text in table for text in ("Rivera", "Ribera", "•••• 2333", "MINE44455"))
    assert 'value="MINE44455"' in page  # kept in its field, to be sent again
    again = page.partition(f'action="/desk/{verification.public_id}/details/"')[2]
    seen = again.partition('name="version" value="')[2].partition('"')[0]
    post(client, "details", verification, **{**mine, "version": seen})
    assert verification.member_id == "MINE44455"


def test_a_decision_about_a_reading_that_has_changed_meanwhile_is_not_taken(client):
    verification = VerificationFactory(state="needs_review")
    BenefitSnapshot.objects.create(verification=verification, determination="unknown", evidence_level=0, data={})
    seen = verification.version
    move(verification, State.MANUAL_REQUIRED, reason=Reason.REVIEWED, note="It says 20 percent.")
    answer = post(client, "decide", verification, decision="accept", note="Line 4 is clear.", version=seen)
    page = answer.content.decode()
    assert (answer.status_code, verification.state) == (409, "manual_required")
    assert "It says 20 percent." in page
    assert "Line 4 is clear." in page


def test_a_page_of_nonsense_versions_is_out_of_date(client):
    verification = VerificationFactory(state="manual_required")
    for version in ("x", "", "9" * 40, "²"):
        assert post(client, "details", verification, member_id="ABC123", version=version).status_code == 409


def test_asked_again_an_answer_that_nobody_could_settle_counts_no_more(client, askable, payer_server):
    payer, program = askable
    row = VerificationFactory(state="needs_review", payer=payer, program=program, attempts=1, fence=1)
    row.tries.create(number=1, fence=1, route=payer.routes.get(), trn02="T1", kind="answered", service_type="CH")
    BenefitSnapshot.objects.create(
        verification=row, determination="inactive", evidence_level=0, review=["INACTIVE_AND_ACTIVE"], data={}
    )
    post(client, "decide", row, decision="again", note="The card is new.")
    engine.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.determination) == (State.COMPLETED, "covered_auth_required")
    assert [each.service_type for each in row.tries.all()] == ["CH", "CH"]
    assert Verification.objects.get(pk=row.pk).snapshot.review == []


def test_when_the_first_day_is_known_the_plan_is_asked_again_the_day_before(client):
    then = timezone.now() - timedelta(days=3)
    verification = VerificationFactory(
        state="completed", determination="unknown", completed_at=then, stale_at=then + timedelta(days=30)
    )
    BenefitSnapshot.objects.create(verification=verification, determination="unknown", evidence_level=0, data={})
    first_day = timezone.localdate() + timedelta(days=5)
    post(client, "plan", verification, admission_on=first_day.isoformat())
    assert verification.admission_on == first_day
    assert timezone.localdate(verification.stale_at) == first_day - timedelta(days=1)
    post(client, "plan", verification, admission_on="")
    assert (verification.admission_on, timezone.localdate(verification.stale_at)) == (
        None,
        timezone.localdate(then) + timedelta(days=30),
    )


@pytest.mark.parametrize("typed", ["2019-01-01", "2099-01-01", "soon", "02/30/2027"])
def test_a_first_day_that_cannot_be_is_said_beside_its_field(client, typed):
    verification = VerificationFactory(state="manual_required")
    answer = post(client, "plan", verification, admission_on=typed)
    assert (answer.status_code, verification.admission_on) == (422, None)
    assert "id_admission_on_error" in answer.content.decode()


@pytest.mark.parametrize(
    "state", ["queued", "sending", "retry_wait", "awaiting_payer", "manual_in_progress", "completed"]
)
def test_a_question_on_its_way_is_not_taken_from_under_a_worker(client, staff, state):
    now = timezone.now()
    held = {"held_by": staff("agent"), "held_until": now} if state == "manual_in_progress" else {}
    verification = VerificationFactory(
        state=state,
        lease_until=now + timedelta(minutes=1) if state == "sending" else None,
        next_attempt_at=now if state in ("queued", "retry_wait", "awaiting_payer") else None,
        determination="unknown",
        completed_at=now,
        **held,
    )
    acts = [("details", {"member_id": "ABC123"}), ("again", {})]
    acts += [("decide", {"decision": decision, "note": "x"}) for decision in ("again", "call")]
    for name, fields in acts:
        assert post(client, name, verification, **fields).status_code == 409, name
        assert (verification.state, verification.version, verification.member_id) == (state, 0, "SIMPPO001"), name
