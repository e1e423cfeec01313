"""A new request: one transaction, and the row it leaves behind is the queue."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, Value
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from accounts import audit
from accounts.models import User, Verb
from insurance import bell, hours, membership, preflight
from insurance.encryption import blind_index
from insurance.models import (
    BenefitSnapshot,
    Casework,
    ComparedProgram,
    Priority,
    StatusEvent,
    Verification,
    VerificationAttempt,
)
from insurance.states import OPEN_STATES, Determination, Reason, State, move, touch
from programs.models import Program

MOST_PROGRAMS = 3
# Ends of an attempt after which the payer may have been asked, and has told nothing; empty is one under way.
Kind = VerificationAttempt.Kind
MAYBE_ASKED = ("", Kind.TRANSIENT_AMBIGUOUS, Kind.THROTTLED, Kind.MALFORMED, Kind.ABANDONED)
CLOCKED = ("next_attempt_at", "auto_deadline_at", "sla_due_at", "rung_at", "completed_at")  # set by the database


@dataclass(frozen=True)
class Submitted:
    """What the caller gets: the request, and whether it is new or the one that was open already."""

    verification: Verification
    is_new: bool


@dataclass(frozen=True)
class AlreadyOpenError(Exception):
    """With these details it is the same question as another request that is open."""

    other: Verification


class ConsentMissingError(Exception):
    """There is no live consent to ask the plan; a form shows it by the consent field."""


def submit(
    verification: Verification,
    *,
    programs: Sequence[Program],
    submission_key: uuid.UUID,
    actor: User | None = None,
) -> Submitted:
    """Log an unsaved request (payer, consent, condition, member filled in) and ring for a worker after commit.

    Sent twice with the same key, or asked twice by anybody while it is open, it is one request. One that the desk has
    finished while its question is on its way is opened again: somebody waits for it.
    """
    if verification.consent is None or not verification.consent.covers("verify"):
        raise ConsentMissingError
    programs = list(dict.fromkeys(programs))
    if len(programs) > MOST_PROGRAMS:
        raise ValueError("at most three programs are compared")
    again = Verification.objects.filter(submission_key=submission_key).first()
    if again:
        return Submitted(again, is_new=False)
    verdict = preflight.judge(verification, programs)
    _fill_in(verification, verdict, submission_key=submission_key, actor=actor)
    try:
        with transaction.atomic():
            _insert(verification, verdict, programs=programs, actor=actor)
    except IntegrityError:
        if existing := _already_there(submission_key, verification.dedupe_key):
            if existing.submission_key == submission_key or _goes_on(existing, actor):
                return Submitted(existing, is_new=False)
            return submit(verification, programs=programs, submission_key=submission_key, actor=actor)
        raise
    verification.refresh_from_db(fields=CLOCKED)
    return Submitted(verification, is_new=True)


def supply_info(verification: Verification, *, actor: User | None, fields: Sequence[str]) -> None:
    """The caller gave what was missing: `fields` are the columns that changed on the instance.

    Raises AlreadyOpenError if it asks now what another open request asks, StateConflictError if somebody was faster.
    """
    programs = [row.program for row in verification.compared_programs.select_related("program")]
    verdict = preflight.judge(verification, programs)
    with transaction.atomic():
        touch(verification)
        _keep_details(verification, fields)
        if verdict.state == State.QUEUED:
            requeue(verification, reason=Reason.INFO_SUPPLIED, actor=actor, **clock_goes_on(verification))
        elif verdict.state == State.NEEDS_INFO:  # still not enough: say what for
            verification.needed_fields, verification.state_reason = list(verdict.needed_fields), verdict.reason
            verification.save(update_fields=["needed_fields", "state_reason"])
        elif verification.state != State.MANUAL_REQUIRED:
            changes = clock_goes_on(verification)
            move(verification, State.MANUAL_REQUIRED, reason=verdict.reason, actor=actor, **changes)
        elif verification.state_reason != verdict.reason:  # something else is in the way now
            verification.state_reason, verification.reason_code = verdict.reason, ""
            verification.save(update_fields=["state_reason", "reason_code"])


def _keep_details(verification: Verification, fields: Sequence[str]) -> None:
    verification.member_id = membership.tidy(verification.member_id)
    verification.member_index = membership.index(verification.member_id)
    verification.dedupe_key = dedupe_key(verification)
    try:
        with transaction.atomic():
            verification.save(update_fields=[*fields, "member_id", "member_index", "dedupe_key", "program"])
    except IntegrityError:
        same = Verification.objects.filter(dedupe_key=verification.dedupe_key, state__in=OPEN_STATES)
        other = same.exclude(pk=verification.pk).first()
        if other is None:
            raise
        raise AlreadyOpenError(other) from None


def clock_goes_on(verification: Verification) -> dict[str, Any]:
    """The column of a clock that stood still while the caller was asked: what was left then is left now."""
    since, due = verification.waits_for_caller_since, verification.sla_due_at
    if since is None or due is None or due <= since:
        return {}
    open_hours = hours.helpline()
    return {"sla_due_at": open_hours.after(timezone.now(), open_hours.between(since, due))}


def requeue(
    verification: Verification, *, reason: Reason, actor: User | None = None, note: str = "", **changes: Any
) -> None:
    """Back to the queue after a person has mended something: questions and tries begin anew.

    What an earlier round brought is kept, and counts no more: it was about other details, or nobody could settle it.
    """
    verification.snapshots.filter(superseded_at=None).update(superseded_at=Now())
    move(
        verification,
        State.QUEUED,
        reason=reason,
        actor=actor,
        note=note,
        next_attempt_at=_floor_ends(verification),
        auto_deadline_at=Now() + patience(verification.priority),
        attempts=0,
        billable=0,
        variations=[],
        rung_at=Now(),
        ring_count=1,
        **changes,
    )
    ring_after_commit(verification.pk)


def _floor_ends(verification: Verification) -> Any:
    """Now, unless a payer that may have been asked has told nothing yet: nobody is asked twice within the floor."""
    last = verification.tries.filter(kind__in=MAYBE_ASKED).order_by("-number").first()
    if last is None:
        return Now()
    asked_at = last.sent_at or last.claimed_at + timedelta(seconds=settings.PAYER_CONNECT_SECONDS)
    floor = timedelta(seconds=settings.INQUIRY_FLOOR_SECONDS)
    return Greatest(Now(), Value(asked_at + floor, output_field=DateTimeField()))


def dedupe_key(verification: Verification) -> str:
    """Equal for the same question about the same person in the same month on behalf of the same program.

    Empty where nobody can tell who it is about: two people without a card are not one.
    """
    is_named = verification.subscriber_last_name and verification.subscriber_birth_date
    if not is_named and not membership.canonical(verification.member_id):
        return ""
    person = membership.canonical(verification.member_id) or "|".join(
        (
            verification.subscriber_last_name.casefold(),
            verification.subscriber_first_name.casefold(),
            _day(verification.subscriber_birth_date),
        )
    )
    patient = f"{verification.patient_first_name.casefold()}|{_day(verification.patient_birth_date)}"
    month = f"{verification.service_date or timezone.localdate():%Y-%m}"
    program = str(verification.program_id or "")
    parts = (str(verification.payer_id), person, patient, verification.condition, month, program)
    return blind_index("dedupe", "\x1f".join(parts))


def patience(priority: int) -> timedelta:
    """How long computers may try before a person takes over."""
    waiting = priority <= Priority.WAITING
    return timedelta(seconds=settings.CALLER_WAITING_SECONDS if waiting else settings.BACKGROUND_SECONDS)


def ring_after_commit(pk: int) -> None:
    # A named function or a lambda: with functools.partial, robust=True itself fails when the broker does.
    transaction.on_commit(lambda: bell.ring(pk), robust=True)


def _fill_in(
    verification: Verification, verdict: preflight.Verdict, *, submission_key: uuid.UUID, actor: User | None
) -> None:
    verification.submission_key = submission_key
    verification.created_by = actor
    verification.member_id = membership.tidy(verification.member_id)
    verification.member_index = membership.index(verification.member_id)
    verification.phone_index = membership.phone_index(verification.phone)
    verification.dedupe_key = dedupe_key(verification)
    verification.state = verdict.state
    verification.state_reason = verdict.reason
    verification.needed_fields = list(verdict.needed_fields)
    verification.sla_due_at = hours.helpline().after(timezone.now(), patience(verification.priority))  # open hours
    if verdict.state == State.QUEUED:
        verification.next_attempt_at = Now()
        verification.auto_deadline_at = Now() + patience(verification.priority)
        verification.rung_at, verification.ring_count = Now(), 1
    elif verdict.state == State.COMPLETED:
        verification.determination = Determination.NOT_COVERED
        verification.completed_at = Now()


def _insert(
    verification: Verification, verdict: preflight.Verdict, *, programs: Sequence[Program], actor: User | None
) -> None:
    verification.save(force_insert=True)
    ComparedProgram.objects.bulk_create(
        ComparedProgram(verification=verification, program=program, position=position)
        for position, program in enumerate(programs, 1)
    )
    StatusEvent.objects.create(
        verification=verification, version=0, to_state=verdict.state, reason=verdict.reason, actor=actor
    )
    if verdict.state == State.COMPLETED:
        BenefitSnapshot.objects.create(
            verification=verification,
            determination=Determination.NOT_COVERED,
            evidence_level=0,
            data={"rule": verdict.reason},
        )
    elif verdict.state == State.QUEUED:
        ring_after_commit(verification.pk)


def _already_there(submission_key: uuid.UUID, key: str) -> Verification | None:
    """The request that was faster: the same form sent twice, or somebody else with the same question."""
    same_form = Verification.objects.filter(submission_key=submission_key).first()
    return same_form or asked_already(key)


@transaction.atomic
def _goes_on(twin: Verification, actor: User | None) -> bool:
    """The open request is not finished any more; False if it was stopped at this very moment."""
    finished = Casework.objects.select_for_update().filter(verification=twin, closed_at__isnull=False).first()
    if finished is None:
        return True
    twin.refresh_from_db()
    if not twin.is_open:
        return False
    finished.outcome, finished.closed_at, finished.closed_by = "", None, None
    finished.owner = actor or finished.owner
    finished.save(update_fields=["outcome", "closed_at", "closed_by", "owner"])
    audit.record(actor=actor, verb=Verb.CHANGED, subject=twin.public_id, act="reopened")
    return True


def asked_already(key: str) -> Verification | None:
    """The open request with that key of `dedupe_key`."""
    return Verification.objects.filter(dedupe_key=key, state__in=OPEN_STATES).exclude(dedupe_key="").first()


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
