"""Where the work on a verification stands: the table of allowed moves, and the one function that moves.

The database enforces the same table with a trigger made from it (`models.verification`). What was learned is
a field of its own, the determination: "inactive" is an answer, "could not ask" never is a "no".
"""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User
    from insurance.models import Verification


class State(models.TextChoices):
    DRAFT = "draft", _("Being written")
    NEEDS_INFO = "needs_info", _("Waiting for the caller")
    QUEUED = "queued", _("Ready to ask")
    SENDING = "sending", _("Asking the payer")
    RETRY_WAIT = "retry_wait", _("Will ask again")
    AWAITING_PAYER = "awaiting_payer", _("The payer will answer later")
    NEEDS_REVIEW = "needs_review", _("A person must read the answer")
    MANUAL_REQUIRED = "manual_required", _("A person must call the payer")
    MANUAL_IN_PROGRESS = "manual_in_progress", _("A person is calling the payer")
    COMPLETED = "completed", _("Done")
    CONFIG_ERROR = "config_error", _("Our set-up is wrong; an administrator must fix it")
    DEAD_LETTER = "dead_letter", _("Broken; an administrator must look")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Out of date; asked again")


class Determination(models.TextChoices):
    """What we learned. Only `covered` and `covered_auth_required` say yes, and only at evidence L3 or L4."""

    COVERED = "covered", _("Covered")
    COVERED_AUTH_REQUIRED = "covered_auth_required", _("Covered, with approval in advance")
    LIMIT_EXHAUSTED = "limit_exhausted", _("Visit limit used up")
    NOT_COVERED = "not_covered", _("Not covered")
    NOT_COVERED_OUT_OF_NETWORK = "not_covered_out_of_network", _("Not covered out of network")
    INACTIVE = "inactive", _("Plan not active")
    CARVE_OUT_CONTACT = "carve_out_contact", _("Another company handles these benefits")
    ACTIVE_IOP_UNCONFIRMED = "active_iop_unconfirmed", _("Plan is active; IOP not confirmed")
    PENDING_INVESTIGATION = "pending_investigation", _("Active, under investigation by the payer")
    UNKNOWN = "unknown", _("Could not be learned")
    REJECTED = "rejected", _("The payer could not identify the member")


class Reason(models.TextChoices):
    """Why a verification is where it is, in words for staff."""

    SUBMITTED = "submitted", _("Logged")
    CLAIMED = "claimed", _("A worker took it")
    ANSWERED = "answered", _("The payer answered")
    INFO_SUPPLIED = "info_supplied", _("The missing facts were supplied")
    PAYER_BUSY = "payer_busy", _("The payer cannot answer now")
    THROTTLED = "throttled", _("The payer asked us to slow down")
    NOT_REACHED = "not_reached", _("The payer could not be reached")
    NO_ANSWER = "no_answer", _("The payer did not answer in time")
    MALFORMED = "malformed", _("The payer's answer could not be read")
    WORKER_LOST = "worker_lost", _("A worker was lost in the middle; asking again")
    PAYER_WILL_ANSWER = "payer_will_answer", _("The payer said it will answer later")
    NEXT_QUESTION = "next_question", _("Asking the next question")
    VARIATION = "variation", _("Asking once more with fewer or other details")
    FIX_DETAILS = "fix_details", _("The payer did not find these details; check them with the caller")
    MISSING_DETAILS = "missing_details", _("This payer needs more details")
    ATTEMPTS_USED = "attempts_used", _("Tried as often as we may")
    DEADLINE_PASSED = "deadline_passed", _("No answer in the time we allow")
    EXPECTED_ANSWER_LATE = "expected_answer_late", _("The answer the payer promised did not come")
    NO_ROUTE = "no_route", _("This payer cannot be asked electronically")
    NO_PROGRAM = "no_program", _("No program chosen to ask for")
    NO_NPI = "no_npi", _("The program's NPI is not on file")
    BAD_NPI = "bad_npi", _("The program's NPI has a wrong check digit")
    NO_AGREEMENT = "no_agreement", _("The program has not agreed that we ask on its behalf")
    BAD_MEMBER_ID = "bad_member_id", _("The member ID cannot be right for this payer")
    MEDICARE_FREE_STANDING = "medicare_free_standing", _("Medicare does not cover IOP at a free-standing program")
    MANUAL_PAYER = "manual_payer", _("The payer said this must be asked by phone")
    PAYER_OUT_OF_NETWORK = "payer_out_of_network", _("The payer says the program is out of network")
    CONTRADICTION = "contradiction", _("The payer's answer contradicts itself")
    WRONG_MEMBER = "wrong_member", _("The answer is about somebody else; kept apart")
    UNKNOWN_CODE = "unknown_code", _("The payer used a code we do not know")
    SYNTAX_REJECTED = "syntax_rejected", _("The payer could not read our question")
    NOT_ENROLLED = "not_enrolled", _("The program is not enrolled for electronic checks at this payer")
    GATEWAY_REFUSED = "gateway_refused", _("The gateway refused our credentials or payer code")
    CODE_FAULT = "code_fault", _("The software failed")
    CONSENT_REVOKED = "consent_revoked", _("The caller took back the consent")
    CANCELLED_BY_STAFF = "cancelled_by_staff", _("Cancelled by staff")
    CANCELLED_BY_CALLER = "cancelled_by_caller", _("Cancelled by the caller")
    CONFIG_FIXED = "config_fixed", _("The set-up was mended")
    HELD = "held", _("Somebody is calling")
    HOLD_EXPIRED = "hold_expired", _("The hold ran out")
    RELEASED = "released", _("Given back")
    PAYER_CLOSED = "payer_closed", _("The payer's line was closed or hung up")
    CALL_FINISHED = "call_finished", _("The payer's representative answered")
    REVIEWED = "reviewed", _("A person read the answer and decided")
    STALE = "stale", _("Older than 30 days")
    NEW_MONTH = "new_month", _("Medicaid may change on the first of the month")
    NEW_PLAN_YEAR = "new_plan_year", _("A new plan year began")
    BEFORE_ADMISSION = "before_admission", _("Checked again the day before admission")


