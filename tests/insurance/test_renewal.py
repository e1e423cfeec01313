"""Answers that grow old, that name another company, or that the caller takes back."""

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from insurance import answer, consent, feedback, intake, renewal, verification
from insurance.models import Casework, Outcome, Verification
from insurance.states import Reason, State
from programs import curation
from programs.models import PayerAcceptance
from programs.models.payer import AcceptanceSource, Network, PayerKind
from tests.factories import PayerFactory, ProgramFactory
from tests.insurance.factories import (
    ConsentFactory,
    PayerRouteFactory,
    ProgramBillingFactory,
    ProgramPayerContractFactory,
    VerificationFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("payer_server")]


@pytest.fixture
def program():
    return ProgramBillingFactory().program


def payer_of(program, kind=PayerKind.COMMERCIAL, code="SIM01"):
    payer = PayerRouteFactory(payer=PayerFactory(kind=kind), payer_code=code).payer
    ProgramPayerContractFactory(program=program, payer=payer)
    return payer


def answered(payer, *programs, **fields) -> Verification:
    row = VerificationFactory.build(payer=payer, consent=ConsentFactory(), **fields)
    row = intake.submit(row, programs=programs, submission_key=uuid.uuid4()).verification
    verification.run(row.pk)
    row.refresh_from_db()
    return row


def make_stale(row: Verification) -> None:
    Verification.objects.filter(pk=row.pk).update(stale_at=timezone.now() - timedelta(hours=1))


def local_day(moment: datetime) -> date:
    return moment.astimezone(ZoneInfo("America/Chicago")).date()


@pytest.mark.parametrize(
    ("kind", "admission", "ends", "day", "reason"),
    [
        ("commercial", None, None, date(2026, 4, 9), Reason.STALE),
        ("medicaid", None, None, date(2026, 4, 1), Reason.NEW_MONTH),
        ("commercial", date(2026, 3, 20), None, date(2026, 3, 19), Reason.BEFORE_ADMISSION),
        ("commercial", None, "2026-03-31", date(2026, 4, 1), Reason.NEW_PLAN_YEAR),
        ("commercial", date(2026, 3, 11), None, date(2026, 4, 9), Reason.STALE),
    ],
)
def test_an_answer_is_old_when_the_first_of_the_rules_says_so(kind, admission, ends, day, reason):
    row = VerificationFactory(payer=PayerFactory(kind=kind), admission_on=admission)
    snapshot = row.snapshots.create(determination="unknown", evidence_level=0, data={"plan": {"ends": ends}})
    at, why = renewal.stale_at(row, snapshot, now=datetime(2026, 3, 10, 18, tzinfo=UTC))
    assert (local_day(at), why) == (day, reason)


def test_an_old_answer_expires_and_a_child_asks_again_with_the_same_details(program):
    row = answered(payer_of(program), program, member_id="SIMFLAP", service_date=None)
    Verification.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    verification.run(row.pk)
    make_stale(row)
    assert renewal.renew_stale() == 1
    row.refresh_from_db()
    child = row.children.get()
    assert (row.state, child.state, child.origin) == (State.EXPIRED, State.QUEUED, "reverify")
    assert (child.member_id, child.consent, child.program) == (row.member_id, row.consent, row.program)
    verification.run(child.pk)
    changed = {each.label: (each.before, each.after) for each in answer.changes(child)}
    assert changed["Deductible, one person"] == ("$600.00 left of $1,500.00", "$450.00 left of $1,500.00")
    assert set(changed) == {"Deductible, one person", "Most to pay in a year, one person"}


def test_what_has_changed_is_on_the_page_of_both(program, staff, signed_in):
    row = answered(payer_of(program), program, member_id="SIMFLAP")
    verification.run(row.pk)
    Verification.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now())
    verification.run(row.pk)
    make_stale(row)
    renewal.renew_stale()
    child = row.children.get()
    verification.run(child.pk)
    client = signed_in(staff("agent"))
    old, new = (client.get(each.get_absolute_url()).content.decode() for each in (row, child))
    assert "$450.00 left of $1,500.00" in new.partition("What has changed")[2]
    assert "Asked again: Older than 30 days" in new
    assert child.get_absolute_url() in old
    assert "This answer is out of date" in old


def test_whoever_looks_after_the_caller_and_how_to_reach_them_goes_along(program, staff):
    row, dana = answered(payer_of(program), program), staff("agent")
    Casework.objects.create(verification=row, owner=dana, may_leave_message=False, language="es", zip="53202")
    make_stale(row)
    renewal.renew_stale()
    kept = row.children.get().casework
    assert (kept.owner, kept.may_leave_message, kept.language, kept.zip) == (dana, False, "es", "53202")


def test_an_old_answer_that_cannot_be_read_does_not_keep_the_others_waiting(program, monkeypatch):
    payer = payer_of(program)
    broken, well = answered(payer, program), answered(payer, program, member_id="SIMPPO001X2")
    make_stale(broken)
    make_stale(well)
    renew = renewal.renew
    monkeypatch.setattr(renewal, "renew", lambda row: 1 / 0 if row == broken else renew(row))
    assert renewal.renew_stale() == 1
    broken.refresh_from_db()
    assert (broken.state, well.children.count()) == (State.COMPLETED, 1)
    assert broken.stale_at > timezone.now()


