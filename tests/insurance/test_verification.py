"""From a logged request to an answer, against the simulated payer."""

import time
from collections import Counter
from datetime import date, timedelta

import pytest
from django.utils import timezone

from insurance import consent, resolving, verification
from insurance.gateways.x12_http import X12HttpGateway
from insurance.models import Verification
from insurance.states import Determination, Reason, State
from payersim import benefits, scenarios
from tests.insurance.asking import calls, make_due, run, submit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("payer_server")]


def test_a_ppo_member_is_answered_with_evidence(route, program):
    row = run(submit(route, program))
    assert (row.state, row.evidence_level) == (State.COMPLETED, 3)
    assert row.determination in (Determination.COVERED, Determination.COVERED_AUTH_REQUIRED)
    assert [event.to_state for event in row.events.all()] == ["queued", "sending", "completed"]
    attempt = row.tries.get()
    assert attempt.raw_response.startswith(b"ISA")
    assert (attempt.kind, attempt.applied, attempt.billable, row.billable) == ("answered", True, True, 1)
    assert row.snapshots.get().lines.count() > 5


@pytest.mark.parametrize(
    ("member", "condition", "state", "reason", "determination"),
    [
        ("SIMHMO001", "mh", "completed", "answered", "covered_auth_required"),
        ("SIMMCD001", "mh", "completed", "answered", "covered"),
        ("SIMMCO001", "mh", "completed", "answered", "carve_out_contact"),
        ("SIMLIMIT1", "mh", "completed", "answered", "covered"),
        ("SIMSPEND1", "mh", "completed", "answered", "active_iop_unconfirmed"),
        ("SIMTIERS1", "mh", "completed", "answered", "active_iop_unconfirmed"),
        ("SIMFLAP", "mh", "retry_wait", "payer_busy", ""),
        ("SIMINACT1", "mh", "completed", "answered", "inactive"),
        ("SIMNONCV1", "sud", "completed", "answered", "not_covered"),
        ("SIMEXCL01", "sud", "completed", "answered", "not_covered"),
        ("SIMPEND01", "mh", "completed", "answered", "pending_investigation"),
        ("SIMACTIV1", "mh", "completed", "answered", "active_iop_unconfirmed"),
        ("SIMCARVE1", "mh", "completed", "answered", "carve_out_contact"),
        ("SIMNOTRN", "mh", "completed", "answered", "covered_auth_required"),
        ("SIMBOM", "mh", "completed", "answered", "covered_auth_required"),
        ("SIMDELIMS", "mh", "completed", "answered", "covered_auth_required"),
        ("SIMFEWER1", "mh", "completed", "answered", "covered_auth_required"),
        ("SIMWRONGID", "mh", "needs_review", "wrong_member", ""),
        ("SIMWRONGTRN", "mh", "needs_review", "wrong_member", ""),
        ("SIM999", "mh", "dead_letter", "syntax_rejected", ""),
        ("SIMTA1", "mh", "dead_letter", "syntax_rejected", ""),
        ("SIMHTML", "mh", "retry_wait", "malformed", ""),
        ("SIMEMPTY", "mh", "retry_wait", "malformed", ""),
        ("SIMBADSE", "mh", "retry_wait", "malformed", ""),
        ("SIMCUT", "mh", "retry_wait", "no_answer", ""),
        ("SIMDROP", "mh", "retry_wait", "no_answer", ""),
        ("SIMDOWNX", "mh", "retry_wait", "payer_busy", ""),
        ("SIM429-3", "mh", "retry_wait", "throttled", ""),
        ("SIMHTTP401", "mh", "config_error", "gateway_refused", ""),
        ("SIMHTTP403", "mh", "config_error", "gateway_refused", ""),
        ("SIMHTTP404", "mh", "config_error", "gateway_refused", ""),
        ("SIMHTTP500", "mh", "retry_wait", "payer_busy", ""),
        ("SIMHTTP504", "mh", "retry_wait", "no_answer", ""),
        ("SIMAAA42R", "mh", "retry_wait", "payer_busy", ""),
        ("SIMAAA80R", "mh", "retry_wait", "payer_busy", ""),
        ("SIMAAA42Y", "mh", "awaiting_payer", "payer_will_answer", ""),
        ("SIM202-5", "mh", "awaiting_payer", "payer_will_answer", ""),
        ("SIMAAA71C", "mh", "needs_info", "fix_details", ""),
        ("SIMAAA72C", "mh", "needs_info", "fix_details", ""),
        ("SIMAAA75C", "mh", "needs_info", "fix_details", ""),
        ("NOBODY0001", "mh", "needs_info", "fix_details", ""),
        ("SIMAAA41C", "mh", "manual_required", "not_enrolled", ""),
        ("SIMAAA51C", "mh", "manual_required", "not_enrolled", ""),
        ("SIMAAA49N", "mh", "manual_required", "manual_payer", ""),
        ("SIMAAA35N", "mh", "manual_required", "payer_out_of_network", ""),
        ("SIMAAAT4N", "mh", "config_error", "gateway_refused", ""),
        ("SIMAAA79NH400", "mh", "config_error", "gateway_refused", ""),
        ("SIMAAA75CH400", "mh", "needs_info", "fix_details", ""),
        ("SIMAAAZZN", "mh", "needs_review", "unknown_code", ""),
    ],
)
def test_each_way_a_payer_answers_has_its_place(route, program, member, condition, state, reason, determination):
    row = run(submit(route, program, member_id=member, condition=condition, scopes=["verify", "sud"]))
    assert (row.state, row.state_reason, row.determination) == (state, reason, determination)


