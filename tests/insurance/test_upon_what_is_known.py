"""A call adds to what the computer told: what was told anew counts, the rest stays with its own source."""

import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product

import pgtrigger
import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from insurance import answer, consent, costing, intake, kept, payercall, renewal, script
from insurance.models import BenefitSnapshot, ProgramPayerContract, Verification
from insurance.questions import Question
from insurance.reading import Benefits
from insurance.tiers import Accumulator, Value
from programs.models import PayerAcceptance
from programs.models.payer import PayerKind
from tests.factories import PayerFactory
from tests.insurance.asking import run, submit
from tests.insurance.factories import (
    ConsentFactory,
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)
from tests.insurance.test_payer_call import start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("payer_server")]

PROOF = {"rep_name": "Kim", "reference": "88-1207", "disclaimer_read": "on"}
# A plan year that lasts longer than the program, so that the day of the test does not matter.
A_YEAR_ON = f"{timezone.localdate() + timedelta(days=360):%m/%d/%Y}"
NOTHING = dict.fromkeys(("plan_active", "covered", "network", "authorization", "deductible_applies"), "unknown")


@pytest.fixture
def client(staff, signed_in):
    return signed_in(staff("agent", name="Dana"))


@pytest.fixture
def unanswered(route, program):
    row = VerificationFactory(state="manual_required", payer=route.payer, program=program, member_id="ABC123456789")
    row.compared_programs.create(program=program, position=1)
    return row


@pytest.fixture
def by_computer(route, program):
    """A PPO's whole answer: $600 of the deductible left, 20 %, approval in advance."""
    return run(submit(route, program))


def call(client, row: Verification, **told) -> BenefitSnapshot:
    start(client, row)
    answered = client.post(reverse("payer_call_finish", args=[row.public_id]), {**NOTHING, **PROOF, **told})
    assert answered.status_code == 302
    row.refresh_from_db()
    return row.snapshots.get(superseded_at=None)


def estimate(row: Verification) -> dict:
    return row.snapshots.get(superseded_at=None).estimates.get().result


def known(row: Verification) -> dict[tuple[str, str], tuple[str, str]]:
    return {(fact.label, fact.about): (fact.value, fact.source) for fact in answer.of(row).facts}


def test_a_call_about_what_is_missing_keeps_what_the_computer_told(client, by_computer):
    before, cost = known(by_computer), estimate(by_computer)
    assert script.DEDUCTIBLE not in script.questions(by_computer)
    snapshot = call(client, by_computer, plan_active="yes", covered="yes", network="in", authorization="yes")
    after = known(by_computer)
    assert (by_computer.evidence_level, by_computer.determination) == (4, "covered_auth_required")
    assert estimate(by_computer) == cost
    for key in [("Deductible, one person", "In network"), ("Patient’s share", "In network")]:
        assert after[key] == before[key]
        assert "Plan’s computer, line" in after[key][1]
    assert after["Approval in advance", "In network"] == ("Needed", "Representative, by phone")
    assert after["Approval in advance", "Out of network"] == before["Approval in advance", "Out of network"]
    assert ("In network", "Representative, by phone") in [
        (fact.value, fact.source) for fact in answer.of(by_computer).facts if fact.label == "Program"
    ]
    assert snapshot.data["question"] == Question.CONFIRM
    assert "Ask the plan next" not in client.get(by_computer.get_absolute_url()).content.decode()


def test_a_reading_comes_back_from_its_snapshot_as_it_was(by_computer):
    found = kept.read(by_computer.snapshot)
    (base,) = [tier for tier in found.tiers if tier.network == "in"]
    assert base.coinsurance is not None
    assert base.coinsurance.value == Decimal("0.2")
    assert found.plan.name == "EXAMPLE PPO 1500"
    assert found.inferences


def test_one_figure_told_anew_stands_in_the_old_ones_place_alone(client, by_computer):
    call(
        client, by_computer, plan_active="yes", covered="yes", network="in", deductible_left="200", plan_ends=A_YEAR_ON
    )
    facts = known(by_computer)
    value, source = facts["Deductible, one person", "In network"]
    assert value == "$200.00 left of $1,500.00"
    assert source.startswith("Representative, by phone; Plan’s computer, line")
    assert facts["Patient’s share", "In network"][0] == "20%"
    assert estimate(by_computer)["total"] == "2320.00"


