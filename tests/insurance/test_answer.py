"""What staff may read aloud of an answer, and what its page and sheet show beside it."""

from dataclasses import asdict
from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from insurance import answer, costing, doubts
from insurance.encryption import plain_json
from insurance.models import BenefitSnapshot, ComparedProgram, CostEstimate
from insurance.reading import benefits
from insurance.states import State
from insurance.x12.response_271 import read
from programs.models import Program
from tests.factories import ProgramFactory
from tests.insurance import factories
from tests.insurance.x12 import messages

pytestmark = pytest.mark.django_db

PLAN, TERMS = "EB*1**30*PR*EXAMPLE PPO", "EB*A*IND*CH*****.125****Y"
# The same in a new plan year, so that the day of the test does not matter.
AMOUNTS = ("EB*C*IND*30***23*0*****Y", "EB*G*IND*30***23*5000*****Y", "EB*G*IND*30***29*5000*****Y")


@pytest.fixture
def client(staff, signed_in):
    return signed_in(staff("agent"))


@pytest.fixture
def answered():
    """A request whose answer had these lines, compared at three programs of three prices."""

    def make(*lines, state=State.COMPLETED, member=(), **fields):
        found = benefits(read(messages.answer(*lines, member=member)), condition="mh")
        learned = {"determination": found.determination, "evidence_level": found.evidence_level}
        done = {**learned, "completed_at": timezone.now()} if state == State.COMPLETED else {}
        verification = factories.VerificationFactory(state=state, **done, **fields)
        for position, allowed in enumerate(("300.00", "200.00", None), 1):
            program = ProgramFactory(name=f"Program {position}", cost_per_week_min=None, cost_per_week_max=None)
            ComparedProgram.objects.create(verification=verification, program=program, position=position)
            if allowed:
                factories.ProgramBillingFactory(program=program)
                factories.ProgramPayerContractFactory(
                    program=program, payer=verification.payer, allowed_per_day=allowed
                )
        snapshot = BenefitSnapshot.objects.create(
            verification=verification, review=list(found.review), flags=list(found.flags),
            data=plain_json(asdict(found)), **learned,
        )  # fmt: skip
        costing.estimate_all([costing.Priced(verification, snapshot, found)])
        return verification

    return make


def said(verification) -> str:
    return answer.of(verification).sentence


def page(client, verification) -> str:
    content = client.get(verification.get_absolute_url()).content.decode()
    return " ".join(BeautifulSoup(content, "html.parser").find(id="answer").get_text(" ").split())


def sheet(client, verification) -> str:
    content = client.post(reverse("verification_sheet", args=[verification.public_id])).content.decode()
    return " ".join(BeautifulSoup(content, "html.parser").main.get_text(" ").split())


def test_one_check_is_priced_at_three_programs_on_the_page_and_on_the_sheet(client, answered):
    verification = answered(PLAN, TERMS, *AMOUNTS)
    shown = page(client, verification)
    assert "Program 1 $1,350.00" in shown  # 36 days × $300 × 12.5 %, to the cent each day
    assert "Program 2 $900.00" in shown
    third = shown.split("Program 3")[1]
    assert "With a typical price a day" in third
    assert "whether the program is in network" in third
    assert "Program 1 $1,350.00" in sheet(client, verification)
    assert "12.5%" in shown


@pytest.mark.parametrize("state", [State.NEEDS_REVIEW, State.MANUAL_REQUIRED])
def test_neither_a_yes_nor_a_figure_is_shown_before_a_doubtful_answer_is_settled(client, answered, state):
    verification = answered(PLAN, TERMS, "EB*A*IND*CH*****.3****Y", *AMOUNTS, state=state)
    for shown in (page(client, verification), sheet(client, verification)):
        assert "is covered" not in shown
        assert "$" not in shown


def test_an_admission_in_a_new_plan_year_is_priced_with_that_years_whole_amounts(answered):
    left = ("EB*C*IND*30***23*1000*****Y", "EB*C*IND*30***29*0*****Y", *AMOUNTS[1:])
    new_year = date(timezone.localdate().year + 1, 1, 4)
    verification = answered(PLAN, TERMS, *left, admission_on=new_year)
    (dearest, *_others) = CostEstimate.objects.filter(snapshot__verification=verification).order_by("pk")
    assert dearest.result["total"] == "2225.00"  # 1000 + 12.5 % of the other 9800


