"""What a person settles that computers could not: missing details, contradictions, requests that stand still."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User, Verb
from insurance import desk, intake, integrity, recording, renewal
from insurance.models import ComparedProgram, Verification
from insurance.states import IllegalMoveError, Reason, State, move
from programs.models import Program

SUPPLIED_IN = (State.NEEDS_INFO, State.MANUAL_REQUIRED)
STOOD_STILL_IN = (State.CONFIG_ERROR, State.DEAD_LETTER)


class TooManyProgramsError(Exception):
    """As many programs as are compared have been chosen already; a form shows it at its field."""


def _require(verification: Verification, *states: State) -> None:
    """Workers may make moves that people may not: a question that is on its way is not taken from under them."""
    if verification.state not in states:
        raise IllegalMoveError(f"not while it is {verification.state}")


@transaction.atomic
def supply(*, verification: Verification, by: User, changes: dict[str, Any], program: Program | None) -> None:
    """The caller gave what was missing; the request goes on by itself if that was enough.

    Raises TooManyProgramsError, and what `intake.supply_info` raises.
    """
    _require(verification, *SUPPLIED_IN)
    desk.hold(verification=verification, by=by)
    for column, value in changes.items():
        setattr(verification, column, value)
    if program is not None:
        _compare_with(verification, program)
    intake.supply_info(verification, actor=by, fields=list(changes))
    audit.record(
        actor=by,
        verb=Verb.CHANGED,
        subject=verification.public_id,
        act="details",
        fields=sorted(changes),
        content=integrity.mark(verification),
    )


def _compare_with(verification: Verification, program: Program) -> None:
    chosen = list(verification.compared_programs.values_list("program_id", flat=True))
    if program.pk in chosen:
        return
    if len(chosen) >= intake.MOST_PROGRAMS:
        raise TooManyProgramsError
    ComparedProgram.objects.create(verification=verification, program=program, position=len(chosen) + 1)


@transaction.atomic
def plan(*, verification: Verification, by: User, admission_on: date | None) -> None:
    """Care is to begin on that day, or nobody knows: an answer that is there grows old the day before."""
    desk.hold(verification=verification, by=by)
    verification.admission_on = admission_on
    verification.save(update_fields=["admission_on"])
    snapshot = verification.snapshots.filter(superseded_at=None).first()
    if verification.state == State.COMPLETED and snapshot is not None and verification.completed_at is not None:
        verification.stale_at = renewal.stale_at(verification, snapshot, now=verification.completed_at)[0]
        verification.save(update_fields=["stale_at"])
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="first day planned")


@transaction.atomic
def decide(*, verification: Verification, by: User, decision: str, note: str) -> None:
    """Somebody has read a contradictory answer. The note is kept with the move."""
    _require(verification, State.NEEDS_REVIEW)
    desk.hold(verification=verification, by=by)
    snapshot = verification.snapshots.filter(superseded_at=None).first()
    if decision == "accept" and snapshot is not None:
        columns = renewal.answer(verification, snapshot, now=timezone.now())
        move(verification, State.COMPLETED, reason=Reason.REVIEWED, actor=by, note=note, **columns)
        recording.follow_up(verification, snapshot)
    elif decision == "again":
        intake.requeue(verification, reason=Reason.REVIEWED, actor=by, note=note)
    else:
        move(verification, State.MANUAL_REQUIRED, reason=Reason.REVIEWED, actor=by, note=note)
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act=f"read and decided: {decision}")


@transaction.atomic
def ask_again(*, verification: Verification, by: User) -> None:
    """Back to the computers, after the set-up or the details were mended."""
    _require(verification, *STOOD_STILL_IN)
    desk.hold(verification=verification, by=by)
    intake.requeue(verification, reason=Reason.CONFIG_FIXED, actor=by)
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="asked again")