def test_a_copay_told_stands_in_place_of_the_percentage(client, by_computer):
    call(client, by_computer, covered="yes", plan_active="yes", network="in", copay="40", deductible_applies="no")
    assert estimate(by_computer)["total"] == "1440.00"
    assert ("Patient’s share", "In network") not in known(by_computer)


def test_another_total_makes_what_was_left_unknown(client, by_computer):
    call(
        client, by_computer, covered="yes", plan_active="yes", network="in", deductible_total="500", plan_ends=A_YEAR_ON
    )
    assert estimate(by_computer)["low"] == "2160.00"
    assert estimate(by_computer)["high"] == "2560.00"


def test_a_call_that_taught_nothing_leaves_the_computers_answer_and_says_whose_it_is(client, by_computer):
    said, cost = answer.of(by_computer).sentence, estimate(by_computer)
    call(client, by_computer)
    assert (by_computer.evidence_level, answer.of(by_computer).sentence, estimate(by_computer)) == (3, said, cost)
    assert "the plan’s computer told us" in said


def test_an_answer_that_rests_on_both_is_the_plans_word(client, by_computer):
    call(client, by_computer, visit_limit="12", visits_used="12")
    assert (by_computer.determination, by_computer.evidence_level) == ("limit_exhausted", 3)
    assert "the plan told us that the visits" in answer.of(by_computer).sentence


def test_a_yes_by_phone_and_approval_by_computer_are_the_plans_word_together(client, by_computer):
    call(client, by_computer, plan_active="yes", covered="yes", network="in")
    assert (by_computer.determination, by_computer.evidence_level) == ("covered_auth_required", 4)
    assert "the plan told us that this kind of care is covered if the plan approves" in answer.of(by_computer).sentence


def test_a_plan_that_the_computer_found_ended_is_not_put_into_a_representatives_mouth(client, route, program):
    row = run(submit(route, program, member_id="SIMINACT1"))
    call(client, row, covered="yes")
    assert "the plan’s computer told us that the plan is not active" in answer.of(row).sentence
    call(client, row, plan_active="yes", covered="yes", network="in")
    assert "a representative of the plan told us that this kind of care is covered" in answer.of(row).sentence


def test_a_second_call_keeps_what_the_first_one_told(client, by_computer):
    call(client, by_computer, covered="yes", plan_active="yes", authorization="yes", penalty="Half is not paid.")
    call(client, by_computer, plan_active="yes", deductible_left="0", rep_name="Lee")
    page = client.get(by_computer.get_absolute_url()).content.decode()
    for words in (
        "Half is not paid.",
        "Kim, reference",
        "Lee, reference",
        "20%",
        "a representative of the plan told us",
    ):
        assert words in page
    assert by_computer.evidence_level == 4


@pytest.mark.parametrize("doubt", [{"review": ["CONFLICT"]}, {"flags": ["PLAN_PERIOD_ENDED"]}])
def test_an_answer_in_doubt_or_of_a_period_that_is_over_is_not_gone_on_from(client, unanswered, by_computer, doubt):
    unanswered.snapshots.create(
        determination="covered", evidence_level=3, data=by_computer.snapshots.get().data, **doubt
    )
    assert script.DEDUCTIBLE in script.questions(unanswered)
    snapshot = call(client, unanswered, plan_active="yes", covered="yes", network="in")
    assert (snapshot.data["tiers"], snapshot.flags) == ([], [])


def test_an_old_answer_is_not_gone_on_from(client, by_computer):
    Verification.objects.update(stale_at=timezone.now() - timedelta(hours=1))
    by_computer.refresh_from_db()
    assert script.DEDUCTIBLE in script.questions(by_computer)
    call(client, by_computer, plan_active="yes", covered="yes", network="in")
    assert ("Deductible, one person", "In network") not in known(by_computer)


def test_what_is_left_of_the_computers_answer_grows_old_by_its_own_day(client, by_computer):
    taken = timezone.now() - timedelta(days=20)
    snapshot = call(client, by_computer, plan_active="yes", covered="yes", network="in")
    snapshot.data["since"] = taken.isoformat()
    at, _why = renewal.stale_at(by_computer, snapshot, now=timezone.now())
    assert at < timezone.now() + timedelta(days=11)


