"""What staff do with a request: take it, give it back, hand it over, put it off, close it.

Taking is a lease in the database's own time: two people never hold one, and the one who comes second learns
who has it and until when.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from accounts import audit
from accounts.models import User, Verb
from insurance import hours, intake, queues
from insurance.models import Casework, Note, Outcome, Verification
from insurance.states import Reason, State, move, take_up_again

LEASE = timedelta(minutes=10)


@dataclass(eq=False)  # not frozen: Python writes the traceback into it
class TakenError(Exception):
    """Somebody else holds it."""

    holder: User
    until: datetime

    def __str__(self) -> str:
        return f"{self.holder} has this until {self.until:%H:%M}."


def casework_of(verification: Verification) -> Casework:
    """The desk's own record of a request; requests the system opened get theirs when first touched."""
    return Casework.objects.get_or_create(verification=verification)[0]


@transaction.atomic
def hold(*, verification: Verification, by: User) -> Casework:
    """Take it, or keep it for longer. Raises TakenError with the holder's name and time."""
    casework = casework_of(verification)
    free = Q(holder=None) | Q(holder=by) | Q(held_until__lte=Now())
    mine = Casework.objects.filter(free, pk=casework.pk)
    if mine.update(holder=by, held_until=Now() + LEASE) != 1:
        casework = Casework.objects.select_related("holder").get(pk=casework.pk)
        raise TakenError(casework.holder, casework.held_until)  # type: ignore[arg-type]
    casework.refresh_from_db()
    return casework


@transaction.atomic
def take(*, verification: Verification, by: User) -> Casework:
    """Hold it and look after its caller from now on."""
    casework = hold(verification=verification, by=by)
    if casework.owner_id != by.pk:
        Casework.objects.filter(pk=casework.pk).update(owner=by)
        audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="taken")
    casework.refresh_from_db()
    return casework


def claim_next(*, by: User) -> Verification | None:
    """Take whoever has waited longest; None if nobody waits. Colleagues who ask at once get different ones."""
    for verification in queues.rows("new", by):
        try:
            take(verification=verification, by=by)
        except TakenError:
            continue
        return verification
    return None


@transaction.atomic
def release(*, verification: Verification, by: User) -> None:
    """Back into the queue, for anybody."""
    hold(verification=verification, by=by)
    Casework.objects.filter(verification=verification).update(holder=None, held_until=None, owner=None)
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="released")


@transaction.atomic
def hand_over(*, verification: Verification, by: User, to: User) -> None:
    """A colleague looks after this caller from now on."""
    hold(verification=verification, by=by)
    Casework.objects.filter(verification=verification).update(holder=None, held_until=None, owner=to)
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="handed over", to=to.pk)


@transaction.atomic
def snooze(*, verification: Verification, by: User, until: datetime) -> None:
    """Call back then; it stays with the one who looks after it, and nobody holds it meanwhile."""
    hold(verification=verification, by=by)
    Verification.objects.filter(pk=verification.pk).update(call_after=until, version=F("version"))
    Casework.objects.filter(verification=verification).update(holder=None, held_until=None, owner=by)
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="call back", at=until.isoformat())


@transaction.atomic
def close(*, verification: Verification, by: User, outcome: str) -> None:
    """The caller is served, or will not be; a reason is always kept. Nobody is asked any more for a caller who is gone.

    A question that is on its way was paid for: its answer is let come home, and `stop_finished` stops what would follow.
    """
    hold(verification=verification, by=by)
    Casework.objects.filter(verification=verification).update(
        holder=None, held_until=None, outcome=outcome, closed_at=Coalesce("closed_at", Now()), closed_by=by
    )
    if verification.is_open and verification.state != State.SENDING:
        move(verification, State.CANCELLED, reason=_why_stopped(outcome), actor=by)
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="closed", outcome=outcome)