def test_an_accepted_doubt_gives_no_single_figure(client, answered):
    verification = answered("EB*1**30*MC", "EB*R**30*MA", TERMS, *AMOUNTS)
    shown = page(client, verification)
    assert "no single figure yet" in shown
    assert "The member has Medicare and Medicaid" in shown


def test_a_plan_whose_period_is_over_is_neither_active_nor_covered_aloud(client, answered):
    verification = answered(PLAN, TERMS, *AMOUNTS, member=("DTP*291*RD8*20250101-20251231",))
    assert "period it names is over" in said(verification)
    assert "covered" not in said(verification)
    assert "the plan is active" not in said(verification)
    assert "The amounts are of a plan period that is over." in page(client, verification)
    assert "no single figure yet" in sheet(client, verification)


def test_care_named_by_its_code_alone_is_not_said_to_have_terms(answered):
    found = answer.of(answered(PLAN, "EB*1**MH**********HC:H0015"))
    assert "is covered" in found.sentence
    assert "named this care by its code" in str(found.level_words)


def test_a_spend_down_comes_first(client, answered):
    verification = answered("EB*1**30*MC*MEDICALLY NEEDY", "EB*Y*IND*30*MC**34*250")
    first, *_others = answer.of(verification).facts
    assert (first.label, first.value) == ("Spend-down", "$250.00 a month")
    assert "What it may cost" not in page(client, verification)


def test_what_has_to_be_said_stands_beside_an_estimate(client, answered):
    shown = page(client, answered("EB*1**30", "EB*R**30*C1", "EB*A*IND*A6*****.2****Y", *AMOUNTS))
    assert "Only if the plan pays for this care" in shown
    assert "At most: another plan may pay a part." in shown
    assert "only a hint" in shown


@pytest.mark.parametrize("line", ["EB*6**30", "EB*I**CH"])
def test_a_plan_that_does_not_pay_leads_to_the_price_without_it(client, answered, line):
    verification = answered("EB*1**30", line) if line != "EB*6**30" else answered(line)
    for shown in (page(client, verification), sheet(client, verification)):
        assert "Without insurance, 12 weeks at Program 1 cost $5,400.00." in shown  # 36 days × $150
        assert "Program 3 cost $3,000.00–$7,200.00. This is a typical price" in shown
        assert "What it may cost" not in shown


@pytest.mark.parametrize(
    ("told", "price"),
    [
        ({"cost_per_week_min": 300}, "$3,600.00–$7,200.00. This is a typical price"),
        ({"cost_per_week_min": 700}, "$8,400.00. This is a typical price"),
        ({"cost_per_week_max": 450}, "$3,000.00–$5,400.00. This is a typical price"),
        ({"cost_per_week_min": 300, "cost_per_week_max": 450}, "$3,600.00–$5,400.00."),
    ],
)
def test_a_price_told_in_part_is_typical_only_at_its_other_end(client, answered, told, price):
    verification = answered("EB*6**30")
    Program.objects.filter(name="Program 3").update(**told)
    assert f"Program 3 cost {price}" in page(client, verification)


def test_every_doubt_of_the_reader_has_words():
    reasons = (
        "CONFLICT ARITHMETIC REMAINING_ABOVE_TOTAL NEGATIVE_AMOUNT NEGATIVE_NUMBER UNKNOWN_CODE UNPAIRED_QUANTITY "
        "AUTHORIZATION_CONFLICT NETWORK_CONFLICT INACTIVE_AND_ACTIVE PENDING_AND_ACTIVE COVERED_AND_EXCLUDED "
        "EXCLUDED_BY_TEXT CARVED_OUT_BY_TEXT RESTRICTED_TO_PROVIDER PATIENT_PAYS_ALL BAD_PERCENT BAD_NUMBER NO_STATUS "
        "NO_MEMBER SEVERAL_MEMBERS DUAL_ELIGIBLE QUALIFIED_MEDICARE_BENEFICIARY NEWBORN MALFORMED REFUSED_BESIDE_ANSWER "
        "NORMALIZED_PERCENT PROXY_ONLY OTHER_PAYER PLAN_PERIOD_ENDED LIMIT_NOT_COUNTED LEVEL_ASSUMED MISSING_PERCENT"
    )
    assert set(reasons.split()) <= set(doubts.DOUBTS)
    assert doubts.in_words("years[1].oop_ind") == "left until the yearly limit (next plan year)"


def test_a_percentage_keeps_its_half(answered):
    values = {fact.label: fact.value for fact in answer.of(answered(PLAN, TERMS)).facts}
    assert values["Patient’s share"] == "12.5%"
