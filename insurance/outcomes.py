"""What follows from one result: the next state, and why. Nothing here touches the network or writes a row."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from insurance import aaa, identity, inquiries, reading
from insurance.aaa import Class, Variation
from insurance.codes import SUD_ONLY, Condition
from insurance.gateways import GatewayResult, Kind
from insurance.models import Verification, VerificationAttempt
from insurance.models.route import Detail
from insurance.reading import Benefits
from insurance.states import Determination, Reason, State
from insurance.x12.inquiry_270 import Question

POLL_SECONDS = 5.0
SOON_SECONDS = 5.0  # nobody was asked: no floor to keep
LONGEST_JITTER = 1800.0
PROMISED = timedelta(hours=24)  # a payer that names no date
MALFORMED_MOST = 3
# The payer does not know the program or does not let it ask: staff phone meanwhile.
PROGRAM_CODES = frozenset({"41", "43", "44", "45", "46", "47", "48", "50", "51", "52", "97"})
# What of the member could not be written, as the detail to ask the caller for.
WRITTEN_FROM = {
    "member_id": Detail.MEMBER_ID,
    "last": Detail.LAST_NAME,
    "first": Detail.FIRST_NAME,
    "birth_date": Detail.BIRTH_DATE,
}
# What to go through with the caller when the payer does not say which detail is wrong.
ON_THE_CARD = (Detail.MEMBER_ID, Detail.LAST_NAME, Detail.FIRST_NAME, Detail.BIRTH_DATE, Detail.GROUP_NUMBER)
NOTHING_NEW = frozenset({Kind.TRANSIENT_NOT_SENT, Kind.TRANSIENT_AMBIGUOUS, Kind.THROTTLED})
UNCERTAIN = frozenset({Determination.ACTIVE_IOP_UNCONFIRMED, Determination.UNKNOWN})


@dataclass(frozen=True)
class Decision:
    state: State
    reason: Reason
    code: str = ""
    delay: timedelta | None = None
    details: tuple[str, ...] = ()
    variation: Variation | None = None
    pause_reason: str = ""
    missing_told: bool = False  # the payer says that it insists on more than we sent
    benefits: Benefits | None = None


@dataclass(frozen=True)
class Situation:
    """What a decision looks at beside the result itself."""

    verification: Verification
    attempt: VerificationAttempt
    question: Question
    earlier: Sequence[VerificationAttempt]
    now: datetime
    is_poll: bool = False


def decide(result: GatewayResult, situation: Situation) -> Decision:
    decision = Decision(State.DEAD_LETTER, Reason.CODE_FAULT) if result.we_failed else _by_kind(result, situation)
    if decision.state not in (State.RETRY_WAIT, State.AWAITING_PAYER):
        return decision
    return _while_it_may_last(decision, situation)


def _by_kind(result: GatewayResult, situation: Situation) -> Decision:
    if situation.is_poll and (promise := _promised(result, situation)):
        return promise
    match result.kind:
        case Kind.ANSWERED:
            return _answered(result, situation)
        case Kind.REJECTED:
            return _rejected(result, situation)
        case Kind.PENDING:
            return _to_be_polled(result, situation)
        case Kind.SYNTAX_REJECTED:
            return Decision(State.DEAD_LETTER, Reason.SYNTAX_REJECTED, result.detail[:24])
        case Kind.CONFIG_ERROR:
            return _refused(result)
        case Kind.MALFORMED:
            broken = sum(each.kind == Kind.MALFORMED for each in situation.earlier) + 1
            if broken >= MALFORMED_MOST:
                return Decision(State.NEEDS_REVIEW, Reason.MALFORMED)
            return Decision(State.RETRY_WAIT, Reason.MALFORMED, delay=_retry_delay(result, situation))
    reasons = {
        Kind.THROTTLED: Reason.THROTTLED,
        Kind.TRANSIENT_NOT_SENT: Reason.NOT_REACHED,
        Kind.TRANSIENT_AMBIGUOUS: Reason.NO_ANSWER,
    }
    is_out_of_order = result.kind == Kind.TRANSIENT_AMBIGUOUS and (result.http_status or 0) in (500, 502, 503)
    reason = Reason.PAYER_BUSY if is_out_of_order else reasons[result.kind]
    code = f"HTTP {result.http_status}" if result.http_status else ""
    return Decision(State.RETRY_WAIT, reason, code, delay=_retry_delay(result, situation))


def _to_be_polled(result: GatewayResult, situation: Situation) -> Decision:
    """Soon at first, then after a tenth of the time it has taken so far."""
    taken = (situation.now - situation.attempt.claimed_at).total_seconds() if situation.is_poll else 0
    wait = timedelta(seconds=max(result.retry_after or 0, POLL_SECONDS, taken / 10))
    return Decision(State.AWAITING_PAYER, Reason.PAYER_WILL_ANSWER, "202", delay=wait)


def _promised(result: GatewayResult, situation: Situation) -> Decision | None:
    """What a poll that brought nothing means: the payer has the question, so it is not sent again unless forgotten."""
    if result.kind in NOTHING_NEW:
        return _to_be_polled(result, situation)
    if result.http_status in (404, 410):
        return Decision(State.RETRY_WAIT, Reason.NO_ANSWER, delay=_retry_delay(result, situation))
    return None


def _refused(result: GatewayResult) -> Decision:
    """By our own writer or by the gateway. Only what is wrong for everybody stops the route for everybody."""
    details = tuple(
        WRITTEN_FROM[part] for each in result.unwritable if (part := each.partition(".")[2]) in WRITTEN_FROM
    )
    if details:
        return Decision(State.NEEDS_INFO, Reason.MISSING_DETAILS, details=tuple(dict.fromkeys(details)))
    pause_reason = "" if result.blames_question else result.detail or "refused"
    return Decision(State.CONFIG_ERROR, Reason.GATEWAY_REFUSED, result.detail[:24], pause_reason=pause_reason)


def _answered(result: GatewayResult, situation: Situation) -> Decision:
    if result.response is None:
        raise ValueError("an answer without a response")
    wrong = identity.mismatch(situation.question, result.response)
    if wrong:
        return Decision(State.NEEDS_REVIEW, Reason.WRONG_MEMBER, wrong)
    benefits = reading.benefits(result.response, condition=condition_of(situation))
    if benefits.review:
        return Decision(State.NEEDS_REVIEW, Reason.CONTRADICTION, str(benefits.review[0])[:24], benefits=benefits)
    if benefits.evidence_level < 3 and benefits.determination in UNCERTAIN and _may_ask_on(situation):
        return Decision(State.QUEUED, Reason.NEXT_QUESTION, benefits=benefits)
    return Decision(State.COMPLETED, Reason.ANSWERED, benefits=benefits)


def condition_of(situation: Situation) -> Condition:
    """What the answer is read for: what the patient needs, whichever service type was asked; of both, what was asked.

    Terms for mental health facilities (CH) say nothing of substance use care, though the question was MH or 30.
    """
    condition = situation.verification.condition
    if condition == Verification.Condition.BOTH:
        return "sud" if situation.attempt.service_type in SUD_ONLY else "mh"
    return "sud" if condition == Verification.Condition.SUD else "mh"


def _may_ask_on(situation: Situation) -> bool:
    asked = inquiries.service_types(situation.verification, situation.attempt.route)
    answered = {each.service_type for each in situation.earlier if each.kind == Kind.ANSWERED}
    answered.add(situation.attempt.service_type)
    following = inquiries.next_service_type(asked, situation.attempt.service_type)
    return following is not None and following not in answered and len(answered) < inquiries.MOST_QUESTIONS


def _rejected(result: GatewayResult, situation: Situation) -> Decision:
    if result.response is not None and (wrong := identity.mismatch(situation.question, result.response)):
        return Decision(State.NEEDS_REVIEW, Reason.WRONG_MEMBER, wrong)
    verdict = aaa.judge(result.aaa, http_status=result.http_status or 200)
    code = _place(result, verdict.codes[0])
    if verdict.is_awaited:
        wait = timedelta(days=verdict.awaited_days) if verdict.awaited_days else PROMISED
        return Decision(State.AWAITING_PAYER, Reason.PAYER_WILL_ANSWER, code, delay=wait)
    used = {*situation.verification.variations, *inquiries.pointless(situation.verification, situation.attempt)}
    fresh = next((each for each in verdict.variations if each not in used), None)
    if fresh:
        return Decision(State.QUEUED, Reason.VARIATION, code, variation=fresh)
    return _for_a_person(verdict, code, result, situation)


def _for_a_person(verdict: aaa.Verdict, code: str, result: GatewayResult, situation: Situation) -> Decision:
    if verdict.is_unknown:
        return Decision(State.NEEDS_REVIEW, Reason.UNKNOWN_CODE, code)
    match verdict.klass:
        case Class.WAIT:
            return _wait_or_give_up(verdict, code, result, situation)
        case Class.FIX:
            told = "15" in verdict.codes
            details = verdict.details or ON_THE_CARD
            return Decision(State.NEEDS_INFO, Reason.FIX_DETAILS, code, details=details, missing_told=told)
        case Class.CONFIG:
            return _our_side(verdict, code)
    out_of_network = "35" in verdict.codes
    reason = Reason.PAYER_OUT_OF_NETWORK if out_of_network else Reason.MANUAL_PAYER
    return Decision(State.MANUAL_REQUIRED, reason, code)


def _wait_or_give_up(verdict: aaa.Verdict, code: str, result: GatewayResult, situation: Situation) -> Decision:
    """79, and 42 or 80 with follow-up N, are worth one more try; then it is a person's."""
    was_told = any(each.kind == Kind.REJECTED for each in situation.earlier)
    if verdict.wait_once and was_told:
        if set(verdict.codes) == {"79"}:
            return Decision(State.CONFIG_ERROR, Reason.GATEWAY_REFUSED, code)
        return Decision(State.MANUAL_REQUIRED, Reason.PAYER_BUSY, code)
    return Decision(State.RETRY_WAIT, Reason.PAYER_BUSY, code, delay=_retry_delay(result, situation))


