"""Calling a payer: only what is missing is asked, nothing typed is lost, and the answer is evidence L4."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from insurance import desk, payercall, renewal, script, sweeper
from insurance.forms import PayerCallForm
from insurance.models import BenefitSnapshot, Casework, Disclosure, ManualCall, Review, Verification
from insurance.states import DUE_STATES, Determination
from tests.factories import ProgramFactory
from tests.insurance.factories import (
    PayerPhoneLineFactory,
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)

pytestmark = pytest.mark.django_db

SAID = {
    "plan_active": "yes",
    "covered": "yes",
    "network": "in",
    "authorization": "yes",
    "copay": "$35",
    "copay_unit": "",
    "deductible_applies": "no",
    "deductible_total": "1,500",
    "deductible_left": "$600.00",
    "oop_total": "5000",
    "oop_left": "3850",
    "visit_limit": "60",
    "visits_used": "12",
    "rep_name": "Kim",
    "reference": "88-1207",
    "disclaimer_read": "on",
}


@pytest.fixture
def agent(staff):
    return staff("agent", name="Dana")


@pytest.fixture
def client(agent, signed_in):
    return signed_in(agent)


@pytest.fixture
def verification():
    program = ProgramBillingFactory().program
    return VerificationFactory(state="manual_required", program=program, member_id="ABC123456789")


def start(client, verification):
    return client.post(reverse("payer_call_start", args=[verification.public_id]))


def finish(client, verification, **changes):
    return client.post(reverse("payer_call_finish", args=[verification.public_id]), {**SAID, **changes})


def test_a_finished_call_is_evidence_of_the_highest_level(client, verification):
    assert start(client, verification).url == reverse("payer_call", args=[verification.public_id])
    assert finish(client, verification).url == verification.get_absolute_url()
    verification.refresh_from_db()
    assert (verification.state, verification.evidence_level) == ("completed", 4)
    assert verification.determination == Determination.COVERED_AUTH_REQUIRED
    page = client.get(verification.get_absolute_url()).content.decode()
    assert "a representative of the plan told us" in page
    assert "$600.00 left of $1,500.00" in page
    assert "$35.00 a day" in page
    assert "48 left of 60" in page
    assert "Kim, reference 88-1207" in page


def test_what_was_said_in_words_is_with_the_answer(client, verification):
    start(client, verification)
    said = {"exclusions": "No care by video.", "penalty": "Half is not paid.", "authorization_phone": "414-555-0134"}
    finish(client, verification, plan_ends="12/31/2099", reference="", reference_refused="on", **said)
    page = client.get(verification.get_absolute_url()).content.decode()
    for words in ("No care by video.", "Half is not paid.", "+14145550134", "Kim, gave no reference"):
        assert words in page
    assert BenefitSnapshot.objects.get().data["plan"]["ends"] == "2099-12-31"


def test_what_was_told_to_the_payer_is_in_the_ledger(client, verification, agent):
    start(client, verification)
    told = Disclosure.objects.get()
    assert (told.recipient, told.by, told.consent) == ("payer", agent, verification.consent)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rep_name": ""}, "Ask for the name"),
        ({"reference": ""}, "Write the reference number"),
        ({"disclaimer_read": ""}, "guarantee of payment"),
        ({"deductible_left": "2000"}, "More is left"),
        ({"coinsurance": "120"}, "less than or equal to 100"),
        ({"copay": "-3"}, "greater than or equal to 0"),
    ],
)
def test_a_call_does_not_finish_without_proof(change, message):
    (errors,) = PayerCallForm({**SAID, **change}).errors.values()
    assert message in errors[0]


def test_what_is_missing_is_asked_for_and_nothing_is_recorded(client, verification):
    start(client, verification)
    answer = finish(client, verification, rep_name="", reference="")
    assert answer.status_code == 422
    assert "Ask for the name" in answer.content.decode()
    assert "Write the reference number" in answer.content.decode()
    assert not BenefitSnapshot.objects.exists()


def test_a_refused_reference_is_proof_too(client, verification):
    start(client, verification)
    finish(client, verification, reference="", reference_refused="on")
    assert ManualCall.objects.get().reference_refused


def test_answers_survive_a_hold_that_ran_out(client, verification, staff, signed_in):
    start(client, verification)
    client.post(reverse("payer_call_keep", args=[verification.public_id]), {"deductible_left": "600"})
    Casework.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    other = signed_in(staff("agent"))
    start(other, verification)
    page = other.get(reverse("payer_call", args=[verification.public_id])).content.decode()
    assert 'value="600"' in page
    assert client.get(reverse("payer_call", args=[verification.public_id])).status_code == 409


def test_a_hold_that_ran_out_comes_back_while_nobody_else_wants_it(client, verification, agent):
    start(client, verification)
    long_ago = timezone.now() - timedelta(minutes=1)
    Casework.objects.update(held_until=long_ago)
    Verification.objects.update(held_until=long_ago)
    sweeper.escalate()
    assert Verification.objects.get().state == "manual_required"
    client.post(reverse("payer_call_keep", args=[verification.public_id]), {"deductible_left": "600"})
    assert (Verification.objects.get().state, Verification.objects.get().held_by) == ("manual_in_progress", agent)
    Verification.objects.update(held_until=long_ago)
    sweeper.escalate()
    finish(client, verification)
    assert Verification.objects.get().state == "completed"


def test_what_cannot_be_kept_any_more_is_said_where_one_types(client, verification, staff):
    start(client, verification)
    Casework.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    desk.take(verification=verification, by=staff("agent", name="Sam"))
    kept = client.post(reverse("payer_call_keep", args=[verification.public_id]), headers={"HX-Request": "true"})
    assert kept.status_code == 409
    assert "Sam has this until" in kept.content.decode()
    assert "<html" not in kept.content.decode()


def test_putting_it_back_keeps_what_was_typed_last(client, verification):
    start(client, verification)
    fields = {"outcome": "hung_up", "deductible_left": "600"}
    client.post(reverse("payer_call_break", args=[verification.public_id]), fields)
    assert ManualCall.objects.get().answers["deductible_left"] == "600"


def test_nobody_calls_about_a_request_that_a_colleague_holds(client, verification, staff):
    desk.take(verification=verification, by=staff("agent", name="Sam"))
    refused = start(client, verification)
    assert refused.status_code == 409
    assert "Sam has this until" in refused.content.decode()
    assert not ManualCall.objects.exists()


def test_a_closed_line_puts_it_back_until_it_opens(client, verification):
    PayerPhoneLineFactory(payer=verification.payer, days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
    start(client, verification)
    client.post(reverse("payer_call_break", args=[verification.public_id]), {"outcome": "closed"})
    verification.refresh_from_db()
    assert verification.state == "manual_required"
    assert verification.call_after.astimezone(timezone.get_default_timezone()).hour in range(8, 17)


@pytest.mark.parametrize(
    ("change", "determination"),
    [
        ({"plan_active": "no"}, "inactive"),
        ({"covered": "no"}, "not_covered"),
        ({"covered": "no", "network": "out"}, "not_covered_out_of_network"),
        ({"covered": "unknown"}, "active_iop_unconfirmed"),
        ({"visits_used": "60"}, "limit_exhausted"),
        ({"carve_out_company": "Example Behavioral"}, "carve_out_contact"),
        ({"authorization": "unknown"}, "covered"),
    ],
)
def test_what_the_answers_amount_to(change, determination):
    form = PayerCallForm({**SAID, **change})
    assert form.is_valid()
    assert payercall.determination_of(form.cleaned_data) == determination


def test_the_script_asks_for_the_deciding_company_first_and_only_for_what_is_missing(verification):
    asked = script.questions(verification)
    assert asked[0] == script.CARVE_OUT
    assert script.DEDUCTIBLE in asked
    BenefitSnapshot.objects.create(
        verification=verification,
        determination="covered",
        evidence_level=3,
        data={
            "plan": {"active": True},
            "program_network": "in",
            "tiers": [
                {
                    "network": "in",
                    "tier": "base",
                    "authorization": "no",
                    "deductible": {"individual": {"remaining": {"value": "600.00"}}},
                    "copay": {"value": "35"},
                }
            ],
        },
    )
    asked = script.questions(verification)
    assert script.DEDUCTIBLE not in asked
    assert {script.CARVE_OUT, script.COVERED, script.LIMIT} <= set(asked)


def test_a_sample_goes_to_a_second_person_who_is_not_the_caller(client, verification, staff, signed_in, settings):
    settings.REVIEW_RATES = {"agent": 1.0}
    start(client, verification)
    finish(client, verification)
    review = Review.objects.get()
    assert client.get(reverse("desk_review", args=[review.pk])).status_code == 404
    second = signed_in(staff("supervisor"))
    decide = reverse("desk_review_decide", args=[review.pk])
    assert second.post(decide, {"agreed": "no"}).status_code == 422
    second.post(decide, {"agreed": "no", "remark": "They spoke of inpatient care."})
    page = second.get(reverse("desk_reviews")).content.decode()
    assert "Disagreed" in page
    assert "They spoke of inpatient care." in page


def test_without_the_lot_nobody_reads_twice(client, verification, settings):
    settings.REVIEW_RATES = {}
    start(client, verification)
    finish(client, verification)
    assert not Review.objects.exists()
    assert payercall.needs_second_reading(BenefitSnapshot.objects.get()) is False


def test_no_call_without_consent(client, verification):
    desk.casework_of(verification)
    verification.consent.revoked_at = timezone.now()
    verification.consent.save(update_fields=["revoked_at"])
    assert start(client, verification).status_code == 409
    assert Verification.objects.get().state == "manual_required"


@pytest.mark.parametrize(
    "state", sorted({*payercall.CALLABLE} - {"completed", "manual_in_progress", "manual_required"})
)
def test_nobody_has_to_wait_for_a_computer_to_call(client, state):
    program = ProgramBillingFactory().program
    due = timezone.now() if state in DUE_STATES else None
    row = VerificationFactory(state=state, program=program, next_attempt_at=due)
    page = client.get(row.get_absolute_url()).content.decode()
    assert reverse("payer_call_start", args=[row.public_id]) in page
    start(client, row)
    finish(client, row)
    row.refresh_from_db()
    assert (row.state, row.evidence_level, row.next_attempt_at) == ("completed", 4, None)


@pytest.mark.parametrize("state", ["sending", "needs_review", "cancelled"])
def test_nobody_is_called_while_a_question_is_on_its_way_or_an_answer_is_in_doubt(client, state):
    row = VerificationFactory(state=state, lease_until=timezone.now() if state == "sending" else None)
    assert start(client, row).status_code == 409
    assert not ManualCall.objects.exists()


@pytest.fixture
def unconfirmed():
    """The plan's computer said that the plan is active, and no more."""
    row = VerificationFactory(
        state="completed",
        determination="active_iop_unconfirmed",
        evidence_level=2,
        completed_at=timezone.now(),
        program=ProgramBillingFactory().program,
    )
    row.snapshots.create(determination="active_iop_unconfirmed", evidence_level=2, data={"plan": {"active": True}})
    return row


