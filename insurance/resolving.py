"""What a person settles that computers could not: missing details, contradictions, requests that stand still."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User, Verb
from insurance import desk, intake, recording, renewal
from insurance.models import ComparedProgram, Verification
from insurance.states import Reason, State, move
from programs.models import Program


@transaction.atomic
def supply(*, verification: Verification, by: User, changes: dict[str, Any], program: Program | None) -> None:
    """The caller gave what was missing; the request goes on by itself if that was enough.

    Raises what `intake.supply_info` raises.
    """
    desk.hold(verification=verification, by=by)
    for column, value in changes.items():
        setattr(verification, column, value)
    if program is not None:
        ComparedProgram.objects.get_or_create(
            verification=verification,
            program=program,
            defaults={"position": verification.compared_programs.count() + 1},
        )
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="details", fields=sorted(changes))
    intake.supply_info(verification, actor=by, fields=list(changes))


@transaction.atomic
def decide(*, verification: Verification, by: User, decision: str, note: str) -> None:
    """Somebody has read a contradictory answer. The note is kept with the move."""
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
    desk.hold(verification=verification, by=by)
    intake.requeue(verification, reason=Reason.CONFIG_FIXED, actor=by)
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="asked again")
