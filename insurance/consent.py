"""The words people agree to, by version, and what may not happen without them.

A text is never changed: a new one gets a new version, and the old one stays to be shown beside the consents
given under it. Lawyers decide what applies where; the record is complete enough for 42 CFR Part 2.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User, Verb
from insurance.models import Consent, Disclosure, Verification
from insurance.states import OPEN_STATES, Reason, State, move


@dataclass(frozen=True)
class Text:
    """One version of what is read out or shown."""

    version: str
    verify: Promise | str
    sud: Promise | str
    share: Promise | str


CURRENT = "2026-11"
TEXTS = {
    "2026-11": Text(
        "2026-11",
        _(
            "May we use these details to ask the insurance plan what it pays for an intensive outpatient program? "
            "We tell the plan the name, birth date and member ID. You can take this back at any time."
        ),
        _(
            "May we tell the plan that the question is about substance use treatment? If not, we ask about mental "
            "health and general benefits only. The answer may be less exact."
        ),
        _("May we share the answer with the programs you choose?"),
    ),
}

NOTICE_VERSION = "2026-11"
# 42 CFR 2.32: goes with every disclosure.
NOTICE = _(
    "This record may be protected by federal confidentiality rules (42 CFR part 2). The rules forbid using or sharing "
    "it to investigate or prosecute a patient, or sharing it further, unless the person's written consent or the law "
    "allows it. A copy of the consent goes with it."
)


class ConsentRevokedError(Exception):
    """The person has taken the consent back, or never gave it for this: nothing more is told to anybody."""


def current_text() -> Text:
    return TEXTS[CURRENT]


def copy_of(consent: Consent) -> list[Promise | str]:
    """The words that were agreed to, one for each scope; none if the version is not one of ours."""
    text = TEXTS.get(consent.text_version)
    return [getattr(text, scope) for scope in consent.scopes] if text else []


@transaction.atomic
def disclose(
    *, verification: Verification, recipient: str, what: str, by: User | None, scope: str = Consent.Scope.VERIFY
) -> Disclosure:
    """Write a disclosure into the ledger before it happens; refused without a live consent that covers it.

    People may always have what is kept about themselves, also when they have taken their consent back.
    """
    consent = Consent.objects.select_for_update(of=("self",)).get(pk=verification.consent_id)  # type: ignore[misc]
    if recipient != Disclosure.Recipient.PERSON and not consent.covers(scope):
        raise ConsentRevokedError
    audit.record(actor=by, verb=Verb.DISCLOSED, subject=verification.public_id, recipient=recipient, what=what)
    return Disclosure.objects.create(
        verification=verification,
        consent=consent,
        recipient=recipient,
        what=what,
        notice_version=NOTICE_VERSION,
        by=by,
    )


@transaction.atomic
def revoke(*, verification: Verification, by: User | None) -> None:
    """Take the consent back: every open request under it stops, and nothing further is disclosed."""
    consent = Consent.objects.select_for_update(of=("self",)).get(pk=verification.consent_id)  # type: ignore[misc]
    if consent.revoked_at is None:
        Consent.objects.filter(pk=consent.pk).update(revoked_at=Now())
        audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="consent revoked")
    for request in Verification.objects.filter(consent=consent, state__in=OPEN_STATES).select_for_update(of=("self",)):
        move(request, State.CANCELLED, reason=Reason.CONSENT_REVOKED, actor=by)
