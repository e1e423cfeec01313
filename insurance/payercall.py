"""A call to a payer's representative, from dialing to a result with evidence L4.

The answers are kept while they are typed. If the line is cut, or the hold runs out, whoever calls next begins with
what has been learned. Finishing needs a name, and a reference number or the word that none was given.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit
from accounts.models import User, Verb
from insurance import consent, costing, desk, intake, integrity, kept, recording, renewal, script, told
from insurance.codes import GENERAL
from insurance.encryption import plain_json
from insurance.models import BenefitSnapshot, Consent, Disclosure, ManualCall, Review, Verification
from insurance.questions import Question
from insurance.reading import Benefits, Contact, Plan, applicable, question_after
from insurance.states import Determination, IllegalMoveError, Reason, State, move
from insurance.tiers import Network, Tier

HOLD = timedelta(minutes=20)
# Not while a question is on its way, and not before somebody has read a doubtful answer.
CALLABLE = frozenset(
    {
        *(State.MANUAL_REQUIRED, State.MANUAL_IN_PROGRESS, State.QUEUED, State.RETRY_WAIT, State.AWAITING_PAYER),
        *(State.NEEDS_INFO, State.CONFIG_ERROR, State.DEAD_LETTER, State.COMPLETED),
    }
)
# What was learned that the plan is not (yet) active, or nothing: "active today" takes its place.
NOT_ACTIVE = frozenset(
    {
        *(Determination.UNKNOWN, Determination.REJECTED, Determination.INACTIVE),
        Determination.PENDING_INVESTIGATION,
    }
)
SETTLED = frozenset({Determination.NOT_COVERED, Determination.CARVE_OUT_CONTACT})
# A yes, or one that has run out: which of them it is, the terms tell.
SAYS_YES = frozenset(
    {Determination.COVERED, Determination.COVERED_AUTH_REQUIRED, Determination.LIMIT_EXHAUSTED},
)
OUTSIDE = Determination.NOT_COVERED_OUT_OF_NETWORK
BY_TERMS = SAYS_YES | {OUTSIDE}
IN_PART = "determination in part"  # covered says one, approval or the days that are left the other
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
    """Closed, cut off, or they would not say: back in the queue, due when the line opens again.

    A day on which the caller was promised a call is not put off for the payer's hours; one that has passed is.
    """
    verification = call.verification
    desk.hold(verification=verification, by=by)
    _end(call, outcome)
    if verification.state != State.COMPLETED:
        move(verification, State.MANUAL_REQUIRED, reason=Reason.PAYER_CLOSED, actor=by)
    opening = _next_opening(verification)
    if opening is not None:
        unpromised = Verification.objects.filter(Q(call_after=None) | Q(call_after__lte=Now()), pk=verification.pk)
        unpromised.update(call_after=opening)
    _tell(call, by, "payer call broken off")


@transaction.atomic
def finish(*, call: ManualCall, by: User, answers: dict[str, Any]) -> BenefitSnapshot:
    """Record the representative's answer, L4 if they spoke of this care; a sample goes to a second person.

    Raises ConsentRevokedError if the caller has taken the consent back meanwhile.
    """
    verification = call.verification
    desk.hold(verification=verification, by=by)
    _require_consent(verification)
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


def _require_consent(verification: Verification) -> None:
    """Locked, so that nobody takes it back in between: a finished answer may ask another company."""
    given = Consent.objects.select_for_update(of=("self",)).filter(pk=verification.consent_id).first()  # type: ignore[misc]
    if given is None or not given.covers(Consent.Scope.VERIFY):
        raise consent.ConsentRevokedError


def needs_second_reading(snapshot: BenefitSnapshot) -> bool:
    """A share of results, drawn by lot, goes to a second person; the share depends on who called."""
    rates: dict[str, float] = settings.REVIEW_RATES
    role = snapshot.call.staff.role if snapshot.call else ""
    return SystemRandom().random() < rates.get(role, 0.0)


def benefits_from(answers: dict[str, Any], condition: str, upon: Benefits | None = None) -> Benefits:
    """The representative's answers as a reading like any other, upon what was known and was not told anew."""
    known = upon or Benefits(
        "sud" if condition == "sud" else "mh", Determination.UNKNOWN, 0, Plan(), "unknown", question=Question.COVERED
    )
    network = _network(answers, known)
    determination, level = determination_of(answers, known), level_of(answers, known)
    tiers = told.tiers(answers, network, known.tiers, by_phone=known.told_by_phone)
    flags = _flags(known, tiers)
    return replace(
        known,
        determination=determination,
        evidence_level=level,
        plan=_plan(answers, known.plan),
        program_network=network,
        tiers=tiers,
        contacts=tuple(_contacts(answers, known)),
        pays_nothing_outside=known.pays_nothing_outside and not (answers["covered"] == "yes" and network == "out"),
        flags=flags,
        question=question_after(
            determination, level=level, network=network, tier=applicable(tiers, network), flags=flags
        ),
        told_by_phone=tuple(sorted(_told_by_phone(answers, known, determination, network))),
    )