def _our_side(verdict: aaa.Verdict, code: str) -> Decision:
    if PROGRAM_CODES.intersection(verdict.codes):
        return Decision(State.MANUAL_REQUIRED, Reason.NOT_ENROLLED, code)
    if any(rule.variation for rule in verdict.rules):  # the general question was refused as well
        return Decision(State.MANUAL_REQUIRED, Reason.MANUAL_PAYER, code)
    is_route = aaa.PAYER_CODE_WRONG in verdict.rules
    return Decision(State.CONFIG_ERROR, Reason.GATEWAY_REFUSED, code, pause_reason=code if is_route else "")


def _retry_delay(result: GatewayResult, situation: Situation) -> timedelta:
    """Never within the floor after a question that may have been asked; then longer each time, with jitter."""
    tries = max(situation.verification.attempts - 1, 0)
    if result.kind == Kind.TRANSIENT_NOT_SENT:
        return timedelta(seconds=SOON_SECONDS * 2**tries * random.uniform(1, 1.5))  # noqa: S311
    floor = settings.INQUIRY_FLOOR_SECONDS
    jitter = random.uniform(0, min(LONGEST_JITTER, floor * 2**tries))  # noqa: S311
    since_sent = floor + jitter - result.elapsed
    return timedelta(seconds=max(since_sent, result.retry_after or 0, 0))


def _while_it_may_last(decision: Decision, situation: Situation) -> Decision:
    """Another try only if one is left and it comes before a person must take over anyway."""
    verification, at = situation.verification, situation.now + (decision.delay or timedelta())
    if decision.state == State.AWAITING_PAYER:
        polls = decision.code == "202"
        late = polls and verification.auto_deadline_at is not None and at > verification.auto_deadline_at
        return _taken_over(Reason.DEADLINE_PASSED, decision) if late else decision
    if verification.attempts >= settings.MOST_ATTEMPTS:
        return _taken_over(Reason.ATTEMPTS_USED, decision)
    if verification.auto_deadline_at is not None and at > verification.auto_deadline_at:
        return _taken_over(Reason.DEADLINE_PASSED, decision)
    return decision


def _taken_over(reason: Reason, decision: Decision) -> Decision:
    return Decision(State.MANUAL_REQUIRED, reason, decision.code or decision.reason)


def _place(result: GatewayResult, code: str) -> str:
    loop = next((each.loop for each in result.aaa if each.code == code), "")
    return f"{loop} {code}".strip()[:24]
