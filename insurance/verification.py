"""Ask payers and record what comes back: one verification, or a batch side by side.

No transaction is open while a payer thinks. A worker that comes back late finds that the row has moved on: its
answer is kept on its attempt and applied to nothing.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit
from accounts.models import Verb
from insurance import inquiries, integrity, outcomes, recording
from insurance.claiming import Ticket, claim, claim_batch
from insurance.gateways import NOT_ASKED, GatewayResult, Inquiry, Kind, get_gateway
from insurance.models import Verification, VerificationAttempt
from insurance.states import Reason, State, move
from insurance.x12.inquiry_270 import ControlNumbers
from insurance.x12.lines import AAA

log = logging.getLogger(__name__)

BATCH = 20
GATHER_SECONDS = 0.01  # answers that come within this are written down together
PATIENCE = (0.2, 0.5, 1.0, 2.0, 4.0)  # seconds between tries to write answers down
SOON_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answered:
    """A ticket with what came of it, and what follows from that."""

    ticket: Ticket
    result: GatewayResult
    decision: outcomes.Decision


def run(pk: int) -> bool:
    """Take one verification as far as it goes without waiting; False if that took long.

    One slow payer (60 s) fits into a task's time limit (75 s), two do not.
    """
    began = time.monotonic()
    for _ in range(inquiries.MOST_QUESTIONS + 1):
        ticket = claim(pk)
        if ticket is not None:
            record(ticket, ask(ticket))
        is_quick = time.monotonic() - began < SOON_SECONDS
        if ticket is None or ticket.verification.state != State.QUEUED or not is_quick:
            return is_quick
    return True


def run_batch(limit: int = BATCH) -> int:
    """Take up to `limit` due verifications at once, ask all payers side by side; returns how many were taken."""
    return _side_by_side(limit, until=0.0)


def drain(seconds: float = 10.0) -> int:
    """Take what is due until nothing is, or the time is over; returns how many verifications were taken."""
    return _side_by_side(BATCH, until=time.monotonic() + seconds)


def _side_by_side(width: int, *, until: float) -> int:
    """Ask up to `width` payers at a time, and until then fill up from what is due: a slow payer holds up no other.

    Filled up when most have answered: many rows in one statement are what makes a batch cheap.
    """
    under_way: dict[Future[GatewayResult], Ticket] = {}
    taken, is_more = 0, True
    with ThreadPoolExecutor(max_workers=width) as pool:
        while is_more or under_way:
            room = width - len(under_way)
            if is_more and room * 4 >= width * 3:
                tickets = claim_batch(room)
                under_way |= {pool.submit(ask, ticket): ticket for ticket in tickets}
                taken += len(tickets)
                is_more = bool(tickets)
            is_more = is_more and time.monotonic() < until
            if under_way:
                wait(under_way, return_when=FIRST_COMPLETED)
                done, _others = wait(under_way, timeout=GATHER_SECONDS)
                _write_with_patience([_answered(under_way.pop(each), each.result()) for each in done])
    return taken


def help_out(seconds: float = 5.0) -> int:
    """After a bell: if more is waiting, take that in batches too; its own bells will find nothing to do."""
    return drain(seconds) if Verification.objects.due().order_by().exists() else 0


# --- ask --------------------------------------------------------------------------------------------
def ask(ticket: Ticket) -> GatewayResult:
    """The exchange with the payer. It touches no database, so a batch may do it in threads, and never raises."""
    attempt, route = ticket.attempt, ticket.route
    inquiry = Inquiry(
        question=ticket.question,
        control=ControlNumbers(attempt.isa13, attempt.gs06, attempt.st02),
        endpoint=route.endpoint,
        at=timezone.now(),
        total_seconds=min(float(route.total_seconds), settings.PAYER_TOTAL_SECONDS),
    )
    try:
        gateway = get_gateway(route)
        return gateway.poll(ticket.poll_token, inquiry) if ticket.poll_token else gateway.check(inquiry)
    except Exception:  # whether it was asked nobody knows; asking again would fail again
        log.exception("A question could not be asked.", extra={"public_id": ticket.verification.public_id})
        return GatewayResult(Kind.TRANSIENT_AMBIGUOUS, we_failed=True)


# --- record -----------------------------------------------------------------------------------------
def record(ticket: Ticket, result: GatewayResult) -> None:
    """Write down what came back and move on."""
    _write_with_patience([_answered(ticket, result)])


def _answered(ticket: Ticket, result: GatewayResult) -> Answered:
    situation = outcomes.Situation(
        ticket.verification,
        ticket.attempt,
        ticket.question,
        ticket.earlier,
        ticket.now(),
        is_poll=bool(ticket.poll_token),
    )
    try:
        decision = outcomes.decide(result, situation)
    except Exception:  # a fault of ours must not ask the payer again and again
        log.exception("A payer's answer broke our reading.", extra={"public_id": ticket.verification.public_id})
        decision = outcomes.Decision(State.DEAD_LETTER, Reason.CODE_FAULT)
    return Answered(ticket, result, decision)


def _write_with_patience(answers: Sequence[Answered]) -> None:
    """Answers were paid for: one that breaks our code costs no other, and is itself kept for a person."""
    try:
        _patiently(_write_down, answers)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("Answers could not be written down together.", extra={"count": len(answers)})
        if len(answers) == 1:
            _patiently(_keep_as_it_came, answers)
        for each in answers if len(answers) > 1 else ():
            _write_with_patience([each])


def _patiently(write: Callable[[Sequence[Answered]], None], answers: Sequence[Answered]) -> None:
    """A database that restarts is waited for. What was not written is not in the rows we hold either."""
    claimed = [dict(vars(each.ticket.verification)) for each in answers]
    for pause in PATIENCE:
        try:
            write(answers)
            return
        except Exception as error:
            for each, columns in zip(answers, claimed, strict=True):
                vars(each.ticket.verification).update(columns)
            if connection.in_atomic_block or not isinstance(error, OperationalError | InterfaceError):
                raise
            connection.close()
            time.sleep(pause)
    log.error("Answers could not be written down; their leases will run out.")


@transaction.atomic
def _write_down(answers: Sequence[Answered]) -> None:
    """All of them in one transaction. Where the row has moved on without us, the answer is evidence only."""
    ours = _still_ours([each.ticket for each in answers])
    for each in answers:
        counts = each.ticket.verification.pk in ours
        if counts or not _is_written(each.ticket.attempt):
            _finish_attempt(each, applied=counts)
    in_time = [each for each in answers if each.ticket.verification.pk in ours]
    if in_time:
        recording.apply([_outcome(each) for each in in_time], now=max(each.ticket.now() for each in in_time))


@transaction.atomic
def _keep_as_it_came(answers: Sequence[Answered]) -> None:
    """Our code fails at this answer: it is kept unread, nothing is worked out of it, and nobody is asked again."""
    for each in answers:
        ticket, result = each.ticket, each.result
        verification, attempt = ticket.verification, ticket.attempt
        unread = GatewayResult(result.kind, result.raw_request, result.raw_response, elapsed=result.elapsed)
        decision = outcomes.Decision(State.DEAD_LETTER, Reason.CODE_FAULT)
        counts = verification.pk in _still_ours([ticket])
        if counts or not _is_written(attempt):
            _finish_attempt(replace(each, result=unread, decision=decision), applied=counts)
        if counts:
            billable = min(verification.billable + bool(attempt.billable), verification.attempts)
            move(verification, decision.state, reason=decision.reason, billable=billable)


def _still_ours(tickets: Sequence[Ticket]) -> set[int]:
    """Rows that nobody has moved since our claim, now locked."""
    rows = Verification.objects.filter(pk__in=[ticket.verification.pk for ticket in tickets], state=State.SENDING)
    locked = dict(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", "version"))
    return {
        ticket.verification.pk
        for ticket in tickets
        if locked.get(ticket.verification.pk) == ticket.verification.version
    }


def _is_written(attempt: VerificationAttempt) -> bool:
    """The first try was written after all, and only its confirmation was lost."""
    if VerificationAttempt.objects.filter(pk=attempt.pk, finished_at__isnull=False).exists():
        return True
    log.warning("An answer came too late to count.", extra={"public_id": attempt.verification.public_id})
    return False


def _outcome(answered: Answered) -> recording.Outcome:
    ticket = answered.ticket
    return recording.Outcome(
        verification=ticket.verification,
        attempt=ticket.attempt,
        decision=answered.decision,
        result=answered.result,
        route_was_well=ticket.route_was_well,
    )


def _finish_attempt(answered: Answered, *, applied: bool) -> None:
    ticket, result = answered.ticket, answered.result
    attempt, now = ticket.attempt, ticket.now()
    is_promised = answered.decision.state == State.AWAITING_PAYER and result.kind != Kind.REJECTED
    kind = Kind.PENDING if is_promised else result.kind
    facts: dict[str, Any] = {
        "kind": kind,
        "http_status": result.http_status,
        "retry_after": result.retry_after,
        "raw_response": result.raw_response,
        "poll_token": result.poll_token or (ticket.poll_token if is_promised else "") or None,
        "aaa": [_row_of(each) for each in result.aaa],
        "problems": list(result.problems),
        "elapsed_ms": round(result.elapsed * 1000),
        "applied": applied,
    }
    if not ticket.poll_token:
        billable = result.kind not in NOT_ASKED
        sent_at = now - timedelta(seconds=result.elapsed) if billable else None
        facts |= {"raw_request": result.raw_request, "billable": billable, "sent_at": sent_at}
    if kind != Kind.PENDING or not applied:
        facts["finished_at"] = now
    for name, value in facts.items():
        setattr(attempt, name, value)
    attempt.save(update_fields=list(facts))
    if ticket.poll_token:  # the second time that this row was written
        subject, content = ticket.verification.public_id, integrity.mark(attempt)
        audit.record(actor=None, verb=Verb.CHANGED, subject=subject, act="answer fetched", content=content)


def _row_of(aaa: AAA) -> dict[str, str]:
    """A payer may send anything as a code; PostgreSQL takes no NUL."""
    return {"loop": aaa.loop, "code": aaa.code.replace("\0", "?"), "followup": aaa.followup.replace("\0", "?")}


def abandon(verification: Verification) -> None:
    """The worker is lost. What it asked may have been asked, so it counts and the floor holds from its claim."""
    attempt = verification.tries.filter(finished_at=None).order_by("-number").first()
    now = Verification.objects.annotate(now=Now()).values_list("now", flat=True).get(pk=verification.pk)
    columns: dict[str, Any] = {}
    claimed_at = now
    if attempt is not None and attempt.kind != Kind.PENDING:
        VerificationAttempt.objects.filter(pk=attempt.pk, finished_at=None).update(
            kind=VerificationAttempt.Kind.ABANDONED, billable=True
        )
        columns["billable"] = min(verification.billable + 1, verification.attempts)
        claimed_at = attempt.claimed_at
    if verification.attempts >= settings.MOST_ATTEMPTS:
        move(verification, State.MANUAL_REQUIRED, reason=Reason.ATTEMPTS_USED, **columns)
        return
    floor = timedelta(seconds=settings.PAYER_CONNECT_SECONDS + settings.INQUIRY_FLOOR_SECONDS)
    columns |= {"next_attempt_at": max(now, claimed_at + floor), "rung_at": None, "ring_count": 0}
    move(verification, State.RETRY_WAIT, reason=Reason.WORKER_LOST, **columns)
