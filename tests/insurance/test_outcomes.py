"""What follows from an answer that is none: one odd question stops nobody else, a promise is not asked for twice."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from insurance import verification
from insurance.gateways.x12_http import classify
from insurance.models import RouteMeter, Verification, VerificationAttempt
from insurance.states import Reason, State
from programs.models import Program
from tests.insurance.asking import calls, make_due, run, submit
from tests.insurance.factories import PayerPhoneLineFactory, ProgramBillingFactory, ProgramPayerContractFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("payer_server")]


def is_well(route) -> bool:
    return RouteMeter.objects.get(route=route).breaker == "closed"


# --- one question at fault
@pytest.mark.parametrize(
    ("fields", "needed"),
    [
        ({"member_id": "#12345"}, ["member_id"]),
        ({"subscriber_last_name": "李"}, ["last_name"]),
        ({"subscriber_last_name": "ß" * 50}, ["last_name"]),  # longer than a 270 takes, once written out
        ({"relationship": "child", "patient_last_name": "王"}, ["last_name"]),
    ],
)
def test_what_no_payer_can_be_sent_is_asked_for_and_stops_nobody_else(route, program, payer_server, fields, needed):
    row = run(submit(route, program, **fields))
    assert (row.state, row.needed_fields) == (State.NEEDS_INFO, needed)
    assert (calls(payer_server, row), is_well(route)) == ([], True)


@pytest.mark.parametrize("details", [{"subscriber_last_name": ""}, {"member_id": "", "subscriber_birth_date": None}])
def test_what_every_question_needs_is_asked_for_whatever_the_payer_insists_on(route, program, details):
    type(route).objects.update(required_fields=[])
    assert submit(route, program, **details).state == State.NEEDS_INFO


def test_a_question_the_gateway_calls_bad_stops_nobody_else(route, program):
    row = run(submit(route, program, member_id="SIMHTTP400"))
    assert (row.state, row.reason_code, is_well(route)) == (State.CONFIG_ERROR, "HTTP 400", True)
    assert run(submit(route, program)).state == State.COMPLETED


def test_a_program_whose_name_is_too_long_to_send_stops_nobody_else(route, program):
    nameless = ProgramBillingFactory(legal_name="").program
    Program.objects.filter(pk=nameless.pk).update(name="The Recovery Center " * 6)
    ProgramPayerContractFactory(program=nameless, payer=route.payer)
    assert run(submit(route, nameless)).state == State.CONFIG_ERROR
    assert run(submit(route, program)).state == State.COMPLETED


def test_without_a_member_id_a_payer_that_does_not_need_it_is_asked_by_name_and_birth_date(route, program):
    type(route).objects.update(required_fields=["last_name", "birth_date"])
    row = run(submit(route, program, member_id=""))
    sent = row.tries.get().raw_request
    assert (b"NM1*IL*1*Example*Jordan~" in sent, b"DMG*D8*19900412~" in sent) == (True, True)


# --- answers nobody foresaw
def test_an_answer_under_another_message_number_is_kept_apart(route, program):
    row = submit(route, program)
    ticket = verification.claim(row.pk)
    answer = verification.ask(ticket).raw_response.replace(b"BHT*0022*11*", b"BHT*0022*11*9")
    verification.record(ticket, replace(classify(answer, http_status=200), raw_response=answer))
    row.refresh_from_db()
    assert (row.state_reason, row.reason_code, row.snapshots.count()) == (Reason.WRONG_MEMBER, "BHT03", 0)


def test_an_answer_that_breaks_our_parser_is_kept_and_not_asked_for_again(route, program, payer_server, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("insurance.gateways.x12_http.classify", broken)
    row = run(submit(route, program))
    assert (row.state, row.state_reason) == (State.DEAD_LETTER, Reason.CODE_FAULT)
    assert (len(calls(payer_server, row)), row.tries.get().raw_response[:3]) == (1, b"ISA")


@pytest.mark.parametrize("member", ["SIMAAA75C", "SIM999", "SIMPPO001"])
def test_no_byte_of_an_answer_keeps_it_from_being_written_down(route, program, member):
    row = submit(route, program, member_id=member)
    ticket = verification.claim(row.pk)
    answer = verification.ask(ticket).raw_response
    for spoilt in (b"AAA*N**75", b"*7*MH", b"EXAMPLE PPO", b"PRECERT"):
        answer = answer.replace(spoilt, spoilt + b"\0\xed\xa0\x80")
    verification.record(ticket, replace(classify(answer, http_status=200), raw_response=answer))
    assert row.tries.get().raw_response == answer


@pytest.mark.parametrize("code", ["15", "33"])
def test_a_payer_that_does_not_say_which_detail_is_wrong_has_all_of_the_card_checked(route, program, code):
    row = run(submit(route, program, member_id=f"SIMAAA{code}C2100C", subscriber_sex="F"))
    assert row.state == State.NEEDS_INFO
    assert {"member_id", "birth_date", "last_name"} <= set(row.needed_fields)


# --- a promised answer
def promised(route, program, settings) -> Verification:
    return run(submit(route, program, member_id="SIM202-2"))


def poll(row: Verification) -> Verification:
    make_due(row)
    return run(row)


def test_a_poll_that_is_not_heard_does_not_ask_the_payer_again(route, program, payer_server, settings):
    row = promised(route, program, settings)
    there = settings.PAYER_ENDPOINTS
    settings.PAYER_ENDPOINTS = {"payersim": {**there["payersim"], "url": "http://127.0.0.1:9/"}}
    assert (poll(row).state, row.state_reason) == (State.AWAITING_PAYER, Reason.PAYER_WILL_ANSWER)
    settings.PAYER_ENDPOINTS = there
    poll(row)
    assert (poll(row).state, row.tries.count(), row.billable) == (State.COMPLETED, 1, 1)
    assert len(calls(payer_server, row)) == 1


def test_a_promise_the_payer_has_forgotten_is_asked_for_anew(route, program, payer_server, settings):
    row = promised(route, program, settings)
    payer_server.polls.clear()
    assert (poll(row).state, is_well(route)) == (State.RETRY_WAIT, True)
    make_due(row)
    assert (run(row).state, row.tries.count()) == (State.AWAITING_PAYER, 2)


def test_the_longer_an_answer_takes_the_less_often_it_is_asked_for(route, program, settings):
    row = promised(route, program, settings)
    VerificationAttempt.objects.update(claimed_at=timezone.now() - timedelta(minutes=20))
    poll(row)
    wait = row.next_attempt_at - timezone.now()
    assert timedelta(seconds=100) < wait < timedelta(seconds=130)


# --- dates
def test_a_date_that_is_refused_is_asked_about_once_more_as_the_payers_own_today(route, program, settings):
    PayerPhoneLineFactory(payer=route.payer, time_zone="Pacific/Honolulu")
    with time_machine.travel("2026-03-01T06:00:00Z", tick=True):  # 1 March here, still 28 February there
        row = run(submit(route, program, member_id="SIMAAA63C"))
    first, second = (attempt.raw_request for attempt in row.tries.all())
    assert (b"DTP*291" in first, b"DTP*291*D8*20260228~" in second) == (False, True)
    assert (row.state, row.needed_fields) == (State.NEEDS_INFO, ["service_date"])


@pytest.mark.parametrize("code", ["56", "62", "63"])
def test_a_date_that_was_given_and_is_refused_is_left_out_once(route, program, code):
    row = run(submit(route, program, member_id=f"SIMAAA{code}C", service_date=timezone.localdate() + timedelta(1)))
    assert [b"DTP*291" in attempt.raw_request for attempt in row.tries.all()] == [True, False]
