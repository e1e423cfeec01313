"""How long personal data stay: purged after their time, exported and erased for one person when asked.

Each request goes in a transaction of its own, so a purge that is killed has done what it has done, and running it
again goes on. What remains is the audit trail, which names requests and never people.
"""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit
from accounts.models import OneTimeLink, Throttle, User, Verb
from insurance import consent, membership
from insurance.models import Consent, Disclosure, IntakeDraft, StatusEvent, Verification
from insurance.models.verification import VerificationQuerySet
from insurance.states import FINAL_STATES

# These tables are only ever added to; a purge is the one reason to take whole requests out of them.
KEPT_BY_TRIGGER = ("insurance.StatusEvent:append_only", "insurance.Disclosure:append_only")

# A member ID or a telephone number that so many requests share belongs to no one person.
MOST_EXPORTED = 200


class TooManyError(Exception):
    """An export would tell one person about others."""


def overdue() -> QuerySet[Verification]:
    """Requests that are over and past their time, children before parents.

    What the desk has finished is over wherever its work stood, and whatever `desk.stop_finished` moved since.
    """
    before = timezone.now() - timedelta(days=settings.RETENTION_DAYS["requests"])
    lately = StatusEvent.objects.filter(verification=OuterRef("pk"), at__gte=before)
    answered_before = Q(completed_at=None) | Q(completed_at__lt=before)
    is_over = Q(casework__closed_at__lt=before) | (Q(state__in=FINAL_STATES) & ~Exists(lately))
    old = Verification.objects.filter(is_over, answered_before, created_at__lt=before, children=None)
    return old.order_by("-pk")


def purge(limit: int = 500) -> dict[str, int]:
    """Take away what is past its time, up to `limit` requests; how many of each kind went."""
    gone = sum(_remove(pk, by=None, why="retention") for pk in list(overdue().values_list("pk", flat=True)[:limit]))
    drafts = IntakeDraft.objects.filter(updated_at__lt=Now() - timedelta(days=settings.RETENTION_DAYS["drafts"]))
    throttles = Throttle.objects.filter(began_at__lt=Now() - timedelta(days=1))
    links = OneTimeLink.objects.filter(expires_at__lt=Now() - timedelta(days=30))
    sessions = Session.objects.filter(expire_date__lt=Now())
    return {
        "requests": gone,
        "drafts": drafts.delete()[0],
        "throttles": throttles.delete()[0],
        "links": links.delete()[0],
        "sessions": sessions.delete()[0],
    }


@transaction.atomic
def _remove(pk: int, *, by: User | None, why: str) -> int:
    """Delete one request with all that hangs on it, and its consent if nothing else rests on that."""
    row = Verification.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        return 0
    consent_id = row.consent_id
    with pgtrigger.ignore(*KEPT_BY_TRIGGER):
        row.delete()
    Consent.objects.filter(pk=consent_id, verifications=None).delete()  # type: ignore[misc]
    audit.record(actor=by, verb=Verb.ERASED, subject=row.public_id, reason=why)
    return 1


def of_person(public_id: str) -> VerificationQuerySet:
    """All requests about the same person as this one: the same member ID or telephone number, and what came of them.

    The index of a number knows no extension, so what it finds is read: strangers behind one switchboard are not joined.
    """
    known = Verification.objects.get(public_id=public_id)
    same = Q(pk=known.pk)
    if known.member_index:
        same |= Q(member_index=known.member_index)
    numbers = {known.phone_index, *membership.phone_indexes(known.phone)} - {""}
    if numbers:
        alike = Verification.objects.filter(phone_index__in=numbers).only("uid", "phone")
        same |= Q(pk__in=[row.pk for row in alike.iterator() if membership.same_line(row.phone, known.phone)])
    found: set[int] = set()
    while more := set(Verification.objects.filter(same).values_list("pk", flat=True)) - found:
        found |= more
        same = Q(parent__in=found) | Q(children__in=found)
    return Verification.objects.filter(pk__in=found).order_by("pk")


@transaction.atomic
def export(public_id: str, *, by: User, reason: str) -> str:
    """All that is kept about the person behind a request, as JSON with the notice and the consents that go with it."""
    requests = list(of_person(public_id).select_related("payer", "program", "consent", "casework"))
    if len(requests) > MOST_EXPORTED:
        raise TooManyError(f"{len(requests)} requests share this member ID or telephone number: that is no one person.")
    for row in requests:
        if row.consent_id:
            consent.disclose(verification=row, recipient=Disclosure.Recipient.PERSON, what="all that is kept", by=by)
    text = json.dumps(
        {
            "notice": consent.NOTICE,
            "exported_at": timezone.now(),
            "exported_by": by,
            "requests": [_everything(row) for row in requests],
        },
        default=str,
        indent=2,
        ensure_ascii=False,
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    for row in requests:
        audit.record(actor=by, verb=Verb.EXPORTED, subject=row.public_id, reason=reason, sha256=digest)
    return text


def _everything(row: Verification) -> dict[str, Any]:
    parts: dict[str, Any] = {"request": _columns(row), "payer": str(row.payer), "program": str(row.program or "")}
    for name in ("consent", "casework"):
        one = getattr(row, name, None)
        parts[name] = _columns(one) if one else None
    parts["consent_text"] = consent.copy_of(row.consent) if row.consent else []
    for name in ("events", "tries", "calls", "snapshots", "notes", "disclosures"):
        parts[name] = [_columns(one) for one in getattr(row, name).all()]
    return parts


def _columns(row: Any) -> dict[str, Any]:
    """Every column in the clear, except keys and indexes that say nothing to a person."""
    hidden = {"id", "uid", "member_index", "phone_index", "dedupe_key", "status_key_hash", "submission_key"}
    return {
        field.name: _readable(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.name not in hidden
    }


def _readable(value: Any) -> Any:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else value


@transaction.atomic
def erase(public_id: str, *, by: User, reason: str) -> int:
    """Delete every request about the same person, children first, all or none; how many there were."""
    children_first = of_person(public_id).order_by("-pk").values_list("pk", flat=True)
    return sum(_remove(pk, by=by, why=reason) for pk in list(children_first))
