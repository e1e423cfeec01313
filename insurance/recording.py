"""Write down what a decision means: the answer line by line, the dollars, the next state, the follow-ups."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts import audit
from accounts.models import Verb
from insurance import costing, feedback, metering, renewal
from insurance.encryption import plain_json
from insurance.gateways import GatewayResult
from insurance.models import BenefitLine, BenefitSnapshot, PayerRoute, Verification, VerificationAttempt
from insurance.models.route import Detail
from insurance.outcomes import Decision
from insurance.reading import Benefits
from insurance.reading_json import line_json
from insurance.states import Determination, Reason, State, move_locked
from insurance.x12.response_271 import Response

log = logging.getLogger(__name__)

# A decisive no is never hidden behind an earlier maybe, however well documented.
DECISIVE = frozenset(
    {
        *(Determination.INACTIVE, Determination.NOT_COVERED, Determination.NOT_COVERED_OUT_OF_NETWORK),
        *(Determination.LIMIT_EXHAUSTED, Determination.CARVE_OUT_CONTACT),
    }
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer to write down: its row is locked, its attempt finished."""

    verification: Verification
    attempt: VerificationAttempt
    decision: Decision
    result: GatewayResult
    route_was_well: bool = False


def apply(answers: Sequence[Outcome], *, now: datetime) -> None:
    """Write all of them down, in a few statements however many they are. Within the caller's transaction."""
    snapshots = keep(answers)
    alike: dict[str, tuple[dict[str, Any], list[Outcome]]] = {}
    for each in answers:
        columns = _columns(each, now)
        if each.decision.state == State.COMPLETED:
            columns |= renewal.answer(each.verification, snapshots[each.verification.pk], now=now)
        key = repr((each.decision.state, each.decision.reason, columns))
        alike.setdefault(key, (columns, []))[1].append(each)
    for columns, group in alike.values():
        decision = group[0].decision
        move_locked([each.verification for each in group], decision.state, reason=decision.reason, **columns)
    for each in answers:
        _carry_on(each, snapshots.get(each.verification.pk))


def _carry_on(answer: Outcome, snapshot: BenefitSnapshot | None) -> None:
    """What a decision means beyond its own row."""
    decision, attempt = answer.decision, answer.attempt
    if decision.state == State.COMPLETED and snapshot is not None:
        follow_up(answer.verification, snapshot)
    if decision.reason == Reason.WRONG_MEMBER:
        log.error(
            "A payer answered about somebody else; its answer is kept apart.",
            extra={"public_id": answer.verification.public_id, "reason": decision.code},
        )
        audit.record(actor=None, verb=Verb.CHANGED, subject=answer.verification.public_id, act="answer kept apart")
    if decision.missing_told:
        _learn_required(answer.verification, attempt.route)
    if decision.pause_reason:
        metering.pause(attempt.route, decision.pause_reason)
    codes = [each.code for each in answer.result.aaa]
    metering.learn(attempt.route, answer.result.kind, codes, was_well=answer.route_was_well)


def follow_up(verification: Verification, snapshot: BenefitSnapshot) -> None:
    """What a finished answer brings with it, by computer or by phone: the directory learns, a carve-out is asked."""
    feedback.update_directory(verification, snapshot)
    renewal.open_carve_out(verification, snapshot)


def keep(answers: Sequence[Outcome]) -> dict[int, BenefitSnapshot]:
    """Store what was read; gives the snapshot that counts for each, an earlier one if the new one says less."""
    counting: dict[int, BenefitSnapshot] = {}
    fresh: list[tuple[BenefitSnapshot, Response]] = []
    priced: list[costing.Priced] = []
    for each in answers:
        benefits, response = each.decision.benefits, each.result.response
        if benefits is None or response is None:
            continue
        snapshot, current = _snapshot(each, benefits)
        fresh.append((snapshot, response))
        counting[each.verification.pk] = current or snapshot
        if current is None:
            priced.append(costing.Priced(each.verification, snapshot, benefits))
    BenefitSnapshot.objects.bulk_create(snapshot for snapshot, _response in fresh)
    BenefitLine.objects.bulk_create(line for snapshot, response in fresh for line in _lines(snapshot, response))
    costing.estimate_all(priced)
    return counting


def _snapshot(answer: Outcome, benefits: Benefits) -> tuple[BenefitSnapshot, BenefitSnapshot | None]:
    """The new snapshot, and the earlier one if that still counts."""
    verification, attempt = answer.verification, answer.attempt
    current = verification.snapshots.filter(superseded_at=None).first() if attempt.number > 1 else None
    counts = current is None or _outranks(benefits, current)
    if current is not None and counts:
        verification.snapshots.filter(pk=current.pk).update(superseded_at=attempt.finished_at)
    snapshot = BenefitSnapshot(
        verification=verification,
        attempt=attempt,
        determination=benefits.determination,
        evidence_level=benefits.evidence_level,
        review=[str(each)[:60] for each in benefits.review],
        flags=[str(each)[:60] for each in benefits.flags],
        data=plain_json(asdict(benefits)),
        superseded_at=None if counts else attempt.finished_at,
    )
    return snapshot, None if counts else current


def _lines(snapshot: BenefitSnapshot, response: Response) -> Iterator[BenefitLine]:
    lines = (line for member in response.members for line in member.lines)
    return (BenefitLine(snapshot=snapshot, seq=seq, content=line_json(line)) for seq, line in enumerate(lines, 1))


def _outranks(benefits: Benefits, current: BenefitSnapshot) -> bool:
    """An answer in doubt is not held against a clear one, however much it said."""
    if benefits.determination in DECISIVE or benefits.review or current.review:
        return True
    return benefits.evidence_level >= current.evidence_level and current.determination not in DECISIVE


def _columns(answer: Outcome, now: datetime) -> dict[str, Any]:
    verification, decision = answer.verification, answer.decision
    columns: dict[str, Any] = {"reason_code": decision.code.replace("\0", "?")}  # a payer's words; no NUL in PostgreSQL
    if answer.attempt.billable and verification.billable < verification.attempts:
        columns["billable"] = verification.billable + 1
    match decision.state:
        case State.QUEUED:
            columns["next_attempt_at"] = now
            if decision.variation:
                columns["variations"] = [*verification.variations, decision.variation]
        case State.RETRY_WAIT | State.AWAITING_PAYER:
            columns["next_attempt_at"] = now + (decision.delay or timedelta())
        case State.NEEDS_INFO:
            columns["needed_fields"] = list(decision.details)
    return columns


def _learn_required(verification: Verification, route: PayerRoute) -> None:
    """The payer told us that it insists on more: what was not sent is required there from now on."""
    sent = {
        Detail.MEMBER_ID: verification.member_id,
        Detail.FIRST_NAME: verification.subscriber_first_name,
        Detail.BIRTH_DATE: verification.subscriber_birth_date,
        Detail.SEX: verification.subscriber_sex,
    }
    missing = [detail.value for detail, value in sent.items() if not value]
    fresh = [detail for detail in missing if detail not in route.required_fields]
    if fresh:
        PayerRoute.objects.filter(pk=route.pk).update(required_fields=[*route.required_fields, *fresh])
    if missing:
        Verification.objects.filter(pk=verification.pk).update(needed_fields=missing)