# --- evidence ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("told", "determination", "level", "question"),
    [
        ({}, "unknown", 0, Question.COVERED),
        ({"network": "in"}, "unknown", 0, Question.COVERED),
        ({"plan_active": "yes"}, "active_iop_unconfirmed", 1, Question.COVERED),
        ({"plan_active": "no"}, "inactive", 0, Question.OTHER_COVERAGE),
        ({"plan_active": "yes", "covered": "no"}, "not_covered", 4, Question.EXCEPTION),
        ({"covered": "no", "network": "out"}, "not_covered_out_of_network", 4, Question.EXCEPTION),
        ({"plan_active": "yes", "covered": "yes"}, "covered", 4, Question.NETWORK),
        ({"plan_active": "yes", "covered": "yes", "network": "in"}, "covered", 4, Question.AUTHORIZATION),
        ({"carve_out_company": "Example Behavioral"}, "carve_out_contact", 0, Question.ADMINISTRATOR),
    ],
)
def test_only_a_word_about_this_care_is_evidence_of_the_highest_level(
    client, unanswered, told, determination, level, question
):
    snapshot = call(client, unanswered, **told)
    assert (snapshot.determination, snapshot.evidence_level) == (determination, level)
    assert snapshot.data["question"] == question
    known_now = answer.of(unanswered)
    assert str(question.label) in known_now.next_question
    assert ("told us about this care" in str(known_now.level_words)) is (level == 4)
    assert (" is active." in known_now.sentence) is (determination == "active_iop_unconfirmed")
    assert "confirmed this care" not in client.get(unanswered.get_absolute_url()).content.decode()


def test_a_representative_who_said_that_the_plan_has_ended_is_named_as_the_one_who_said_it(client, unanswered):
    call(client, unanswered, plan_active="no")
    assert "a representative of the plan told us that the plan is not active" in answer.of(unanswered).sentence


def test_the_directory_learns_a_network_that_was_told_and_none_that_was_not(client, unanswered):
    call(client, unanswered, plan_active="yes")
    assert not PayerAcceptance.objects.exists()
    call(client, unanswered, network="out")
    assert PayerAcceptance.objects.get().network == "out-of-network"


# --- what was told in part ----------------------------------------------------------------------------
def test_days_used_that_were_not_told_may_be_none_or_all(client, unanswered):
    figures = {"coinsurance": "20", "deductible_applies": "no", "oop_total": "5000", "oop_left": "5000"}
    call(
        client,
        unanswered,
        plan_active="yes",
        covered="yes",
        network="in",
        visit_limit="10",
        plan_ends=A_YEAR_ON,
        **figures,
    )
    assert (estimate(unanswered)["low"], estimate(unanswered)["high"]) == ("4500.00", "5400.00")
    assert "visit_limit" in estimate(unanswered)["unknowns"]
    assert script.VISITS in script.questions(unanswered)


def test_of_a_deductible_told_in_all_between_nothing_and_all_is_left(client, unanswered):
    figures = {"coinsurance": "20", "deductible_applies": "yes", "deductible_total": "2000", "oop_total": "5000"}
    call(
        client,
        unanswered,
        plan_active="yes",
        covered="yes",
        network="in",
        oop_left="5000",
        plan_ends=A_YEAR_ON,
        **figures,
    )
    assert (estimate(unanswered)["low"], estimate(unanswered)["high"]) == ("2160.00", "3760.00")  # E27


def test_a_limit_told_in_all_bounds_what_is_left_of_it(client, unanswered):
    snapshot = call(
        client, unanswered, plan_active="yes", covered="yes", network="in", oop_total="1000", plan_ends=A_YEAR_ON
    )
    (tier,) = kept.read(snapshot).tiers
    left = tier.out_of_pocket["individual"].remaining
    assert isinstance(tier.out_of_pocket["individual"], Accumulator)
    assert isinstance(left, Value)
    assert (left.value, left.low, left.high) == (None, Decimal(0), Decimal(1000))
    assert float(estimate(unanswered)["high"]) <= 1000