def test_a_carve_out_grows_old_with_its_parent_and_each_company_is_asked_once(program, payer_server):
    other, first = payer_of(program, code="SBHC1"), payer_of(program)
    row = answered(first, program, member_id="SIMCARVE1")
    Verification.objects.filter(pk=row.children.get().pk).update(next_attempt_at=timezone.now())
    verification.run(row.children.get().pk)
    Verification.objects.update(stale_at=timezone.now() - timedelta(hours=1))
    payer_server.ledger.clear()
    assert renewal.renew_stale() == 1
    while verification.run_batch():
        pass
    asked = [call["payer"] for call in payer_server.ledger.shown()["calls"]]
    assert sorted(asked) == sorted([first.routes.get().payer_code, "SBHC1"])
    assert [child.state for child in Verification.objects.filter(payer=other).order_by("pk")] == [
        "expired",
        "completed",
    ]


def test_nobody_is_asked_again_for_a_call_that_is_closed(program):
    row = answered(payer_of(program), program)
    make_stale(row)
    Casework.objects.update_or_create(
        verification=row, defaults={"closed_at": timezone.now(), "outcome": Outcome.values[0]}
    )
    assert renewal.renew_stale() == 0


def test_two_sweepers_open_one_child(program):
    row = answered(payer_of(program), program)
    make_stale(row)
    renewal.renew_stale()
    renewal.renew_stale()
    assert row.children.count() == 1


def test_without_consent_an_old_answer_expires_and_nobody_is_asked(program):
    row = answered(payer_of(program), program)
    consent.revoke(verification=row, by=None)
    make_stale(row)
    renewal.renew_stale()
    row.refresh_from_db()
    assert (row.state, row.children.count()) == (State.EXPIRED, 0)


@pytest.mark.parametrize(("member", "code"), [("SIMCARVE1", "SBHC1"), ("SIMMCO001", "SCPM1")])
def test_a_carve_out_is_asked_at_the_company_it_names_with_the_same_consent(program, member, code):
    other = payer_of(program, code=code)
    row = answered(payer_of(program), program, member_id=member)
    child = row.children.get()
    assert (row.determination, child.payer, child.origin, child.consent) == (
        "carve_out_contact",
        other,
        "carve_out",
        row.consent,
    )
    verification.run(child.pk)
    child.refresh_from_db()
    assert (child.state, child.evidence_level) == (State.COMPLETED, 3)


def test_an_unknown_carve_out_company_opens_nothing_and_is_named_for_staff(program):
    row = answered(payer_of(program), program, member_id="SIMCARVE1")
    assert not row.children.exists()
    assert row.snapshot.data["contacts"][0]["name"]


def test_three_programs_get_three_estimates_from_one_check(program):
    payer = payer_of(program)
    dear = ProgramPayerContractFactory(payer=payer, program=ProgramBillingFactory().program, allowed_per_day="600")
    unknown = ProgramFactory()
    row = answered(payer, program, dear.program, unknown)
    first, second, third = row.snapshot.estimates.all()
    assert row.tries.count() == 1
    assert float(first.result["high"]) < float(second.result["high"])
    assert third.result["unknowns"]
    assert first.inputs["allowed"] == "300.00"


def test_what_the_payer_says_of_one_programs_network_is_not_held_against_another(program):
    payer = payer_of(program)
    other = ProgramPayerContractFactory(payer=payer, program=ProgramBillingFactory().program)
    asked, compared = answered(payer, program, other.program, member_id="SIMTIERS1").snapshot.estimates.all()
    assert "network" in asked.result["unknowns"]  # its contract says in, the payer out
    assert "network" not in compared.result["unknowns"]


def test_the_directory_learns_the_network_and_nothing_personal(program):
    row = answered(payer_of(program), program)
    row.snapshot.data["program_network"] = "in"
    snapshot = row.snapshot
    snapshot.data["program_network"] = "in"
    feedback.update_directory(row, snapshot)
    acceptance = PayerAcceptance.objects.get(program=program, payer=row.payer)
    assert (acceptance.network, acceptance.source) == (Network.IN_NETWORK, AcceptanceSource.BENEFITS_CHECK)
    assert acceptance.plan_note == ""


def confirm_network(row: Verification, network: str = "in") -> None:
    snapshot = row.snapshot
    snapshot.data["program_network"] = network
    feedback.update_directory(row, snapshot)


def says(program) -> list[tuple[str, str, str]]:
    return list(PayerAcceptance.objects.filter(program=program).values_list("network", "source", "plan_note"))


def test_what_a_check_confirmed_is_confirmed_for_ninety_days(program):
    confirm_network(answered(payer_of(program), program))
    with time_machine.travel(timezone.now() + timedelta(days=90), tick=False):
        assert feedback.expire() == 0
    with time_machine.travel(timezone.now() + timedelta(days=92), tick=False):
        assert feedback.expire() == 1
    assert says(program) == []  # nobody else has said anything


def test_when_a_check_has_expired_the_programs_own_word_counts_again(program):
    payer = payer_of(program)
    told = {"program": program, "payer": payer, "source": "program"}
    curation.accept(**told, network=Network.OUT_OF_NETWORK, plan_note="PPO plans", as_of=date(2026, 1, 5))
    confirm_network(answered(payer, program))
    assert says(program) == [("in-network", "benefits-check", "PPO plans")]
    with time_machine.travel(timezone.now() + timedelta(days=92), tick=False):
        feedback.expire()
    assert says(program) == [("out-of-network", "program", "PPO plans")]
    assert PayerAcceptance.objects.get(program=program).as_of == date(2026, 1, 5)


def test_what_the_program_says_while_a_check_counts_is_kept_for_later(program):
    payer = payer_of(program)
    confirm_network(answered(payer, program))
    curation.accept(program=program, payer=payer, source="program", network=Network.SINGLE_CASE)
    confirm_network(answered(payer, program, member_id="SIMPPO001X2"))
    assert says(program) == [("in-network", "benefits-check", "")]
    with time_machine.travel(timezone.now() + timedelta(days=92), tick=False):
        feedback.expire()
    assert says(program) == [("single-case", "program", "")]