def test_a_payer_that_never_answers_may_have_been_asked(route, program, settings):
    settings.PAYER_TOTAL_SECONDS = 0.3
    row = run(submit(route, program, member_id="SIMHANG"))
    assert (row.state, row.state_reason, row.billable) == (State.RETRY_WAIT, Reason.NO_ANSWER, 1)
    assert row.next_attempt_at > row.tries.get().sent_at + timedelta(seconds=settings.INQUIRY_FLOOR_SECONDS)


def test_an_answer_that_cannot_be_read_three_times_is_read_by_a_person(route, program):
    row = run(submit(route, program, member_id="SIMHTML"))
    for _ in range(2):
        assert row.state == State.RETRY_WAIT
        make_due(row)
        run(row)
    assert (row.state, row.state_reason, row.snapshots.count()) == (State.NEEDS_REVIEW, Reason.MALFORMED, 0)
    assert all(attempt.raw_response for attempt in row.tries.all())


def test_a_payer_that_asks_us_to_slow_down_is_obeyed_and_answers(route, program):
    row = run(submit(route, program, member_id="SIM429-3"))
    route.meter.refresh_from_db()
    assert (route.meter.breaker, route.meter.tokens, row.billable) == ("closed", 0, 0)
    for _ in range(2):
        make_due(row)
        type(route.meter).objects.update(tokens=10)
        run(row)
    assert (row.state, row.billable) == (State.COMPLETED, 1)


def test_somebody_elses_answer_is_no_result_and_gives_no_figure(route, program):
    row = run(submit(route, program, member_id="SIMWRONGID"))
    assert (row.snapshots.count(), row.evidence_level, row.determination) == (0, 0, "")
    assert row.tries.get().raw_response


def test_a_second_bell_finds_nothing_to_do(route, program, payer_server):
    row = run(submit(route, program))
    run(row)
    assert len(calls(payer_server, row)) == 1


def test_substance_use_is_named_only_with_that_consent(route, program, payer_server):
    without = run(submit(route, program, condition="sud", member_id="SIMACTIV1"))
    assert [call["stc"] for call in calls(payer_server, without)] == ["MH", "30"]
    named = run(submit(route, program, condition="sud", member_id="SIMACTIV1X2", scopes=["verify", "sud"]))
    assert [call["stc"] for call in calls(payer_server, named)] == ["CJ", "MH"]


def test_terms_for_mental_health_are_none_for_substance_use(route, program, monkeypatch):
    monkeypatch.setitem(scenarios.PLANS, "SIMPPO001", "\nEB*1**30\nEB*1**MH\nEB*A*IND*CH*****.2****Y\n")
    row = run(submit(route, program, condition="sud"))
    assert (row.determination, row.evidence_level) == (Determination.ACTIVE_IOP_UNCONFIRMED, 2)
    assert run(submit(route, program, condition="mh")).determination == Determination.COVERED