def stop_finished(limit: int = 500) -> int:
    """What was finished while a question was on its way, or before finishing stopped a request, stops now."""
    left = Verification.objects.open().exclude(state=State.SENDING).filter(casework__closed_at__isnull=False)
    stopped = 0
    for pk in list(left.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            # The casework is locked too: somebody may be opening it again.
            rows = left.filter(pk=pk).select_related("casework")
            row = rows.select_for_update(of=("self", "casework"), skip_locked=True).first()
            if row is not None:
                move(row, State.CANCELLED, reason=_why_stopped(row.casework.outcome), actor=row.casework.closed_by)
                stopped += 1
    return stopped


def _why_stopped(outcome: str) -> Reason:
    return Reason.CANCELLED_BY_CALLER if outcome == Outcome.WITHDREW else Reason.CANCELLED_BY_STAFF


@transaction.atomic
def cancel(*, verification: Verification, by: User) -> None:
    """Nobody is to be asked. Raises IllegalMoveError once it is done.

    What was finished already counts as finished after it, so that opening it again does not take this back.
    """
    hold(verification=verification, by=by)
    move(verification, State.CANCELLED, reason=Reason.CANCELLED_BY_STAFF, actor=by)
    Casework.objects.filter(verification=verification, closed_at__isnull=False).update(closed_at=Now())
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="cancelled")


@transaction.atomic
def reopen(*, verification: Verification, by: User) -> None:
    """It was closed by mistake, or the caller called again. Raises `intake.AlreadyOpenError` where another asks the same."""
    hold(verification=verification, by=by)
    open_again(verification=verification, by=by)


@transaction.atomic
def open_again(*, verification: Verification, by: User) -> None:
    """Back in a queue, without holding it. What was stopped goes to a person, who sees what it had come to before.

    What was cancelled by hand stays cancelled.
    """
    is_stopped = verification.state == State.CANCELLED and _stopped_by_finishing(verification)
    Casework.objects.filter(verification=verification).update(outcome="", closed_at=None, closed_by=None, owner=by)
    if is_stopped and verification.consent is not None and verification.consent.is_live:
        if other := intake.asked_already(verification.dedupe_key):
            raise intake.AlreadyOpenError(other)
        due = hours.helpline().after(timezone.now(), intake.patience(verification.priority))
        reason = _stood_because(verification)
        take_up_again(verification, State.MANUAL_REQUIRED, reason=reason, actor=by, sla_due_at=due)
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="reopened")


def _stopped_by_finishing(verification: Verification) -> bool:
    """Whether `close` or `stop_finished` cancelled it: they never do before it is finished, `cancel` always does."""
    closed_at = Casework.objects.values_list("closed_at", flat=True).get(verification=verification)
    cancelled = verification.events.filter(to_state=State.CANCELLED).order_by("-version").first()
    return closed_at is not None and cancelled is not None and cancelled.at >= closed_at


def _stood_because(verification: Verification) -> Reason:
    """Why it was where it was before it was stopped."""
    before = verification.events.filter(version__lt=verification.version).order_by("-version").first()
    return Reason(before.reason) if before and before.reason else Reason.SUBMITTED


def access_changed(*, user: User, by: User, **_: Any) -> None:
    if not user.is_active or user.role not in queues.DESK_ROLES:
        give_up_all(user=user, by=by)


@transaction.atomic
def give_up_all(*, user: User, by: User) -> None:
    """Somebody leaves the desk: whoever they looked after is new again, for everybody."""
    left = Casework.objects.filter(owner=user, closed_at=None)
    for public_id in left.values_list("verification__public_id", flat=True):
        audit.record(actor=by, verb=Verb.CHANGED, subject=public_id, act="given up", of=user.pk)
    left.update(owner=None)
    Casework.objects.filter(holder=user).update(holder=None, held_until=None)


@transaction.atomic
def add_note(*, verification: Verification, by: User, text: str) -> Note:
    note = Note.objects.create(uid=uuid.uuid4(), verification=verification, author=by, text=text)
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="note")
    return note
