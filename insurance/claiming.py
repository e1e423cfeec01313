"""Make due verifications ours, one or many at once, before a payer is asked.

One transaction: the rows are locked if they are due and nobody else has them, their routes' meters say how many may
be asked now, and each attempt is in the database with its numbers before a byte leaves.
"""

import logging
import os
import socket
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from celery import current_task
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from insurance import inquiries, metering
from insurance.encryption import DecryptionError
from insurance.gateways import Kind
from insurance.models import PayerRoute, Verification, VerificationAttempt
from insurance.states import Reason, State, move, move_locked
from insurance.x12.inquiry_270 import Question
from programs.models import Program

log = logging.getLogger(__name__)

PROCESS = f"{socket.gethostname()}:{os.getpid()}"
BY_TASK = "worker "  # how the name of an asker begins that a message has called
# The public listing's columns play no part in a question.
UNUSED = [
    f"program__{column.name}"
    for column in Program._meta.concrete_fields
    if column.name not in {"id", "name", "weeks_min", "weeks_max"}
]


@dataclass(slots=True)
class Ticket:
    """A claimed verification: ours until the lease ends, by the database's clock."""

    verification: Verification
    attempt: VerificationAttempt
    route: PayerRoute
    question: Question
    claimed_at: datetime
    earlier: Sequence[VerificationAttempt] = ()
    poll_token: str = ""
    route_was_well: bool = False
    began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """The database's time, by a clock that does not jump."""
        return self.claimed_at + timedelta(seconds=time.monotonic() - self.began)


@dataclass(slots=True)
class _Candidate:
    """A locked row that nothing stands in the way of, with what has been tried."""

    row: Verification
    people: inquiries.People
    earlier: list[VerificationAttempt]  # since a person last sent it back to the queue, or since it was logged
    number: int  # of the next attempt, counted over all

    @property
    def pending(self) -> VerificationAttempt | None:
        """The attempt whose answer was promised."""
        return self.earlier[-1] if self.earlier and self.earlier[-1].kind == Kind.PENDING else None


def claim(pk: int) -> Ticket | None:
    """One of them, or None: it is not due, somebody else has it, or a person must take over."""
    with transaction.atomic():
        return next(iter(_claim(list(claimable().filter(pk=pk)))), None)


def claim_batch(limit: int) -> list[Ticket]:
    """The most urgent of what is due and free."""
    with transaction.atomic():
        return _claim(list(claimable().order_by("priority", "next_attempt_at", "pk")[:limit]))


def claimable() -> QuerySet[Verification]:
    return (
        Verification.objects.due()
        .order_by()
        .select_related("payer", "consent", "program__billing")
        .defer(*UNUSED)
        .select_for_update(of=("self",), skip_locked=True)
        .annotate(now=Now())
    )


def _claim(rows: list[Verification]) -> list[Ticket]:
    candidates: dict[int, list[_Candidate]] = defaultdict(list)
    tried = _earlier(rows)
    for row in rows:
        candidate = _candidate(row, tried.get(row.pk, []))
        if candidate is not None:
            candidates[row.payer_id].append(candidate)
    tickets = []
    for payer in sorted(candidates):  # one order of locks for everybody
        tickets += _admitted(candidates[payer])
    return tickets


def _earlier(rows: Sequence[Verification]) -> Mapping[int, list[VerificationAttempt]]:
    asked = [row.pk for row in rows if row.fence]
    found: dict[int, list[VerificationAttempt]] = defaultdict(list)
    if asked:
        for attempt in VerificationAttempt.objects.filter(verification__in=asked).order_by("number"):
            found[attempt.verification_id].append(attempt)
    return found


def _candidate(row: Verification, earlier: list[VerificationAttempt]) -> _Candidate | None:
    """The row if it may be asked; else it is handed to whoever can help, here and now."""
    try:
        this_round = earlier[-row.attempts :] if row.attempts else []
        candidate = _Candidate(row, inquiries.people(row), this_round, len(earlier) + 1)
    except DecryptionError:
        log.exception("A request cannot be read.", extra={"public_id": row.public_id})
        move(row, State.CONFIG_ERROR, reason=Reason.CODE_FAULT)
        return None
    obstacle = _obstacle(row, candidate.pending)
    if obstacle:
        move(row, obstacle[0], reason=obstacle[1])
        return None
    return candidate