# --- consent --------------------------------------------------------------------------------------------
def test_a_consent_taken_back_during_a_call_is_said_and_nothing_more_is_told(client, by_computer, staff):
    other = PayerRouteFactory(payer=PayerFactory(name="Sample Behavioral Co")).payer
    ProgramPayerContractFactory(program=by_computer.program, payer=other)
    start(client, by_computer)
    consent.revoke(verification=by_computer, by=staff("agent"))
    told = {**NOTHING, **PROOF, "plan_active": "yes", "carve_out_company": "Sample Behavioral Co"}
    refused = client.post(reverse("payer_call_finish", args=[by_computer.public_id]), told)
    assert refused.status_code == 409
    assert "The consent was taken back" in refused.content.decode()
    by_computer.refresh_from_db()
    assert (by_computer.determination, by_computer.evidence_level) == ("covered_auth_required", 3)
    assert not by_computer.children.exists()


# --- a call upon a call -------------------------------------------------------------------------------
ANSWERS = ("yes", "no", "unknown")
COVERED, GOES_ON = {"covered", "covered_auth_required"}, {"covered", "covered_auth_required", "limit_exhausted"}


def after(known: Benefits | None, active: str = "unknown", covered: str = "unknown", network: str = "unknown"):
    told = {**NOTHING, "plan_active": active, "covered": covered, "network": network}
    return payercall.benefits_from(told, "mh", known)


def test_nothing_becomes_covered_that_nobody_said_in_any_two_calls_and_one_that_says_nothing():
    said = list(product(ANSWERS, ANSWERS, ("in", "out", "unknown")))
    for first, second in product(said, said):
        known: Benefits | None = None
        for told in (first, second, ("unknown",) * 3):
            before, known = known, after(known, *told)
            stands = before is not None and before.determination in GOES_ON and before.evidence_level >= 3
            if known.determination in COVERED:
                assert told[1] == "yes" or (told[1] == "unknown" and stands), (first, second, told)
            if known.evidence_level >= 3 and told[1] == "unknown":
                assert before is not None
                assert before.evidence_level >= known.evidence_level, (first, second, told)
                assert known.determination == before.determination or stands, (first, second, told)


@pytest.mark.parametrize("told", [{}, {"deductible_left": "200"}, {"plan_active": "yes"}])
@pytest.mark.parametrize("upon", ["unanswered", "by_computer"])
def test_a_no_outside_the_network_stands_while_nothing_is_told_against_it(client, request, upon, told):
    row = request.getfixturevalue(upon)
    call(client, row, plan_active="yes", covered="no", network="out")
    call(client, row, **told)
    assert (row.determination, row.evidence_level) == ("not_covered_out_of_network", 4)


@pytest.mark.parametrize("upon", ["unanswered", "by_computer"])
def test_a_no_outside_the_network_is_neither_yes_nor_no_inside_it(client, request, upon):
    row = request.getfixturevalue(upon)
    call(client, row, plan_active="yes", covered="no", network="out")
    call(client, row, network="in")
    assert (row.determination, row.evidence_level) == ("active_iop_unconfirmed", 2)
    call(client, row)
    assert (row.determination, row.evidence_level) == ("active_iop_unconfirmed", 2)


def test_an_hmos_no_outside_the_network_goes_by_its_terms_once_the_program_is_told_to_be_inside(by_computer):
    hmo = replace(kept.read(by_computer.snapshot), pays_nothing_outside=True)
    outside = after(hmo, network="out")
    assert (outside.determination, outside.evidence_level) == ("not_covered_out_of_network", 3)
    assert after(outside, network="in").determination == "covered_auth_required"
    refused = after(hmo, "yes", "no", "out")
    assert after(refused, network="in").determination == "active_iop_unconfirmed"


def test_a_plan_that_is_active_after_all_is_no_evidence_about_this_care(client, unanswered):
    call(client, unanswered, plan_active="no", covered="no")
    call(client, unanswered, plan_active="yes")
    assert (unanswered.determination, unanswered.evidence_level) == ("active_iop_unconfirmed", 1)
    call(client, unanswered)
    assert (unanswered.determination, unanswered.evidence_level) == ("active_iop_unconfirmed", 1)


def test_a_call_that_taught_nothing_puts_nothing_into_the_next_ones_mouth(client, by_computer):
    for _time in range(2):
        snapshot = call(client, by_computer)
        assert snapshot.data["told_by_phone"] == []
    assert "the plan’s computer told us" in answer.of(by_computer).sentence