def test_an_answer_in_doubt_never_comes_back_behind_a_clear_one_that_says_less(route, program, staff, monkeypatch):
    doubtful = "\nEB*1**30\nEB*A*IND*CH*****.2****Y\nEB*A*IND*CH*****.3****Y\n"
    monkeypatch.setitem(scenarios.PLANS, "SIMACTIV1", doubtful)
    row = run(submit(route, program, member_id="SIMACTIV1"))
    assert (row.state, row.snapshots.get().determination) == (State.NEEDS_REVIEW, Determination.COVERED)
    resolving.decide(verification=row, by=staff("agent"), decision="again", note="Ask once more.")
    monkeypatch.setitem(scenarios.PLANS, "SIMACTIV1", benefits.ACTIVE_ONLY)
    row.refresh_from_db()
    row = run(row)
    assert (row.state, row.determination) == (State.COMPLETED, Determination.ACTIVE_IOP_UNCONFIRMED)
    assert row.snapshots.get(superseded_at=None).review == []


def test_the_better_of_two_answers_counts_and_both_are_kept(route, program):
    row = run(submit(route, program, member_id="SIMACTIV1"))
    assert (row.state, row.attempts, row.snapshots.count()) == (State.COMPLETED, 2, 2)
    assert row.snapshots.filter(superseded_at=None).count() == 1


def test_each_attempt_has_numbers_of_its_own(route, program):
    row = run(submit(route, program, member_id="SIMFEWER1"))
    first, second = row.tries.all()
    assert (second.trigger, second.variation) == ("variation", "fewer_names")
    assert len({first.bht03, second.bht03, first.trn02, second.trn02}) == 4
    assert (first.isa13, first.gs06, first.st02) != (second.isa13, second.gs06, second.st02)


def test_a_birth_date_is_never_varied(route, program, payer_server):
    row = run(submit(route, program, member_id="SIMAAA71C"))
    assert (len(calls(payer_server, row)), row.needed_fields) == (1, ["birth_date"])


def test_nobody_is_asked_again_within_the_floor(route, program, payer_server, settings):
    row = run(submit(route, program, member_id="SIMDOWNX"))
    sent = row.tries.get().sent_at
    assert row.next_attempt_at >= sent + timedelta(seconds=settings.INQUIRY_FLOOR_SECONDS)
    run(row)
    assert len(calls(payer_server, row)) == 1


def test_a_payer_that_is_down_twice_answers_in_the_end(route, program):
    row = run(submit(route, program, member_id="SIMDOWN2"))
    for _ in range(2):
        make_due(row)
        run(row)
    assert (row.state, row.attempts, row.billable) == (State.COMPLETED, 3, 3)


def test_after_six_tries_a_person_takes_over(route, program, settings):
    row = run(submit(route, program, member_id="SIMDOWNX"))
    for _ in range(5):
        make_due(row)
        route.meter.refresh_from_db()
        route.meter.breaker, route.meter.open_until, route.meter.failures_in_row = "closed", None, 0
        route.meter.save()
        run(row)
    assert (row.state, row.state_reason, row.attempts) == (State.MANUAL_REQUIRED, Reason.ATTEMPTS_USED, 6)


def test_with_the_caller_waiting_a_person_takes_over_after_five_minutes(route, program, settings):
    settings.CALLER_WAITING_SECONDS = 60
    row = run(submit(route, program, member_id="SIMDOWNX", priority=10))
    assert (row.state, row.state_reason) == (State.MANUAL_REQUIRED, Reason.DEADLINE_PASSED)


def test_a_refused_payer_is_reached_again_soon_and_nothing_is_billed(route, program, settings):
    settings.PAYER_ENDPOINTS = {"payersim": {**settings.PAYER_ENDPOINTS["payersim"], "url": "http://127.0.0.1:9/"}}
    row = run(submit(route, program))
    assert (row.state, row.state_reason, row.billable) == (State.RETRY_WAIT, Reason.NOT_REACHED, 0)
    assert row.next_attempt_at < timezone.now() + timedelta(seconds=10)


def test_a_promised_answer_is_fetched_without_asking_again(route, program, payer_server):
    row = run(submit(route, program, member_id="SIM202-5"))
    for _ in range(5):
        make_due(row)
        run(row)
    assert (row.state, row.attempts, row.tries.count()) == (State.COMPLETED, 1, 1)
    assert len(payer_server.ledger.shown(member="SIM202-5")["counts"]) == 1