def test_what_the_computer_does_not_say_is_asked_by_phone_and_its_own_answer_is_kept(client, unconfirmed):
    page = client.get(unconfirmed.get_absolute_url()).content.decode()
    assert "A representative can say more than the computer" in page
    start(client, unconfirmed)
    assert "A representative can say more" in client.get(unconfirmed.get_absolute_url()).content.decode()
    finish(client, unconfirmed)
    unconfirmed.refresh_from_db()
    assert (unconfirmed.state, unconfirmed.evidence_level) == ("completed", 4)
    assert unconfirmed.determination == Determination.COVERED_AUTH_REQUIRED
    by_phone, by_computer = unconfirmed.snapshots.all()
    assert (by_computer.evidence_level, by_computer.superseded_at is None, by_phone.superseded_at) == (2, False, None)
    event = unconfirmed.events.latest("version")
    assert (event.from_state, event.to_state, event.reason) == ("completed", "completed", "call_finished")


def test_a_representatives_word_on_the_network_outweighs_the_contract_on_file(client, unconfirmed):
    unconfirmed.compared_programs.create(program=unconfirmed.program, position=1)
    ProgramPayerContractFactory(program=unconfirmed.program, payer=unconfirmed.payer, network="in")
    start(client, unconfirmed)
    finish(client, unconfirmed, network="out", coinsurance="40")
    assert "network" not in unconfirmed.snapshot.estimates.get().result["unknowns"]
    page = client.get(unconfirmed.get_absolute_url()).content.decode()
    assert "Ask the plan next" not in page


