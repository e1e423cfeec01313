"""The sheet a caller takes home says what the desk knows: doubts, whose word each value is, and what is only a rule."""

import uuid

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from insurance import intake, renewal
from insurance.models import Review
from payersim import scenarios
from programs.models.payer import PayerKind
from tests.factories import PayerFactory
from tests.insurance.asking import run, submit
from tests.insurance.factories import ConsentFactory, ProgramBillingFactory, VerificationFactory
from tests.insurance.test_payer_call import finish, start
from tests.insurance.test_renewal import make_stale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("payer_server")]


@pytest.fixture
def client(staff, signed_in):
    return signed_in(staff("agent", name="Dana"))


def sheet(client, row) -> BeautifulSoup:
    page = client.post(reverse("verification_sheet", args=[row.public_id]))
    return BeautifulSoup(page.content, "html.parser").main


def words(soup) -> str:
    return " ".join(soup.get_text(" ").split())


def test_an_answer_that_is_out_of_date_says_so_before_anything_else(client, route, program):
    row = run(submit(route, program))
    assert "out of date" not in words(sheet(client, row))
    make_stale(row)
    renewal.renew_stale()
    row.refresh_from_db()
    shown = words(sheet(client, row))
    assert shown.index("This answer is out of date.") < shown.index("covered")
    assert shown.count("out of date") == 1


def test_what_makes_an_answer_doubtful_is_on_the_sheet(client, route, program, monkeypatch):
    other = "\nEB*R**30\nLS*2120\nNM1*PRP*2*OTHER HEALTH CO*****PI*99999\nLE*2120\n"
    monkeypatch.setitem(scenarios.PLANS, "SIMPPO001", scenarios.PLANS["SIMPPO001"].rstrip() + other)
    row = run(submit(route, program))
    assert "Another payer is named; ask which pays first" in words(sheet(client, row))


def test_what_staff_alone_are_told_is_not_on_the_sheet(client, route, program):
    row = run(submit(route, program, member_id="SIMWRONGID"))
    assert "Do not quote" not in words(sheet(client, row))


def test_our_own_word_on_the_network_is_told_apart_from_the_plans(client, route, program):
    row = run(submit(route, program))
    start(client, row)
    finish(client, row, network="out")
    rows = [[cell.get_text() for cell in line.find_all(["th", "td"])] for line in sheet(client, row).find_all("tr")]
    ours, theirs = [line for line in rows if line[0] == "Program"]
    assert ours[1] == "In network"
    assert ours[2].startswith("On file at the helpline")
    assert theirs[1:] == ["Out of network", "Representative, by phone"]


def test_where_a_representative_and_a_computer_told_each_value_says_who(client, route, program):
    row = run(submit(route, program))
    assert "From: Plan’s computer" in words(sheet(client, row))
    start(client, row)
    finish(client, row)
    shown = words(sheet(client, row))
    assert "From: Plan’s computer" not in shown
    assert "$35.00 a day Representative, by phone" in shown
    assert "$3,000.00 left of $3,000.00 Plan’s computer" in shown


@pytest.fixture
def by_rule(db):
    row = VerificationFactory.build(payer=PayerFactory(kind=PayerKind.MEDICARE), consent=ConsentFactory())
    programs = [ProgramBillingFactory().program]
    return intake.submit(row, programs=programs, submission_key=uuid.uuid4()).verification


def test_a_rule_of_medicare_is_not_said_to_be_the_plans_word(client, by_rule):
    shown = words(sheet(client, by_rule))
    assert "What Medicare’s rules say" in shown
    assert "nobody was asked about this plan" in shown
    for claim in ("your plan told us", "the plan told us", "Plan’s computer", "of 4", "Nothing so far"):
        assert claim not in shown
    page = client.get(by_rule.get_absolute_url()).content.decode()
    assert "Medicare’s own rules say so" in page
    assert "Plan’s computer" not in page


def test_a_call_that_taught_nothing_leaves_the_rule_a_rule(client, by_rule):
    start(client, by_rule)
    untold = dict.fromkeys(("plan_active", "covered", "network", "authorization", "deductible_applies"), "unknown")
    blank = dict.fromkeys(("copay", "deductible_total", "deductible_left", "oop_total", "oop_left"), "")
    finish(client, by_rule, **untold, **blank, visit_limit="", visits_used="")
    by_rule.refresh_from_db()
    assert by_rule.determination == "not_covered"
    assert "What Medicare’s rules say" in words(sheet(client, by_rule))


# --- second readings --------------------------------------------------------------------------------
def test_a_second_reader_sees_the_answer_that_is_under_review(client, route, program, staff, signed_in, settings):
    settings.REVIEW_RATES = {"agent": 1.0}
    row = VerificationFactory(state="manual_required", payer=route.payer, program=program)
    start(client, row)
    finish(client, row)
    first = Review.objects.get()
    second = signed_in(staff("supervisor", name="Sam"))
    assert "is covered" in second.get(reverse("desk_review", args=[first.pk])).content.decode()
    finish_anew(client, row, covered="no")
    (latest,) = Review.objects.all()
    shown = second.get(reverse("desk_review", args=[latest.pk])).content.decode()
    assert "is not covered at this program" in shown
    decide = reverse("desk_review_decide", args=[first.pk])
    assert second.post(decide, {"agreed": "yes"}).status_code == 404
    assert second.get(reverse("desk_reviews")).content.decode().count(row.public_id) == 1


def finish_anew(client, row, **said):
    row.refresh_from_db()
    start(client, row)
    finish(client, row, **said)


def test_a_reading_that_was_decided_stays_on_record(client, route, program, staff, signed_in, settings):
    settings.REVIEW_RATES = {"agent": 1.0}
    row = VerificationFactory(state="manual_required", payer=route.payer, program=program)
    start(client, row)
    finish(client, row)
    second = signed_in(staff("supervisor", name="Sam"))
    said = {"agreed": "no", "remark": "They spoke of inpatient care."}
    second.post(reverse("desk_review_decide", args=[Review.objects.get().pk]), said)
    finish_anew(client, row)
    assert "They spoke of inpatient care." in second.get(reverse("desk_reviews")).content.decode()