def test_of_an_older_call_all_was_told_by_phone_but_a_network_nobody_knows(unanswered):
    older = BenefitSnapshot(determination="covered", evidence_level=4, data={}, call_id=1)
    assert set(kept.read(older).told_by_phone) == {*kept.ALL_BY_PHONE} - {"network"}
    older.data = {"program_network": "out"}
    assert kept.read(older).told_by_phone == kept.ALL_BY_PHONE
    older.data = {"told_by_phone": []}
    assert kept.read(older).told_by_phone == ()


def test_the_contract_on_file_counts_while_no_network_is_known(client, unanswered):
    contract = ProgramPayerContract.objects.get(program=unanswered.program, payer=unanswered.payer)
    snapshot = call(client, unanswered, plan_active="yes", covered="yes", copay="40", deductible_applies="no")
    cost = estimate(unanswered)
    assert contract.network == "in"
    benefits = replace(kept.read(snapshot), told_by_phone=("network",))
    snapshot.estimates.all().delete()
    (priced,) = costing.estimate_all([costing.Priced(unanswered, snapshot, benefits)])
    assert priced.result == cost


def test_a_call_about_other_things_confirms_no_network(client, unanswered):
    call(client, unanswered, plan_active="yes", network="out")
    PayerAcceptance.objects.all().delete()
    call(client, unanswered, plan_active="yes", deductible_left="200")
    assert not PayerAcceptance.objects.exists()


def test_terms_told_before_the_network_are_shown_once_and_as_told_by_phone(client, unanswered):
    call(client, unanswered, plan_active="yes", covered="yes", authorization="yes", copay="40")
    snapshot = call(client, unanswered, network="in")
    (tier,) = kept.read(snapshot).tiers
    assert (tier.network, tier.authorization) == ("in", "yes")
    assert known(unanswered)["Approval in advance", "In network"] == ("Needed", "Representative, by phone")


def test_terms_of_a_computer_that_name_no_network_stay_for_the_other_programs(by_computer):
    found = kept.read(by_computer.snapshot)
    unnamed = replace(found.tiers[0], network="unknown")
    told = {**NOTHING, "copay": Decimal(40)}
    assert [
        each.network
        for each in payercall.benefits_from(
            {**told, "network": "in"}, "mh", replace(found, tiers=(unnamed,), program_network="unknown")
        ).tiers
    ] == ["unknown", "in"]


def test_what_a_call_told_upon_a_rule_of_medicare_is_shown_as_a_representatives_word(client):
    row = VerificationFactory.build(payer=PayerFactory(kind=PayerKind.MEDICARE), consent=ConsentFactory())
    programs = [ProgramBillingFactory().program]
    row = intake.submit(row, programs=programs, submission_key=uuid.uuid4()).verification
    assert answer.of(row).is_rule
    call(client, row, plan_active="yes", copay="40", authorization="yes")
    shown = answer.of(row)
    assert (shown.is_rule, row.determination) == (False, "not_covered")
    assert {fact.source for fact in shown.facts if fact.label != "Told by"} == {"Representative, by phone"}
    assert {"Copay", "Approval in advance", "Told by"} <= {fact.label for fact in shown.facts}


# --- when and where each value was told -----------------------------------------------------------------
def without_network(row: Verification) -> BenefitSnapshot:
    """The computer's answer as if its lines had named no network: the terms once, for whichever network it is."""
    before = row.snapshots.get(superseded_at=None)
    (base,) = [tier for tier in before.data["tiers"] if tier["network"] == "in"]
    row.snapshots.update(superseded_at=timezone.now())
    data = {**before.data, "tiers": [{**base, "network": "unknown"}], "program_network": "unknown"}
    return row.snapshots.create(
        determination=before.determination, evidence_level=before.evidence_level, data=data, as_of=before.as_of
    )


def rows_of(row: Verification, about: str) -> dict[str, str]:
    return {fact.label: fact.value for fact in answer.of(row).facts if fact.about == about}