DUE_STATES = (State.QUEUED, State.RETRY_WAIT, State.AWAITING_PAYER)  # a worker may take these when due
STAFF_STATES = (State.NEEDS_REVIEW, State.MANUAL_REQUIRED, State.MANUAL_IN_PROGRESS)
ADMIN_STATES = (State.CONFIG_ERROR, State.DEAD_LETTER)
OPEN_STATES = (State.NEEDS_INFO, State.SENDING, *DUE_STATES, *STAFF_STATES, *ADMIN_STATES)
FINAL_STATES = (State.COMPLETED, State.CANCELLED, State.EXPIRED)
INITIAL_STATES = (State.DRAFT, State.NEEDS_INFO, State.QUEUED, State.MANUAL_REQUIRED, State.COMPLETED)

_FROM_SENDING = (
    *(State.QUEUED, State.RETRY_WAIT, State.AWAITING_PAYER, State.NEEDS_INFO, State.NEEDS_REVIEW),
    *(State.MANUAL_REQUIRED, State.COMPLETED, State.CONFIG_ERROR, State.DEAD_LETTER),
)

# The one table. `queued` from `sending` is the next question of the same request.
MOVES: dict[State, tuple[State, ...]] = {
    State.DRAFT: (State.QUEUED, State.NEEDS_INFO, State.MANUAL_REQUIRED, State.COMPLETED, State.CANCELLED),
    State.NEEDS_INFO: (State.QUEUED, State.MANUAL_REQUIRED, State.CANCELLED),
    State.QUEUED: (State.SENDING, State.NEEDS_INFO, State.MANUAL_REQUIRED, State.CONFIG_ERROR, State.CANCELLED),
    State.SENDING: (*_FROM_SENDING, State.CANCELLED),
    State.RETRY_WAIT: (State.SENDING, State.MANUAL_REQUIRED, State.CONFIG_ERROR, State.CANCELLED),
    State.AWAITING_PAYER: (State.SENDING, State.MANUAL_REQUIRED, State.CONFIG_ERROR, State.CANCELLED),
    State.NEEDS_REVIEW: (State.COMPLETED, State.MANUAL_REQUIRED, State.QUEUED, State.NEEDS_INFO, State.CANCELLED),
    State.MANUAL_REQUIRED: (State.MANUAL_IN_PROGRESS, State.QUEUED, State.NEEDS_INFO, State.CANCELLED),
    State.MANUAL_IN_PROGRESS: (
        *(State.COMPLETED, State.MANUAL_REQUIRED, State.NEEDS_REVIEW, State.NEEDS_INFO, State.CANCELLED),
    ),
    State.CONFIG_ERROR: (State.QUEUED, State.MANUAL_REQUIRED, State.CANCELLED),
    State.DEAD_LETTER: (State.QUEUED, State.MANUAL_REQUIRED, State.CANCELLED),
    State.COMPLETED: (State.COMPLETED, State.EXPIRED),  # to itself: a later answer by phone corrects it
    State.CANCELLED: (),
    State.EXPIRED: (),
}


class IllegalMoveError(Exception):
    """The table has no such move; a view answers 409."""


class StateConflictError(Exception):
    """Somebody else moved it first; look again before deciding. A view answers 409."""


def allowed(origin: str, to: str) -> bool:
    return to in MOVES[State(origin)]


