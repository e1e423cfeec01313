"""A member ID goes to the company that the payer named, or to nobody: never to one whose name is only like it."""

import uuid

import pytest

from insurance import desk, renewal
from insurance.models import BenefitSnapshot, Verification
from insurance.questions import Question
from insurance.states import Reason, State, move
from payersim import scenarios
from programs.models import Payer
from tests.factories import PayerFactory
from tests.insurance.asking import run, submit
from tests.insurance.factories import PayerRouteFactory, ProgramPayerContractFactory
from tests.insurance.test_renewal import answered, payer_of
from tests.insurance.test_upon_what_is_known import call

pytestmark = pytest.mark.django_db


def named(name: str, code: str = "") -> Payer | None:
    contact = {"role": "administrator", "name": name, "payer_code": code, "phones": [], "line": 1}
    return renewal.named_payer(BenefitSnapshot(data={"contacts": [contact]}))


@pytest.fixture
def payers():
    PayerFactory(name="VA Community Care", aliases=["Optum Serve", "VA health care"])
    PayerFactory(name="Aetna", aliases=["CVS Health Aetna"])
    PayerFactory(name="AHCCCS", aliases=["Arizona Medicaid", "STAR"])
    PayerFactory(name="STAR Health", aliases=["Star"])
    carelon = PayerFactory(name="Carelon Behavioral Health", aliases=["Beacon Health Options"])
    PayerRouteFactory(payer=carelon, payer_code="CARE1")
    return carelon


@pytest.mark.parametrize("name", ["", "  ", "OPTUM", "HEALTH", "Medicaid", "BEACON", "a", ",", "Star", "%"])
def test_a_part_of_a_name_or_one_that_two_share_opens_no_request(payers, name):
    assert named(name) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [("CARELON  BEHAVIORAL HEALTH", ""), ("beacon health options", ""), ("", "CARE1"), ("BEACON", "CARE1")],
)
def test_a_company_is_known_by_its_code_its_name_or_another_whole_name_of_it(payers, name, code):
    assert named(name, code) == payers


def test_a_code_of_one_company_beside_the_name_of_another_is_left_to_a_person(payers):
    assert named("Aetna", "CARE1") is None


def test_a_code_that_two_companies_have_is_left_to_a_person(payers):
    PayerRouteFactory(payer_code="CARE1", gateway="stedi")
    assert named("", "CARE1") is None
    assert named("Carelon Behavioral Health", "CARE1") is None


@pytest.mark.usefixtures("payer_server")
def test_a_company_without_a_name_is_asked_about_by_a_person(route, program, monkeypatch):
    other = PayerRouteFactory(payer=PayerFactory(name="Aetna", aliases=["CVS Health Aetna"]), payer_code="SBHC1").payer
    ProgramPayerContractFactory(program=program, payer=other)
    carved = "\nEB*1**30\nEB*U**MH\nLS*2120\nNM1*VN*2\nPER*IC**TE*8005550100\nLE*2120\n"
    monkeypatch.setitem(scenarios.PLANS, "SIMPPO001", carved)
    row = run(submit(route, program))
    assert (row.state, row.determination) == ("completed", "carve_out_contact")
    assert not row.children.exists()
    assert row.snapshot.data["question"] == Question.ADMINISTRATOR
    assert desk.casework_of(row).closed_at is None


@pytest.mark.usefixtures("payer_server")
def test_a_company_that_has_answered_is_not_asked_again_by_a_later_call(staff, signed_in, program):
    other, client = payer_of(program, code="SBHC1"), signed_in(staff("agent", name="Dana"))
    row = answered(payer_of(program), program, member_id="SIMCARVE1")
    child = run(row.children.get())
    assert child.state == "completed"
    call(client, row, deductible_left="200")
    call(client, row, carve_out_company=other.name)
    assert row.determination == "carve_out_contact"
    assert row.children.get() == child


@pytest.mark.usefixtures("payer_server")
def test_a_company_whose_answer_is_over_is_asked_anew(program):
    payer_of(program, code="SBHC1")
    row = answered(payer_of(program), program, member_id="SIMCARVE1")
    child = run(row.children.get())
    move(child, State.EXPIRED, reason=Reason.STALE)
    row.refresh_from_db()
    Verification.objects.filter(pk=row.pk).update(submission_key=uuid.uuid4())
    row.refresh_from_db()
    again = renewal.open_carve_out(row, row.snapshot)
    assert again is not None
    assert again.pk != child.pk
