"""A call to a payer's representative, from dialing to a result with evidence L4.

The answers are kept while they are typed. If the line is cut, or the hold runs out, whoever calls next begins with
what has been learned. Finishing needs a name, and a reference number or the word that none was given.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from random import SystemRandom
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit
from accounts.models import User, Verb
from insurance import consent, costing, desk, intake, integrity, recording, renewal, script
from insurance.encryption import plain_json
from insurance.models import BenefitSnapshot, Disclosure, ManualCall, Review, Verification
from insurance.questions import Question
from insurance.reading import Benefits, Contact, Plan
from insurance.states import Determination, IllegalMoveError, Reason, State, move
from insurance.tiers import Accumulator, Source, Tier, Value

HOLD = timedelta(minutes=20)
# Not while a question is on its way, and not before somebody has read a doubtful answer.
CALLABLE = frozenset(
    {
        *(State.MANUAL_REQUIRED, State.MANUAL_IN_PROGRESS, State.QUEUED, State.RETRY_WAIT, State.AWAITING_PAYER),
        *(State.NEEDS_INFO, State.CONFIG_ERROR, State.DEAD_LETTER, State.COMPLETED),
    }
)
FROM_CALL = Source(line=0, stc="")
KEPT_ON_CALL = ("number_dialed", "department", "rep_name", "reference")


@transaction.atomic
def start(*, verification: Verification, by: User, number: str) -> ManualCall:
    """Begin to call: the request is held, what is told to the payer is in the ledger.

    A person need not wait for the computers. An answer that is there already counts until the call has brought another.
    """
    desk.take(verification=verification, by=by)
    open_call = ManualCall.objects.filter(verification=verification, ended_at=None).first()
    if open_call and open_call.staff_id == by.pk and verification.state in (State.MANUAL_IN_PROGRESS, State.COMPLETED):
        return open_call
    _keep_hold(verification, by)
    answers = open_call.answers if open_call else {}
    if open_call:
        _end(open_call, ManualCall.Outcome.HUNG_UP)
    consent.disclose(
        verification=verification,
        recipient=Disclosure.Recipient.PAYER,
        what="name, birth date, member ID, kind of care",
        by=by,
    )
    return ManualCall.objects.create(verification=verification, staff=by, number_dialed=number[:20], answers=answers)


@transaction.atomic
def keep(*, call: ManualCall, by: User, answers: dict[str, Any]) -> None:
    """Save what has been typed so far, and hold on."""
    desk.hold(verification=call.verification, by=by)
    _keep_hold(call.verification, by)
    call.answers = answers
    call.save(update_fields=["answers"])


@transaction.atomic
def break_off(*, call: ManualCall, by: User, outcome: str) -> None:
    """Closed, cut off, or they would not say: back in the queue, due when the line opens again."""
    verification = call.verification
    desk.hold(verification=verification, by=by)
    _end(call, outcome)
    opening = _next_opening(verification)
    if verification.state == State.COMPLETED:
        Verification.objects.filter(pk=verification.pk).update(call_after=opening)
    else:
        move(verification, State.MANUAL_REQUIRED, reason=Reason.PAYER_CLOSED, actor=by, call_after=opening)
    _tell(call, by, "payer call broken off")


@transaction.atomic
def finish(*, call: ManualCall, by: User, answers: dict[str, Any]) -> BenefitSnapshot:
    """Record the representative's answer as evidence L4; a sample of answers goes to a second person."""
    verification = call.verification
    desk.hold(verification=verification, by=by)
    _keep_hold(verification, by)
    call.answers = plain_json(answers)
    call.rep_name = answers["rep_name"]
    call.reference = answers.get("reference") or None
    call.reference_refused = bool(answers.get("reference_refused"))
    call.disclaimer_read = bool(answers.get("disclaimer_read"))
    call.number_dialed = answers.get("number_dialed") or call.number_dialed
    call.department = answers.get("department") or ""
    call.save(
        update_fields=[
            *("answers", "rep_name", "reference", "reference_refused", "disclaimer_read", "number_dialed"),
            "department",
        ]
    )
    _end(call, ManualCall.Outcome.FINISHED)
    snapshot = _snapshot(verification, call, answers)
    columns = renewal.answer(verification, snapshot, now=timezone.now())
    move(verification, State.COMPLETED, reason=Reason.CALL_FINISHED, actor=by, **columns)
    recording.follow_up(verification, snapshot)
    if needs_second_reading(snapshot):
        Review.objects.create(snapshot=snapshot, author=by)
    _tell(call, by, "payer call finished")
    return snapshot


def needs_second_reading(snapshot: BenefitSnapshot) -> bool:
    """A share of results, drawn by lot, goes to a second person; the share depends on who called."""
    rates: dict[str, float] = settings.REVIEW_RATES
    role = snapshot.call.staff.role if snapshot.call else ""
    return SystemRandom().random() < rates.get(role, 0.0)


def benefits_from(answers: dict[str, Any], condition: str) -> Benefits:
    """The representative's answers as a reading like any other."""
    network: Any = answers.get("network") or "unknown"
    carve_out = answers.get("carve_out_company")
    contacts = (
        (Contact("administrator", carve_out, "", tuple(filter(None, [answers.get("carve_out_phone")])), 0),)
        if carve_out
        else ()
    )
    return Benefits(
        condition="sud" if condition == "sud" else "mh",
        determination=determination_of(answers),
        evidence_level=4,
        plan=Plan(
            name=answers.get("plan_name") or "",
            active={"yes": True, "no": False}.get(answers["plan_active"]),
            ends=answers.get("plan_ends"),
        ),
        program_network=network,
        tiers=(_tier(answers, network),),
        contacts=contacts,
        question=Question.ADMINISTRATOR if carve_out else Question.CONFIRM,
    )


