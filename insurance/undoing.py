"""The last act on a request, taken back within ten seconds: a slip of the finger costs nothing.

Giving back, handing over, putting off and finishing can be undone; what leaves the house (a question to a payer, a
cancelled request, a consent taken back) cannot, and is asked about before it is done.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from django.db import transaction
from django.utils.dateparse import parse_datetime

from accounts import audit
from accounts.models import User, Verb
from insurance import desk
from insurance.models import Casework, Verification
from insurance.states import OPEN_STATES, Reason, State, StateConflictError, take_up_again

SECONDS = 10
GRACE = 3  # the answer has to travel back to whoever presses the key
# Where the work stood. Finishing an unanswered request empties them.
WORK = ("state", "state_reason", "reason_code", "needed_fields", "next_attempt_at", "held_by", "held_until")
MOMENTS = ("next_attempt_at", "held_until")


@dataclass(frozen=True)
class Before:
    """How a request stood before the last act, and how it stood after. Holds no personal data: it lies in a session."""

    public_id: str
    owner: int | None
    call_after: str | None
    outcome: str
    left_owner: int | None
    left_outcome: str
    at: float
    stopped: dict[str, Any] | None = None  # where the work stood, if the act stopped it
    left_version: int = 0

    @classmethod
    def read(cls, stored: Any) -> Self | None:
        """What a session keeps, or None if there is nothing, or it is too late."""
        if not isinstance(stored, dict) or time.time() - stored["at"] > SECONDS + GRACE:
            return None
        return cls(**stored)

    @property
    def seconds_left(self) -> int:
        return max(0, round(SECONDS - (time.time() - self.at)))


@transaction.atomic
def undo(before: Before, *, by: User) -> Verification:
    """Put it back as it was and hold it again.

    Raises TakenError if a colleague holds it by now, StateConflictError if somebody has changed it since.
    """
    verification = Verification.objects.get(public_id=before.public_id)
    casework = desk.hold(verification=verification, by=by)
    if (casework.owner_id, casework.outcome) != (before.left_owner, before.left_outcome):
        raise StateConflictError
    Verification.objects.filter(pk=verification.pk).update(call_after=_moment(before.call_after))
    reopened: dict[str, Any] = {} if before.outcome else {"closed_at": None, "closed_by": None}
    Casework.objects.filter(pk=casework.pk).update(owner=before.owner, outcome=before.outcome, **reopened)
    if before.stopped:
        _go_on(verification, before, by)
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="undone")
    return verification


def _go_on(verification: Verification, before: Before, by: User) -> None:
    """The work goes on from just where it was stopped, with the waits and details that belong to that."""
    if verification.version != before.left_version:
        raise StateConflictError
    columns: dict[str, Any] = dict(before.stopped or {})
    columns |= {name: _moment(columns[name]) for name in MOMENTS}
    columns["held_by"] = User.objects.filter(pk=columns["held_by"]).first()
    state, reason = State(columns.pop("state")), Reason(columns.pop("state_reason") or Reason.SUBMITTED)
    take_up_again(verification, state, reason=reason, actor=by, rung_at=None, ring_count=0, **columns)


@contextmanager
def watched(session: Any, verification: Verification) -> Iterator[None]:
    """Notes in the session how the request stood before the act inside, and how the act left it."""
    was, call_after = _stands(verification)
    work = _work(verification)
    yield
    now, _later = _stands(verification)
    is_stopped = work["state"] in OPEN_STATES and verification.state == State.CANCELLED
    session["undo"] = asdict(
        Before(
            public_id=verification.public_id,
            owner=was.owner_id,
            call_after=call_after.isoformat() if call_after else None,
            outcome=was.outcome,
            left_owner=now.owner_id,
            left_outcome=now.outcome,
            at=time.time(),
            stopped=work if is_stopped else None,
            left_version=verification.version,
        )
    )


def _stands(verification: Verification) -> tuple[Casework, datetime | None]:
    call_after = Verification.objects.values_list("call_after", flat=True).get(pk=verification.pk)
    return desk.casework_of(verification), call_after


def _work(verification: Verification) -> dict[str, Any]:
    """As a session can keep it."""
    found = Verification.objects.values(*WORK).get(pk=verification.pk)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None
