"""The caller's way to see how their request is doing: a secret in the fragment of a link, and stages without facts.

The secret has 256 bits, is sent by POST, and only its SHA-256 is kept. Opening the link changes nothing, so a mail
scanner that opens it first does no harm.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User, Verb
from insurance.fields import NOT_KNOWN_SLUG
from insurance.models import Verification
from insurance.states import OPEN_STATES, State

ASKING = (State.SENDING, State.RETRY_WAIT, State.AWAITING_PAYER, State.NEEDS_REVIEW)
BY_HAND = (State.MANUAL_REQUIRED, State.MANUAL_IN_PROGRESS, State.CONFIG_ERROR, State.DEAD_LETTER)


@dataclass(frozen=True)
class Progress:
    """What the page says: how far, and what comes next. No name, no plan, no answer."""

    reached: int
    now: Promise | str
    is_over: bool = False


STAGES = (
    _("We have your request"),
    _("We are asking"),
    _("A person is looking at it"),
    _("We have an answer"),
)


@transaction.atomic
def new(*, verification: Verification, by: User | None) -> str:
    """The address of a fresh link; earlier ones stop working."""
    secret = secrets.token_urlsafe(32)
    Verification.objects.filter(pk=verification.pk).update(status_key_hash=digest(secret))
    audit.record(actor=by, verb=Verb.CHANGED, subject=verification.public_id, act="status link")
    return f"{settings.SITE_URL}{reverse('status')}#{secret}"


def for_submission(verification: Verification) -> str:
    """The address for a request sent with the public form: the same however often the answer is asked for again."""
    seed = f"status|{verification.submission_key}".encode()
    secret = base64.urlsafe_b64encode(hmac.new(settings.SECRET_KEY.encode(), seed, hashlib.sha256).digest())
    code = secret.decode().rstrip("=")
    Verification.objects.filter(pk=verification.pk, status_key_hash="").update(status_key_hash=digest(code))
    return f"{settings.SITE_URL}{reverse('status')}#{code}"


def progress(secret: str) -> Progress | None:
    """None for a wrong, cut or replaced code: all of them look the same."""
    found = Verification.objects.filter(status_key_hash=digest(secret)).select_related("casework", "payer").first()
    return _progress(found) if found else None


def _progress(verification: Verification) -> Progress:
    state = verification.state
    if state == State.CANCELLED:
        return Progress(0, _("This request was closed. Call us to start again."), is_over=True)
    if state == State.COMPLETED and (other := _asked_instead(verification)):
        further = _progress(other)
        return Progress(max(2, further.reached), further.now)
    if state in (State.COMPLETED, State.EXPIRED):
        return Progress(4, _("There is an answer. Call us, or wait for our call, to hear it."), is_over=True)
    if state == State.NEEDS_INFO:
        return Progress(2, _("We need one more thing from you. Please call us."))
    if calls_first(verification):
        return Progress(1, _("We call you first, and go through it together."))
    if state in BY_HAND:
        return Progress(3, _("This takes a person. We call you when there is an answer."))
    if state in ASKING:
        return Progress(2, _("This can take from a minute to a day."))
    return Progress(1, _("We start within a few minutes while the helpline is open."))


def _asked_instead(verification: Verification) -> Verification | None:
    """The other company that the plan named, while that one is being asked."""
    others = verification.children.filter(origin=Verification.Origin.CARVE_OUT, state__in=OPEN_STATES)
    return others.filter(casework__closed_at=None).select_related("casework", "payer").first()


def calls_first(verification: Verification) -> bool:
    """Whoever asked for a call and named no plan, or nobody on it, is called first: there is nothing to ask a plan yet."""
    casework = getattr(verification, "casework", None)
    if verification.state != State.MANUAL_REQUIRED or casework is None or not casework.wants_call:
        return False
    is_named = verification.member_id or verification.subscriber_last_name
    return not is_named or verification.payer.slug == NOT_KNOWN_SLUG


def digest(secret: str) -> str:
    return hashlib.sha256("".join(secret.split()).encode()).hexdigest()