def move(
    verification: "Verification",
    to: State,
    *,
    reason: Reason,
    actor: "User | None" = None,
    note: str = "",
    **changes: Any,
) -> None:
    """Move on and write the event, in one transaction; `changes` are further plain columns to set with it.

    Compare and set: whoever looked at an older version gets StateConflictError, and nothing changes.
    """
    if not allowed(verification.state, to):
        raise IllegalMoveError(f"{verification.state} cannot become {to}")
    _write(verification, to, reason=reason, actor=actor, note=note, changes=changes)


def take_up_again(
    verification: "Verification", to: State, *, reason: Reason, actor: "User | None", **changes: Any
) -> None:
    """Out of `cancelled`: the one way that is not in the table, and its trigger keeps it shut to everything else.

    A call that was finished unanswered is cancelled with it; a slip is undone, and callers call again. A consent that
    was taken back stays taken back.
    """
    may_be_asked = verification.consent is not None and verification.consent.is_live
    if verification.state != State.CANCELLED or to not in OPEN_STATES or not may_be_asked:
        raise IllegalMoveError(f"{verification.state} is not taken up again as {to}")
    try:
        with pgtrigger.ignore("insurance.Verification:state_moves"), transaction.atomic():
            _write(verification, to, reason=reason, actor=actor, note="", changes=changes)
    except IntegrityError as twin:  # the same question has been logged anew
        raise StateConflictError(f"{verification.public_id} is asked by another request") from twin


def _write(
    verification: "Verification",
    to: State,
    *,
    reason: Reason,
    actor: "User | None",
    note: str,
    changes: dict[str, Any],
) -> None:
    columns = {"state": to, "state_reason": reason, "reason_code": "", **leaving(to), **changes}
    version = verification.version + 1
    # Inside the caller's transaction no savepoint is needed: a lost race has written nothing.
    with nullcontext() if connection.in_atomic_block else transaction.atomic():
        row = type(verification).objects.filter(
            pk=verification.pk, state=verification.state, version=verification.version
        )
        if row.update(version=version, **columns) != 1:
            raise StateConflictError(f"{verification.public_id} was moved by somebody else")
        verification.events.create(
            version=version,
            from_state=verification.state,
            to_state=to,
            reason=reason,
            actor=actor,
            note=note,
        )
    verification.version = version
    _follow(verification, columns)


def touch(verification: "Verification") -> None:
    """Before details of a request change where it stands: whoever looked at an older version gets StateConflictError."""
    row = type(verification).objects.filter(pk=verification.pk, version=verification.version)
    if row.update(version=F("version") + 1) != 1:
        raise StateConflictError(f"{verification.public_id} was changed by somebody else")
    verification.version += 1


def move_locked(verifications: "Sequence[Verification]", to: State, *, reason: Reason, **changes: Any) -> None:
    """Move rows that this transaction has locked, all in the same way, in two statements however many they are.

    A change that is an expression is worked out in the database; the caller brings its instances in line.
    """
    if not verifications:
        return
    for each in verifications:
        if not allowed(each.state, to):
            raise IllegalMoveError(f"{each.state} cannot become {to}")
    columns = {"state": to, "state_reason": reason, "reason_code": "", **leaving(to), **changes}
    rows = type(verifications[0]).objects.filter(pk__in=[each.pk for each in verifications])
    rows.update(version=F("version") + 1, **columns)
    events = verifications[0].events
    events.bulk_create(
        events.model(verification=each, version=each.version + 1, from_state=each.state, to_state=to, reason=reason)
        for each in verifications
    )
    plain = {name: value for name, value in columns.items() if not hasattr(value, "resolve_expression")}
    for each in verifications:
        each.version += 1
        for name, value in plain.items():
            setattr(each, name, value)


def _follow(verification: "Verification", columns: dict[str, Any]) -> None:
    """Bring the instance in line; only what the database worked out is read back."""
    worked_out = [name for name, value in columns.items() if hasattr(value, "resolve_expression")]
    for name in columns.keys() - set(worked_out):
        setattr(verification, name, columns[name])
    if worked_out:
        verification.refresh_from_db(fields=worked_out)


def leaving(to: State) -> dict[str, Any]:
    """Columns that belong to a state and are emptied on the way to another."""
    emptied: dict[str, Any] = {}
    if to != State.SENDING:
        emptied["lease_until"] = None
    if to not in DUE_STATES:
        emptied["next_attempt_at"] = None
    if to not in (State.MANUAL_IN_PROGRESS, State.NEEDS_REVIEW):
        emptied |= {"held_by": None, "held_until": None}
    if to != State.NEEDS_INFO:
        emptied["needed_fields"] = []
    return emptied