def determination_of(answers: dict[str, Any]) -> Determination:
    """What the answers amount to. Not knowing is never a no."""
    limit, used = answers.get("visit_limit"), answers.get("visits_used")
    rules = (
        (answers["plan_active"] == "no", Determination.INACTIVE),
        (bool(answers.get("carve_out_company")), Determination.CARVE_OUT_CONTACT),
        (
            answers["covered"] == "no" and answers.get("network") == "out",
            Determination.NOT_COVERED_OUT_OF_NETWORK,
        ),
        (answers["covered"] == "no", Determination.NOT_COVERED),
        (answers["covered"] != "yes", Determination.ACTIVE_IOP_UNCONFIRMED),
        (limit is not None and used is not None and used >= limit, Determination.LIMIT_EXHAUSTED),
        (answers.get("authorization") == "yes", Determination.COVERED_AUTH_REQUIRED),
    )
    return next((found for holds, found in rules if holds), Determination.COVERED)


def _tier(answers: dict[str, Any], network: Any) -> Tier:
    visits = None
    if answers.get("visit_limit") is not None:
        left = None if answers.get("visits_used") is None else max(0, answers["visit_limit"] - answers["visits_used"])
        visits = Accumulator(total=_value(answers["visit_limit"]), remaining=_value(left))
    share = answers.get("coinsurance")
    return Tier(
        plan=answers.get("plan_name") or "",
        network=network,
        tier="base",
        deductible=_levels(answers, "deductible_total", "deductible_left", "family_deductible_left"),
        out_of_pocket=_levels(answers, "oop_total", "oop_left", "family_oop_left"),
        coinsurance=_value(None if share is None else Decimal(share) / 100),
        copay=_value(answers.get("copay"), unit=answers.get("copay_unit") or ""),
        visit_limit=visits,
        authorization=answers.get("authorization") or "unknown",
        deductible_applies={"yes": True, "no": False}.get(answers.get("deductible_applies") or ""),
    )


def _levels(answers: dict[str, Any], total: str, left: str, family_left: str) -> dict[str, Accumulator]:
    levels = {
        "individual": Accumulator(total=_value(answers.get(total)), remaining=_value(answers.get(left))),
        "family": Accumulator(remaining=_value(answers.get(family_left))),
    }
    return {whose: amounts for whose, amounts in levels.items() if amounts.total or amounts.remaining}


def _value(figure: Any, *, unit: str = "") -> Value | None:
    if figure is None:
        return None
    amount = Decimal(figure)
    return Value(value=amount, low=amount, high=amount, source=FROM_CALL, unit=unit)


def _snapshot(verification: Verification, call: ManualCall, answers: dict[str, Any]) -> BenefitSnapshot:
    """The newest answer counts; the one before stays as it was."""
    BenefitSnapshot.objects.filter(verification=verification, superseded_at=None).update(superseded_at=Now())
    found = benefits_from(answers, verification.condition)
    snapshot = BenefitSnapshot.objects.create(
        verification=verification,
        call=call,
        determination=found.determination,
        evidence_level=found.evidence_level,
        data=plain_json(asdict(found)),
    )
    costing.estimate_all([costing.Priced(verification, snapshot, found)])
    return snapshot


def _keep_hold(verification: Verification, by: User) -> None:
    """On the phone from now on, also where the hold had run out and nobody else has taken the request since.

    The answer that a call may correct stays where it is: whoever looks after the request holds it at the desk.
    """
    if verification.state not in CALLABLE:
        raise IllegalMoveError(f"nobody is called while it is {verification.state}")
    if verification.state == State.COMPLETED:
        return
    if verification.state not in (State.MANUAL_REQUIRED, State.MANUAL_IN_PROGRESS):
        changes = intake.clock_goes_on(verification)
        move(verification, State.MANUAL_REQUIRED, reason=Reason.HELD, actor=by, **changes)
    if verification.state != State.MANUAL_IN_PROGRESS:
        in_progress = State.MANUAL_IN_PROGRESS
        move(verification, in_progress, reason=Reason.HELD, actor=by, held_by=by, held_until=Now() + HOLD)
        return
    mine = Verification.objects.filter(pk=verification.pk, state=State.MANUAL_IN_PROGRESS)
    mine.update(held_by=by, held_until=Now() + HOLD)


def _end(call: ManualCall, outcome: str) -> None:
    ManualCall.objects.filter(pk=call.pk).update(ended_at=Now(), outcome=outcome)
    call.refresh_from_db(fields=["ended_at", "outcome"])


def _tell(call: ManualCall, by: User, act: str) -> None:
    subject = call.verification.public_id
    audit.record(actor=by, verb=Verb.CHANGED, subject=subject, act=act, content=integrity.mark(call))


def _next_opening(verification: Verification) -> datetime | None:
    openings = [
        number.opens_at or timezone.now() for number in script.numbers(verification) if number.is_open is not None
    ]
    return min(openings, default=None)
