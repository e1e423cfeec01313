"""What to ask next: which service type, about whom, with which details."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from insurance.aaa import Variation
from insurance.models import PayerPhoneLine, PayerRoute, Verification, VerificationAttempt
from insurance.x12.inquiry_270 import Person, Question, Relationship
from programs.models import Payer

MOST_QUESTIONS = 2
# Without consent to speak of substance use the plan hears of mental health only, then of the plan in general.
WITHOUT_SUD_CONSENT = ["MH", "30"]
GENERAL = "30"
SUFFIX = re.compile(r"(?<=\w)[\s\-]+\d{1,2}$")  # "W1234567-01": the person within the family
RELATIONSHIPS: dict[str, Relationship] = {"spouse": "01", "child": "19", "other": "34"}


People = tuple[Person, Person | None]


@dataclass(frozen=True)
class Choice:
    """The next service type and why an attempt is made for it."""

    service_type: str
    trigger: VerificationAttempt.Trigger


def service_types(verification: Verification, route: PayerRoute) -> list[str]:
    """In the order to ask them; a substance use type only with the consent for it."""
    about_use = verification.condition != Verification.Condition.MH
    if about_use and verification.consent is not None and verification.consent.covers("sud"):
        return route.sud_service_types[:MOST_QUESTIONS]
    return WITHOUT_SUD_CONSENT if about_use else route.mh_service_types[:MOST_QUESTIONS]


def choose(verification: Verification, route: PayerRoute, earlier: Sequence[VerificationAttempt]) -> Choice:
    """What the next attempt asks, given the earlier ones in order."""
    Trigger = VerificationAttempt.Trigger  # noqa: N806  (a class)
    asked = service_types(verification, route)
    if not earlier:
        return Choice(asked[0], Trigger.FIRST)
    last = earlier[-1]
    if Variation.GENERAL_SERVICE in verification.variations:
        trigger = Trigger.RETRY if last.service_type == GENERAL else Trigger.VARIATION
        return Choice(GENERAL, trigger)
    if last.kind == VerificationAttempt.Kind.ANSWERED and (following := next_service_type(asked, last.service_type)):
        return Choice(following, Trigger.NEXT_QUESTION)
    current = last.service_type if last.service_type in asked else asked[0]
    varied = verification.variations and verification.variations[-1] != last.variation
    return Choice(current, Trigger.VARIATION if varied else Trigger.RETRY)


def pointless(verification: Verification, attempt: VerificationAttempt) -> set[str]:
    """Variations that would ask the very same again."""
    dull = {
        Variation.FEWER_NAMES: not (verification.subscriber_first_name or verification.patient_first_name),
        Variation.NO_SEX: not (verification.subscriber_sex or verification.patient_sex),
        Variation.PLAIN_MEMBER_ID: not SUFFIX.search(verification.member_id),
        Variation.SWAP_MEMBER: verification.patient_is_subscriber,
        Variation.GENERAL_SERVICE: attempt.service_type == GENERAL,
    }
    return {variation for variation, is_dull in dull.items() if is_dull}


def next_service_type(asked: Sequence[str], after: str) -> str | None:
    position = asked.index(after) + 1 if after in asked else len(asked)
    return asked[position] if position < len(asked) else None


def compose(verification: Verification, attempt: VerificationAttempt, asked: People) -> Question:
    """The question in the payer's terms."""
    billing = verification.program.billing  # type: ignore[union-attr]
    subscriber, dependent = asked
    return Question(
        payer_code=attempt.route.payer_code,
        payer_name=verification.payer.name,
        provider_npi=billing.npi,
        provider_name=billing.legal_name or verification.program.name,  # type: ignore[union-attr]
        subscriber=subscriber,
        dependent=dependent,
        relationship=RELATIONSHIPS.get(verification.relationship, "34"),
        service_date=_date_asked(verification),
        service_type=attempt.service_type,
        bht03=attempt.bht03,
        trn02=attempt.trn02,
    )


def _date_asked(verification: Verification) -> date | None:
    """No date means the payer's own today. If that is refused it is written out; a date that is refused, left out."""
    if Variation.TODAY not in verification.variations:
        return verification.service_date
    return None if verification.service_date else today_at(verification.payer)


def today_at(payer: Payer) -> date:
    """The day it is where the payer is, as far as its phone lines tell, else where we are."""
    line = PayerPhoneLine.objects.filter(payer=payer).first()
    return timezone.now().astimezone(ZoneInfo(line.time_zone if line else settings.TIME_ZONE)).date()


def people(verification: Verification) -> People:
    """The subscriber, and the dependent if that is the patient, with the variations that have become necessary."""
    variations = set(verification.variations)
    fewer, no_sex = Variation.FEWER_NAMES in variations, Variation.NO_SEX in variations
    member_id = verification.member_id
    if Variation.PLAIN_MEMBER_ID in variations:
        member_id = SUFFIX.sub("", member_id)
    subscriber = Person(
        last=verification.subscriber_last_name,
        first="" if fewer else verification.subscriber_first_name,
        member_id=member_id,
        birth_date=verification.subscriber_birth_date,
        gender="" if no_sex else _gender(verification.subscriber_sex),
    )
    if verification.patient_is_subscriber:
        return subscriber, None
    patient = Person(
        last=verification.patient_last_name,
        first="" if fewer else verification.patient_first_name,
        birth_date=verification.patient_birth_date,
        gender="" if no_sex else _gender(verification.patient_sex),
    )
    if Variation.SWAP_MEMBER in variations:  # a dependent with an ID of their own is a subscriber to this payer
        return Person(patient.last, patient.first, "", "", member_id, patient.birth_date, patient.gender), None
    return subscriber, patient


def _gender(sex: str) -> Literal["M", "F", ""]:
    return sex if sex in ("M", "F") else ""  # type: ignore[return-value]
