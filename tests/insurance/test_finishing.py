"""A finished request is over: nobody is asked for it any more, no figure counts it, and it can be opened again."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from insurance import board, consent, desk, intake, queues, retention, sweeper, undoing
from insurance import verification as engine
from insurance.models import Casework, StatusEvent, Verification
from insurance.states import IllegalMoveError, Reason, State, StateConflictError, move, take_up_again
from insurance.sweeper import Broker, Sweeper
from tests.insurance.asking import calls, make_due, run, submit
from tests.insurance.factories import ConsentFactory, VerificationFactory

pytestmark = pytest.mark.django_db

BY_COMPUTER = (State.QUEUED, State.RETRY_WAIT, State.AWAITING_PAYER)
STOPPED_FROM = (
    *(State.NEEDS_INFO, State.NEEDS_REVIEW, State.MANUAL_REQUIRED, State.CONFIG_ERROR, State.DEAD_LETTER),
    *BY_COMPUTER,
)


@pytest.fixture
def dana(staff):
    return staff("agent", name="Dana Agent")


@pytest.fixture
def client(dana, signed_in):
    return signed_in(dana)


def post(client, name, row, **fields):
    return client.post(reverse(f"verification_{name}", args=[row.public_id]), fields)


def standing(state, **fields):
    now = timezone.now()
    columns = {
        "state_reason": Reason.NO_ANSWER,
        "reason_code": "2100C 42",
        "next_attempt_at": now + timedelta(minutes=3) if state in BY_COMPUTER else None,
        "needed_fields": ["member_id"] if state == State.NEEDS_INFO else [],
    }
    return VerificationFactory(state=state, **{**columns, **fields})


def tile(queue):
    return next(each.value for each in board.tiles() if each.queue == queue)


@pytest.mark.parametrize("state", STOPPED_FROM)
def test_an_unanswered_request_that_is_finished_is_in_no_queue_but_done(dana, state):
    row = standing(state)
    desk.close(verification=row, by=dana, outcome="no-answer")
    row.refresh_from_db()
    assert (row.state, row.state_reason, row.version) == (State.CANCELLED, Reason.CANCELLED_BY_STAFF, 1)
    found = {slug for slug in queues.BY_SLUG if row in queues.rows(slug, dana)}
    assert found == {"done"}
    assert (tile("open"), board.by_state()) == ("–", [])


def test_after_the_caller_withdrew_the_payer_is_not_asked(dana, route, program, payer_server):
    row = submit(route, program)
    desk.close(verification=row, by=dana, outcome="withdrew")
    run(row)
    assert (row.state, row.state_reason, row.billable) == (State.CANCELLED, Reason.CANCELLED_BY_CALLER, 0)
    assert calls(payer_server, row) == []


def test_an_answer_is_not_touched_by_finishing(dana, route, program, payer_server):
    row = run(submit(route, program))
    desk.close(verification=row, by=dana, outcome="reached")
    desk.stop_finished()
    row.refresh_from_db()
    assert row.state == State.COMPLETED


def test_an_answer_on_its_way_comes_home_though_the_call_was_finished(dana, route, program, payer_server):
    row = submit(route, program)
    ticket = engine.claim(row.pk)
    row.refresh_from_db()
    desk.close(verification=row, by=dana, outcome="no-answer")
    desk.stop_finished()
    engine.record(ticket, engine.ask(ticket))
    row.refresh_from_db()
    assert (row.state, row.tries.get().applied) == (State.COMPLETED, True)
    assert row in queues.rows("done", dana)


def test_what_would_follow_a_question_that_was_on_its_way_is_stopped(dana, route, program, payer_server):
    row = submit(route, program, member_id="SIMDROP")
    ticket = engine.claim(row.pk)
    row.refresh_from_db()
    desk.close(verification=row, by=dana, outcome="no-answer")
    engine.record(ticket, engine.ask(ticket))
    Sweeper(Broker("redis://127.0.0.1:1/0")).sweep()
    row.refresh_from_db()
    assert (row.state, row.events.last().actor) == (State.CANCELLED, dana)


@pytest.mark.parametrize(
    "go_on", [lambda row: engine.run(row.pk), lambda row: engine.run_batch(), lambda row: engine.drain(0.1)]
)
def test_the_next_question_of_what_was_finished_meanwhile_is_not_asked(dana, route, program, payer_server, go_on):
    row = submit(route, program, member_id="SIM75")
    ticket = engine.claim(row.pk)
    row.refresh_from_db()
    desk.close(verification=row, by=dana, outcome="withdrew")
    engine.record(ticket, engine.ask(ticket))
    row.refresh_from_db()
    assert (row.state, row.state_reason) == (State.QUEUED, Reason.VARIATION)
    go_on(row)
    assert len(calls(payer_server, row)) == 1
    assert desk.stop_finished() == 1
    row.refresh_from_db()
    assert (row.state, row.state_reason, row.attempts) == (State.CANCELLED, Reason.CANCELLED_BY_CALLER, 1)


def test_what_is_opened_again_before_it_is_stopped_is_asked_on(dana, route, program, payer_server):
    row = submit(route, program, member_id="SIM75")
    ticket = engine.claim(row.pk)
    row.refresh_from_db()
    desk.close(verification=row, by=dana, outcome="withdrew")
    engine.record(ticket, engine.ask(ticket))
    row.refresh_from_db()
    desk.reopen(verification=row, by=dana)
    run(row)
    assert len(calls(payer_server, row)) == 2


@pytest.mark.parametrize("actor", [False, True])
def test_who_asks_the_same_while_the_answer_of_a_finished_one_comes_home_is_not_stopped_with_it(
    dana, route, program, payer_server, actor
):
    first = submit(route, program, member_id="SIM75")
    ticket = engine.claim(first.pk)
    first.refresh_from_db()
    desk.close(verification=first, by=dana, outcome="withdrew")
    row = VerificationFactory.build(payer=route.payer, consent=first.consent, member_id="SIM75")
    by = dana if actor else None
    joined = intake.submit(row, programs=[program], submission_key=uuid.uuid4(), actor=by)
    assert (joined.verification, joined.is_new) == (first, False)
    casework = Casework.objects.get(verification=first)
    assert (casework.closed_at, casework.closed_by, casework.outcome) == (None, None, "")
    engine.record(ticket, engine.ask(ticket))
    assert desk.stop_finished() == 0
    first.refresh_from_db()
    assert first.is_open


def test_who_asks_the_same_at_the_moment_it_is_stopped_has_a_request_of_their_own(dana, route, program, monkeypatch):
    first = submit(route, program)
    Casework.objects.create(verification=first, outcome="withdrew", closed_at=timezone.now(), closed_by=dana)
    look = intake._already_there

    def stopped_meanwhile(*keys):
        found = look(*keys)
        desk.stop_finished()
        return found

    monkeypatch.setattr(intake, "_already_there", stopped_meanwhile)
    row = VerificationFactory.build(payer=route.payer, consent=first.consent)
    joined = intake.submit(row, programs=[program], submission_key=uuid.uuid4())
    assert (joined.is_new, joined.verification.state) == (True, State.QUEUED)
    first.refresh_from_db()
    assert first.state == State.CANCELLED


def test_the_same_form_sent_again_opens_nothing(dana, route, program):
    key = uuid.uuid4()
    row = VerificationFactory.build(payer=route.payer, consent=ConsentFactory())
    first = intake.submit(row, programs=[program], submission_key=key).verification
    engine.claim(first.pk)
    first.refresh_from_db()
    desk.close(verification=first, by=dana, outcome="withdrew")
    row = VerificationFactory.build(payer=route.payer, consent=first.consent)
    assert intake.submit(row, programs=[program], submission_key=key).verification == first
    assert Casework.objects.get(verification=first).closed_at is not None


def test_what_was_cancelled_on_purpose_is_not_taken_up_again(client, dana):
    row = standing(State.MANUAL_REQUIRED)
    desk.cancel(verification=row, by=dana)
    post(client, "close", row, outcome="withdrew")
    post(client, "reopen", row)
    row.refresh_from_db()
    assert (row.state, row.casework.closed_at) == (State.CANCELLED, None)


def test_what_was_finished_twice_is_taken_up_again_all_the_same(dana):
    row = standing(State.MANUAL_REQUIRED)
    for outcome in ("no-answer", "withdrew"):
        desk.close(verification=row, by=dana, outcome=outcome)
    desk.reopen(verification=row, by=dana)
    row.refresh_from_db()
    assert row.state == State.MANUAL_REQUIRED


def test_what_was_stopped_after_it_was_finished_is_taken_up_again(dana):
    row = finished_before_finishing_stopped_it(dana, 3)
    desk.stop_finished()
    row.refresh_from_db()
    desk.reopen(verification=row, by=dana)
    assert row.state == State.MANUAL_REQUIRED


def test_whoever_finishes_what_has_just_been_answered_is_told(dana, route, program, payer_server):
    row = submit(route, program)
    seen = Verification.objects.get(pk=row.pk)
    run(row)
    with pytest.raises(StateConflictError):
        desk.close(verification=seen, by=dana, outcome="no-answer")


@pytest.mark.parametrize("state", STOPPED_FROM)
def test_undo_brings_the_work_back_to_just_where_it_stood(client, state):
    row = standing(state)
    columns = [*undoing.WORK, "attempts", "billable", "call_after", "dedupe_key"]
    before = Verification.objects.values(*columns).get()
    post(client, "close", row, outcome="no-answer")
    assert Verification.objects.get().state == State.CANCELLED
    assert client.post(reverse("desk_undo")).url == row.get_absolute_url()
    assert Verification.objects.values(*columns).get() == before
    assert list(row.events.values_list("from_state", "to_state")) == [(state, "cancelled"), ("cancelled", state)]


def test_undo_brings_back_a_call_to_the_payer(client):
    row = VerificationFactory(state="manual_required")
    client.post(reverse("payer_call_start", args=[row.public_id]))
    post(client, "close", row, outcome="no-answer")
    client.post(reverse("desk_undo"))
    row.refresh_from_db()
    assert row.state == State.MANUAL_IN_PROGRESS
    assert client.get(reverse("payer_call", args=[row.public_id])).status_code == 200


def test_nothing_is_undone_once_the_same_question_is_asked_anew(client, route, program):
    row = submit(route, program)
    post(client, "close", row, outcome="no-answer")
    anew = submit(route, program)
    assert anew != row
    assert client.post(reverse("desk_undo")).status_code == 409
    assert Verification.objects.get(pk=row.pk).state == State.CANCELLED


def test_a_consent_that_was_taken_back_meanwhile_stays_taken_back(client, dana):
    row = standing(State.QUEUED)
    post(client, "close", row, outcome="no-answer")
    consent.revoke(verification=row, by=dana)
    assert client.post(reverse("desk_undo")).status_code == 409
    post(client, "reopen", row)
    row.refresh_from_db()
    assert row.state == State.CANCELLED


@pytest.mark.parametrize("state", STOPPED_FROM)
def test_opened_again_it_goes_to_a_person_with_a_clock_of_its_own(client, dana, state):
    row = standing(state, sla_due_at=timezone.now() - timedelta(days=3))
    StatusEvent.objects.create(verification=row, version=0, to_state=state, reason=Reason.NO_ANSWER)
    post(client, "close", row, outcome="no-answer")
    post(client, "reopen", row)
    row.refresh_from_db()
    assert (row.state, row.state_reason) == (State.MANUAL_REQUIRED, Reason.NO_ANSWER)
    assert row.sla_due_at > timezone.now()
    assert all(row in queues.rows(slug, dana) for slug in ("mine", "person", "open"))


def test_opened_again_although_somebody_asks_the_same_by_now_it_leads_there(client, route, program):
    row = submit(route, program)
    post(client, "close", row, outcome="no-answer")
    anew = submit(route, program)
    answer = post(client, "reopen", row)
    assert answer.url == anew.get_absolute_url()
    assert Casework.objects.get(verification=row).closed_at is not None


@pytest.mark.parametrize("to", [State.DRAFT, State.COMPLETED, State.EXPIRED, State.CANCELLED])
def test_what_was_stopped_is_taken_up_only_where_it_is_open_and_by_no_ordinary_move(dana, to):
    row = VerificationFactory(state="cancelled")
    with pytest.raises(IllegalMoveError):
        take_up_again(row, to, reason=Reason.SUBMITTED, actor=dana)
    with pytest.raises(IllegalMoveError):
        move(row, State.MANUAL_REQUIRED, reason=Reason.SUBMITTED)


def finished_before_finishing_stopped_it(dana, days_ago, **fields):
    then = timezone.now() - timedelta(days=days_ago)
    row = standing(State.MANUAL_REQUIRED, sla_due_at=then, **fields)
    Verification.objects.filter(pk=row.pk).update(created_at=then)
    StatusEvent.objects.create(verification=row, version=0, to_state=row.state, at=then)
    Casework.objects.create(verification=row, outcome="no-answer", closed_at=then, closed_by=dana)
    return row


def test_requests_that_were_finished_before_count_as_finished_and_stop(dana):
    row = finished_before_finishing_stopped_it(dana, 3)
    assert tile("open") == "–"
    assert tile("late") == "0"
    assert [slug for slug in queues.BY_SLUG if row in queues.rows(slug, dana)] == ["done"]
    Sweeper(Broker("redis://127.0.0.1:1/0")).sweep()
    assert Verification.objects.get().state == State.CANCELLED


def test_requests_that_were_finished_long_ago_are_purged_though_they_stopped_only_now(dana):
    finished_before_finishing_stopped_it(dana, 200)
    assert desk.stop_finished() == 1
    assert retention.purge()["requests"] == 1


def test_the_same_question_after_a_finished_one_is_a_new_request(dana, route, program):
    first = submit(route, program)
    desk.close(verification=first, by=dana, outcome="no-answer")
    row = VerificationFactory.build(payer=route.payer, consent=first.consent)
    assert intake.submit(row, programs=[program], submission_key=uuid.uuid4()).is_new


def test_a_waiting_question_that_is_opened_again_is_asked_after_its_floor(dana, route, program, payer_server, client):
    row = run(submit(route, program, member_id="SIMDROP"))
    post(client, "close", row, outcome="no-answer")
    client.post(reverse("desk_undo"))
    row.refresh_from_db()
    assert row.state == State.RETRY_WAIT
    run(row)
    assert len(calls(payer_server, row)) == 1
    make_due(row)
    assert run(row).attempts == 2


def test_before_finishing_it_is_said_that_the_question_stops(client):
    words = "finishing stops the question"
    assert words in client.get(standing(State.QUEUED).get_absolute_url()).content.decode()
    done = VerificationFactory(state="completed", determination="unknown", completed_at=timezone.now())
    assert words not in client.get(done.get_absolute_url()).content.decode()


# --- what is finished while its question is on its way ------------------------------------------------
def finished_while_it_was_asked(dana, route, program, member_id="SIMDROP"):
    row = submit(route, program, member_id=member_id)
    ticket = engine.claim(row.pk)
    row.refresh_from_db()
    desk.close(verification=row, by=dana, outcome="no-answer")
    return row, ticket


@pytest.mark.parametrize("is_home", [False, True])
@pytest.mark.parametrize("is_finished_twice", [False, True])
def test_what_was_finished_and_then_cancelled_by_hand_stays_cancelled(
    client, dana, route, program, payer_server, is_home, is_finished_twice
):
    row, ticket = finished_while_it_was_asked(dana, route, program)
    if is_home:
        engine.record(ticket, engine.ask(ticket))
    post(client, "cancel", row)
    desk.stop_finished()
    if is_finished_twice:
        post(client, "close", row, outcome="withdrew")
    post(client, "reopen", row)
    row.refresh_from_db()
    assert (row.state, row.state_reason, row.casework.closed_at) == ("cancelled", Reason.CANCELLED_BY_STAFF, None)


def test_what_came_home_after_it_was_finished_and_was_stopped_is_taken_up_again(
    client, dana, route, program, payer_server
):
    row, ticket = finished_while_it_was_asked(dana, route, program)
    engine.record(ticket, engine.ask(ticket))
    assert desk.stop_finished() == 1
    post(client, "reopen", row)
    row.refresh_from_db()
    assert row.state == State.MANUAL_REQUIRED


def test_what_is_finished_is_neither_due_nor_late_before_it_is_stopped(dana, settings):
    then = timezone.now() - timedelta(seconds=settings.BROKER_PATIENCE_SECONDS + 1)
    columns = {"next_attempt_at": then, "auto_deadline_at": then, "sla_due_at": then}
    row = standing(State.QUEUED, **columns)
    watch = Sweeper(Broker("redis://127.0.0.1:1/0"))
    assert (list(Verification.objects.due()), watch.nobody_works(), tile("late")) == ([row], True, "1")
    Casework.objects.create(verification=row, outcome="no-answer", closed_at=timezone.now(), closed_by=dana)
    watch.is_alone = False
    assert (list(Verification.objects.due()), list(sweeper.unheard()), tile("late")) == ([], [], "0")
    assert (watch.nobody_works(), sweeper.escalate(), engine.help_out()) == (False, 0, 0)


def test_what_is_due_is_found_by_its_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for rows in (sweeper.unheard(), Verification.objects.due().order_by()):
        assert "verification_due" in rows.explain() or "verification_waiting" in rows.explain()