def test_our_wrong_credentials_stop_the_whole_route(route, program, payer_server):
    run(submit(route, program, member_id="SIMHTTP401"))
    other = run(submit(route, program))
    assert (other.state, calls(payer_server, other)) == (State.QUEUED, [])


def test_a_late_answer_is_kept_and_counts_for_nothing(route, program):
    row = submit(route, program)
    ticket = verification.claim(row.pk)
    Verification.objects.filter(pk=row.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    verification.abandon(Verification.objects.get(pk=row.pk))
    verification.record(ticket, verification.ask(ticket))
    row.refresh_from_db()
    attempt = row.tries.get()
    assert (row.state, row.state_reason, row.determination) == (State.RETRY_WAIT, Reason.WORKER_LOST, "")
    assert (attempt.applied, attempt.kind) == (False, "answered")
    assert attempt.raw_response


def test_a_consent_taken_back_in_the_middle_leaves_the_answer_unused(route, program):
    row = submit(route, program)
    ticket = verification.claim(row.pk)
    consent.revoke(verification=row, by=None)
    verification.record(ticket, verification.ask(ticket))
    row.refresh_from_db()
    assert (row.state, row.state_reason, row.snapshots.count()) == (State.CANCELLED, Reason.CONSENT_REVOKED, 0)


def test_a_fault_in_our_reading_ends_with_an_administrator(route, program, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("insurance.reading.benefits", broken)
    row = run(submit(route, program))
    assert (row.state, row.state_reason) == (State.DEAD_LETTER, Reason.CODE_FAULT)
    assert row.tries.get().raw_response


def test_a_batch_takes_what_is_due_side_by_side(route, program):
    rows = [submit(route, program, member_id=f"SIMPPO001X{number}") for number in range(5)]
    assert verification.run_batch() == 5
    states = {row.state for row in Verification.objects.filter(pk__in=[row.pk for row in rows])}
    assert states == {State.COMPLETED}


def test_a_payer_that_hangs_holds_up_nobody_behind_it(route, program, monkeypatch):
    monkeypatch.setattr(verification, "BATCH", 4)
    rows = [submit(route, program, member_id=f"SIMPPO001X{number}") for number in range(7)]
    check, heard, waited = X12HttpGateway.check, Counter(), []

    def hangs_for_one(self, inquiry):
        heard[inquiry.question.subscriber.member_id] += 1
        if inquiry.question.subscriber.member_id == "SIMPPO001X0":
            until = time.monotonic() + 5
            while len(heard) < len(rows) and time.monotonic() < until:
                time.sleep(0.01)
            waited.append(len(heard))
        return check(self, inquiry)

    monkeypatch.setattr(X12HttpGateway, "check", hangs_for_one)
    assert verification.drain() == len(rows)
    assert waited == [len(rows)]  # all others had been asked when it answered


def test_a_fault_while_asking_loses_no_other_answer(route, program, monkeypatch):
    rows = [submit(route, program, member_id=f"SIMPPO001X{number}") for number in range(3)]
    check = X12HttpGateway.check

    def broken(self, inquiry):
        return 1 / 0 if inquiry.question.subscriber.member_id == "SIMPPO001X1" else check(self, inquiry)

    monkeypatch.setattr(X12HttpGateway, "check", broken)
    verification.run_batch()
    states = [Verification.objects.get(pk=row.pk).state for row in rows]
    assert states == ["completed", "dead_letter", "completed"]


def test_the_dependent_is_asked_about_under_the_subscriber(route, program):
    row = run(
        submit(
            route,
            program,
            relationship="child",
            patient_first_name="Robin",
            patient_last_name="Example",
            patient_birth_date=date(2010, 2, 3),
        )
    )
    assert row.state == State.COMPLETED
    assert b"INS*N*19" in row.tries.get().raw_request


def test_details_a_payer_insists_on_are_learned(route, program):
    row = run(submit(route, program, member_id="SIMAAA15C", subscriber_sex=""))
    route.refresh_from_db()
    assert (row.state, "sex" in route.required_fields, row.needed_fields) == (State.NEEDS_INFO, True, ["sex"])