@pytest.mark.parametrize("told", [{}, {"authorization": "yes"}])
@pytest.mark.parametrize(("network", "about"), [("in", "In network"), ("out", "Out of network")])
def test_terms_of_a_computer_that_name_no_network_are_shown_once_when_the_network_was_told(
    client, by_computer, network, about, told
):
    without_network(by_computer)
    before = rows_of(by_computer, "Network not known")
    assert {"Deductible, one person", "Patient’s share", "Approval in advance"} <= before.keys()
    snapshot = call(client, by_computer, plan_active="yes", network=network, **told)
    assert rows_of(by_computer, about) == before
    assert answer.of(by_computer).networks == [about]
    assert {tier["network"] for tier in snapshot.data["tiers"]} == {"unknown", network}  # priced at other programs


def test_terms_that_name_no_network_are_shown_as_well_where_those_of_the_program_are_others(client, by_computer):
    without_network(by_computer)
    call(client, by_computer, plan_active="yes", covered="yes", network="in", copay="40", authorization="no")
    here, elsewhere = rows_of(by_computer, "In network"), rows_of(by_computer, "Network not known")
    assert (here["Copay"], here["Approval in advance"]) == ("$40.00 a day", "Not needed")
    assert elsewhere == {"Patient’s share": "20%", "Approval in advance": "Needed"}


def told_on(row: Verification) -> dict[tuple[str, str], object]:
    return {(fact.about, fact.label): fact.as_of for fact in answer.of(row).facts}


def test_each_value_keeps_the_day_of_the_call_in_which_it_was_told(client, by_computer):
    asked = by_computer.snapshots.get().as_of
    first = call(
        client, by_computer, plan_active="yes", covered="yes", network="in", authorization="yes", copay="40"
    ).as_of
    second = call(
        client, by_computer, deductible_left="200", authorization="yes", carve_out_company="Sample Co", rep_name="Lee"
    ).as_of
    third = call(client, by_computer, plan_name="Gold", rep_name="Max").as_of
    days = told_on(by_computer)
    assert (days["In network", "Copay"], days["In network", "Deductible, one person"]) == (first, second)
    assert days["In network", "Approval in advance"] == second  # told again
    assert (days["", "Plan"], days["", "Also ask"]) == (third, second)
    assert days["In network", "Most to pay in a year, one person"] == asked
    (network,) = [fact for fact in answer.of(by_computer).facts if fact.label == "Program" and fact.as_of]
    assert network.as_of == first


def test_what_was_told_before_the_network_keeps_its_day_when_the_network_is_told(client, unanswered):
    first = call(client, unanswered, plan_active="yes", covered="yes", authorization="yes", copay="40").as_of
    second = call(client, unanswered, network="out", visit_limit="30").as_of
    days = told_on(unanswered)
    for label in ("Copay", "Approval in advance"):
        assert days["Out of network", label] == first
    assert days["Out of network", "Visits"] == second


def test_terms_of_the_other_network_keep_their_day_when_the_same_is_told_of_this_one(client, unanswered):
    first = call(client, unanswered, plan_active="yes", covered="yes", network="in", copay="40").as_of
    second = call(client, unanswered, network="out", copay="90").as_of
    days = told_on(unanswered)
    assert (days["In network", "Copay"], days["Out of network", "Copay"]) == (first, second)


def test_a_value_that_is_older_than_the_answer_is_shown_with_its_day(client, by_computer):
    first = call(client, by_computer, plan_active="yes", covered="yes", network="in", copay="40")
    with pgtrigger.ignore("insurance.BenefitSnapshot:never_edited"):
        BenefitSnapshot.objects.filter(pk=first.pk).update(as_of=first.as_of - timedelta(days=3))
    first.refresh_from_db()
    call(client, by_computer, visit_limit="30", rep_name="Lee")
    day = date_format(timezone.localtime(first.as_of), "MONTH_DAY_FORMAT")
    page = BeautifulSoup(client.get(by_computer.get_absolute_url()).content, "html.parser").find(id="answer")
    sheet = client.post(reverse("verification_sheet", args=[by_computer.public_id])).content
    for shown in (page, BeautifulSoup(sheet, "html.parser")):
        told = {
            label: " ".join(shown.find("th", string=label).find_next("td").parent.get_text(" ").split())
            for label in ("Copay", "Visits")
        }
        assert f"Representative, by phone · {day}" in told["Copay"]
        assert "Representative, by phone" in told["Visits"]
        assert day not in told["Visits"]