def determination_of(answers: dict[str, Any], known: Benefits | None = None) -> Determination:
    """What the answers amount to, with what was known before. Not knowing is never a no."""
    before = known.determination if known else Determination.UNKNOWN
    network = _network(answers, known)
    active, covered = answers["plan_active"], answers["covered"]
    rules = (
        (active == "no" or (active != "yes" and before == Determination.INACTIVE), Determination.INACTIVE),
        (bool(answers.get("carve_out_company")), Determination.CARVE_OUT_CONTACT),
        (covered == "no" and network == "out", OUTSIDE),
        (covered == "no", Determination.NOT_COVERED),
        (covered != "yes" and before in NOT_ACTIVE and active != "yes", before),
        (covered != "yes" and before in NOT_ACTIVE, Determination.ACTIVE_IOP_UNCONFIRMED),
        (covered != "yes" and (before in SETTLED or (before == OUTSIDE and network == "out")), before),
        (covered != "yes" and before == OUTSIDE and not _is_no_by_rule(known), Determination.ACTIVE_IOP_UNCONFIRMED),
    )
    return next((found for holds, found in rules if holds), None) or _by_terms(answers, known, network)


def _is_no_by_rule(known: Benefits | None) -> bool:
    """Whether "not outside its network" follows from the plan's terms: a representative's own no is of level 4."""
    return known is not None and known.pays_nothing_outside and known.evidence_level < 4


def _by_terms(answers: dict[str, Any], known: Benefits | None, network: Network) -> Determination:
    """Covered or not as the terms have it, once nothing decides against it; a yes only if there has been one."""
    tier = told.tier(answers, network, known.tiers if known else ())
    left = tier.visit_limit.remaining if tier.visit_limit else None
    is_told = answers["covered"] == "yes"
    before = known.determination if known else Determination.UNKNOWN
    is_yes = is_told or (known is not None and known.evidence_level >= 3 and before in BY_TERMS)
    owes_first = known is not None and known.spend_down is not None and before not in SAYS_YES
    rules = (
        (not is_told and known is not None and known.pays_nothing_outside and network == "out", OUTSIDE),
        (not is_told and owes_first, Determination.ACTIVE_IOP_UNCONFIRMED),
        (left is not None and left.value == 0, Determination.LIMIT_EXHAUSTED),
        (not is_yes, Determination.ACTIVE_IOP_UNCONFIRMED),
        (tier.authorization == "yes", Determination.COVERED_AUTH_REQUIRED),
    )
    return next((found for holds, found in rules if holds), Determination.COVERED)


def level_of(answers: dict[str, Any], known: Benefits | None = None) -> int:
    """How sure it is: L4 only if the representative spoke of this care, be it a no.

    What was sure before is so only while it still is the answer.
    """
    if answers["covered"] in told.YES_NO:
        return 4
    if answers["plan_active"] == "no":
        return 0
    least = 1 if answers["plan_active"] == "yes" else 0
    if known is None:
        return least
    level = max(known.evidence_level, least)
    return min(level, 2) if answers.get("carve_out_company") else min(level, _highest(answers, known))