def test_a_correction_that_is_cut_off_leaves_the_answer_and_is_taken_up_again(client, unconfirmed):
    PayerPhoneLineFactory(payer=unconfirmed.payer, days=["mon"], opens="03:00", closes="03:01")
    start(client, unconfirmed)
    client.post(
        reverse("payer_call_break", args=[unconfirmed.public_id]), {"outcome": "closed", "deductible_left": "600"}
    )
    unconfirmed.refresh_from_db()
    assert (unconfirmed.state, unconfirmed.evidence_level) == ("completed", 2)
    assert unconfirmed.call_after > timezone.now()


def test_an_answer_does_not_expire_while_somebody_is_correcting_it(client, unconfirmed):
    Verification.objects.update(stale_at=timezone.now() - timedelta(hours=1))
    start(client, unconfirmed)
    assert renewal.renew_stale() == 0
    finish(client, unconfirmed)
    unconfirmed.refresh_from_db()
    assert unconfirmed.stale_at > timezone.now()


def test_for_an_imported_program_we_speak_for_the_member_and_it_is_said_what_is_missing(client):
    program = ProgramFactory(street="2319 West Capitol Drive")
    row = VerificationFactory(state="manual_required", state_reason="no_npi", program=program)
    page = client.get(row.get_absolute_url()).content.decode()
    assert "get the number (NPI) from the program" in page
    assert f'href="tel:{program.phones.first().number}"' in page
    page = client.get(start(client, row).url).content.decode()
    assert "I am calling for your member, who has allowed us to ask" in page
    assert "Have the caller on the line" in page
    assert "Not on file" in page
    assert "2319 West Capitol Drive" in page


def test_when_the_npi_and_the_agreement_are_on_file_a_computer_is_asked_after_all(client):
    program, route = ProgramFactory(), PayerRouteFactory()
    row = VerificationFactory(state="manual_required", state_reason="no_npi", payer=route.payer, member_id="SIMPPO001")
    row.compared_programs.create(program=program, position=1)
    assert "A computer can ask now" not in client.get(row.get_absolute_url()).content.decode()
    ProgramBillingFactory(program=program)
    ProgramPayerContractFactory(program=program, payer=route.payer)
    assert "A computer can ask now" in client.get(row.get_absolute_url()).content.decode()
    client.post(reverse("verification_details", args=[row.public_id]), {"version": row.version})
    row.refresh_from_db()
    assert (row.state, row.program) == ("queued", program)