def _obstacle(row: Verification, pending: VerificationAttempt | None) -> tuple[State, Reason] | None:
    """Why no computer may ask now."""
    if row.consent is None or not row.consent.is_live:
        return State.CANCELLED, Reason.CONSENT_REVOKED
    if row.state == State.AWAITING_PAYER and (pending is None or not pending.poll_token):
        return State.MANUAL_REQUIRED, Reason.EXPECTED_ANSWER_LATE
    if row.auto_deadline_at and row.auto_deadline_at <= row.now:  # type: ignore[attr-defined]
        return State.MANUAL_REQUIRED, Reason.DEADLINE_PASSED
    if row.attempts >= settings.MOST_ATTEMPTS and pending is None:
        return State.MANUAL_REQUIRED, Reason.ATTEMPTS_USED
    if row.program is None or not hasattr(row.program, "billing"):
        return State.MANUAL_REQUIRED, Reason.NO_NPI
    return None


def _admitted(candidates: list[_Candidate]) -> list[Ticket]:
    """As many of one payer's as its route takes now; the others are put off, and it counts as no try."""
    first = candidates[0].row
    now: datetime = first.now  # type: ignore[attr-defined]
    meter = metering.locked_meter(first.payer)
    if meter is None:
        for candidate in candidates:
            move(candidate.row, State.MANUAL_REQUIRED, reason=Reason.NO_ROUTE)
        return []
    admission = metering.admit(meter, now=now, wanted=len(candidates))
    taken, put_off = candidates[: admission.granted], candidates[admission.granted :]
    if put_off:
        wait = admission.wait or timedelta(seconds=1)
        waiting = Verification.objects.filter(pk__in=[candidate.row.pk for candidate in put_off])
        waiting.update(next_attempt_at=now + wait, rung_at=None, ring_count=0)
    return _take(taken, meter.route, now=now, was_well=admission.was_well) if taken else []


def _take(candidates: list[_Candidate], route: PayerRoute, *, now: datetime, was_well: bool) -> list[Ticket]:
    fresh = [candidate for candidate in candidates if candidate.pending is None]
    attempts = VerificationAttempt.objects.bulk_create(_attempt(candidate, route) for candidate in fresh)
    by_row = {attempt.verification_id: attempt for attempt in attempts}
    lease = {
        "route": route,
        "lease_until": now + timedelta(seconds=settings.LEASE_SECONDS),
        "fence": F("fence") + 1,
        "rung_at": None,
        "ring_count": 0,
    }
    move_locked([each.row for each in fresh], State.SENDING, reason=Reason.CLAIMED, attempts=F("attempts") + 1, **lease)
    polled = [each.row for each in candidates if each.pending]
    move_locked(polled, State.SENDING, reason=Reason.CLAIMED, **lease)
    for row in (each.row for each in candidates):
        row.fence += 1
        row.attempts += row.pk in by_row
    return [_ticket(each, by_row.get(each.row.pk) or each.earlier[-1], now, was_well=was_well) for each in candidates]


def _attempt(candidate: _Candidate, route: PayerRoute) -> VerificationAttempt:
    row = candidate.row
    choice = inquiries.choose(row, route, candidate.earlier)
    return VerificationAttempt(
        verification=row,
        number=candidate.number,
        fence=row.fence + 1,
        route=route,
        gateway=route.gateway,
        trigger=choice.trigger,
        service_type=choice.service_type,
        variation=row.variations[-1] if row.variations else "",
        trn02=f"{row.public_id}-{candidate.number}",
        worker=f"{BY_TASK if current_task else 'alone '}{PROCESS}"[:80],
    )


def _ticket(candidate: _Candidate, attempt: VerificationAttempt, now: datetime, *, was_well: bool) -> Ticket:
    return Ticket(
        verification=candidate.row,
        attempt=attempt,
        route=attempt.route,
        question=inquiries.compose(candidate.row, attempt, candidate.people),
        claimed_at=now,
        earlier=candidate.earlier,
        poll_token=(candidate.pending.poll_token or "") if candidate.pending else "",
        route_was_well=was_well,
    )