def _highest(answers: dict[str, Any], known: Benefits) -> int:
    """The level up to which evidence for the answer before is evidence for what these answers make of it."""
    before, found = known.determination, determination_of(answers, known)
    if found == before or {found, before} <= SAYS_YES:
        return 4
    if before in (Determination.INACTIVE, Determination.PENDING_INVESTIGATION):
        return 1
    return 3 if known.evidence_level < 4 and {found, before} <= BY_TERMS else 2


def _told_by_phone(
    answers: dict[str, Any], known: Benefits, determination: Determination, network: Network
) -> set[str]:
    """Which parts that name no line are a representative's word: of this call, or of one before that still holds."""
    by_phone = set(known.told_by_phone)
    is_spoken_of = answers["covered"] in told.YES_NO or bool(answers.get("carve_out_company"))
    stands = determination == known.determination and (determination == Determination.INACTIVE or not is_spoken_of)
    if determination == determination_of(answers):
        by_phone = (by_phone - {IN_PART}) | {"determination"}
    elif not stands:
        by_phone = (by_phone - {"determination"}) | {IN_PART}
    if answers.get("network") in ("in", "out"):
        by_phone.add("network")
    if answers.get("plan_name"):
        by_phone.add("plan")
    terms = told.tier(answers, network, known.tiers).network
    if answers.get("authorization") in told.YES_NO or (
        "authorization unknown" in by_phone and told.takes_over_unnamed(network, known.tiers)
    ):
        by_phone.add(f"authorization {terms}")
    return by_phone


def _network(answers: dict[str, Any], known: Benefits | None) -> Network:
    said: Any = answers.get("network")
    return said if said in ("in", "out") else known.program_network if known else "unknown"


def _plan(answers: dict[str, Any], known: Plan) -> Plan:
    return replace(
        known,
        name=answers.get("plan_name") or known.name,
        active=told.YES_NO.get(answers["plan_active"], known.active),
        ends=answers.get("plan_ends") or known.ends,
    )


def _contacts(answers: dict[str, Any], known: Benefits) -> Iterator[Contact]:
    """The company named by the representative stands in place of the one that the computer named."""
    company = answers.get("carve_out_company")
    if company:
        phones = tuple(filter(None, [answers.get("carve_out_phone")]))
        yield Contact("administrator", company, "", phones, 0)
    yield from (each for each in known.contacts if not company or each.role != "administrator")


def _flags(known: Benefits, tiers: Sequence[Tier]) -> tuple[str, ...]:
    """What the computer's lines make doubtful, less what rests on figures that have been told anew."""
    rests = {
        "PROXY_ONLY": any(tier.proxy for tier in tiers),
        "GENERAL_TERMS": any(tier.coinsurance and tier.coinsurance.source.stc == GENERAL for tier in tiers),
    }
    return tuple(flag for flag in known.flags if rests.get(flag, True))


def _snapshot(verification: Verification, call: ManualCall, answers: dict[str, Any]) -> BenefitSnapshot:
    """The newest answer counts, with what still holds of the one before; that one stays as it was."""
    before = kept.standing(verification, at=call.started_at)
    found = benefits_from(answers, verification.condition, kept.read(before) if before else None)
    current = BenefitSnapshot.objects.filter(verification=verification, superseded_at=None)
    Review.objects.filter(snapshot__in=current, decided_at=None).delete()  # nobody relies on that reading any more
    current.update(superseded_at=Now())
    snapshot = BenefitSnapshot.objects.create(
        verification=verification,
        call=call,
        determination=found.determination,
        evidence_level=found.evidence_level,
        flags=list(found.flags),
        data={**plain_json(asdict(found)), **_history(before, found)},
    )
    costing.estimate_all([costing.Priced(verification, snapshot, found)])
    return snapshot


def _history(before: BenefitSnapshot | None, found: Benefits) -> dict[str, Any]:
    """The answer this one was laid upon, how old the oldest part of it is, and a rule that nobody has spoken against."""
    if before is None:
        return {}
    told_since = {"upon": before.pk, "since": before.data.get("since") or before.as_of.isoformat()}
    rule = before.data.get("rule") if "determination" not in found.told_by_phone else None
    return {**told_since, "rule": rule} if rule else told_since


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
