"""The audit trail: adding to it, sealing it, and finding whether anybody has changed it.

`record` writes in the caller's own transaction: what is not committed was not done, and what was done is
written down. `seal` closes what is new into a batch whose digest covers the batch before; `verify` walks the
whole chain. The key is outside the database.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditEvent, AuditSeal, User

BATCH = 1000
SEAL_LOCK = 7_316_402
RECENT_SEALS = 50
# A transaction may be this old when it commits; an event older than that must be sealed, and not later.
GRACE = timedelta(minutes=10)


def record(*, actor: User | None, verb: str, subject: str, reason: str = "", **detail: Any) -> AuditEvent:
    """Write down one act. `detail` holds names, counts and digests, never a personal value."""
    event = AuditEvent(actor=actor, verb=verb, subject=subject, reason=reason.strip()[:200], detail=detail)
    event.mac = _mac(event)
    event.save(force_insert=True)
    return event


@transaction.atomic
def seal() -> AuditSeal | None:
    """Close what is new into one more batch; None if nothing is. Only one process seals at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEAL_LOCK])
    recent = list(AuditSeal.objects.order_by("-number")[:RECENT_SEALS])
    known = {pk for batch in recent for pk in batch.event_ids}
    events = AuditEvent.objects.filter(pk__gte=min(known, default=0)).exclude(pk__in=known).order_by("pk")[:BATCH]
    if not events:
        return None
    last = recent[0] if recent else None
    batch = AuditSeal(
        number=last.number + 1 if last else 1,
        event_ids=[event.pk for event in events],
        sealed_at=timezone.now(),
        previous=last.digest if last else "",
    )
    batch.digest = _digest(batch, events)
    batch.save(force_insert=True)
    return batch


def head() -> str:
    """The newest seal as "number:digest", to be kept outside the database; "" before the first."""
    newest = AuditSeal.objects.order_by("-number").first()
    return str(newest) if newest else ""


def verify(*, known_head: str = "") -> Iterator[str]:
    """Every fault of the trail, one sentence each; none if it is whole.

    With a head exported earlier, a trail that was cut off behind it is found as well.
    """
    sealed: set[int] = set()
    previous = ""
    digests: dict[int, str] = {}
    for number, batch in enumerate(AuditSeal.objects.order_by("number").iterator(chunk_size=100), start=1):
        if batch.number != number or batch.previous != previous:
            yield f"Seal {number} is missing or out of place."
            return
        yield from _faults_of_batch(batch)
        sealed.update(batch.event_ids)
        digests[number] = previous = batch.digest
    yield from _faults_outside_seals(sealed)
    yield from _fault_of_head(known_head, digests)


def _faults_of_batch(batch: AuditSeal) -> Iterator[str]:
    found = {event.pk: event for event in AuditEvent.objects.filter(pk__in=batch.event_ids)}
    missing = [pk for pk in batch.event_ids if pk not in found]
    if missing:
        yield f"Seal {batch.number}: {len(missing)} of its events are gone (first: {missing[0]})."
        return
    events = [found[pk] for pk in batch.event_ids]
    if not hmac.compare_digest(batch.digest, _digest(batch, events)):
        yield f"Seal {batch.number}: an event or the seal itself was changed."
    yield from (f"Event {event.pk} was not written by this application." for event in events if not _is_ours(event))
    yield from (
        f"Event {event.pk} is dated long before it was sealed."
        for event in events
        if event.at < batch.sealed_at - _longest_wait(batch)
    )


def _longest_wait(batch: AuditSeal) -> timedelta:
    """An event waits for the next seal at most since the one before."""
    before = AuditSeal.objects.filter(number=batch.number - 1).values_list("sealed_at", flat=True).first()
    return (batch.sealed_at - before if before else timedelta(days=3650)) + GRACE


def _faults_outside_seals(sealed: set[int]) -> Iterator[str]:
    newest = max(sealed, default=0)
    late = timezone.now() - GRACE
    loose = [pk for pk in AuditEvent.objects.values_list("pk", flat=True).iterator() if pk not in sealed]
    for event in AuditEvent.objects.filter(pk__in=loose).order_by("pk"):
        if not _is_ours(event):
            yield f"Event {event.pk} was not written by this application."
        elif event.at < late and (newest or event.pk == 1):
            yield f"Event {event.pk} should have been sealed long ago."


def _fault_of_head(known_head: str, digests: dict[int, str]) -> Iterator[str]:
    number, _, digest = known_head.partition(":")
    if known_head and digests.get(int(number) if number.isdigit() else 0) != digest:
        yield f"The trail does not contain the exported head {number}: it was cut off or rewritten."


def _is_ours(event: AuditEvent) -> bool:
    return hmac.compare_digest(event.mac, _mac(event))


def _mac(event: AuditEvent) -> str:
    return hmac.new(_key(), b"event" + _canonical(event), hashlib.sha256).hexdigest()


def _digest(batch: AuditSeal, events: Iterable[AuditEvent]) -> str:
    frame = json.dumps([batch.number, batch.previous, batch.sealed_at.timestamp(), list(batch.event_ids)])
    chain = hmac.new(_key(), b"seal" + frame.encode(), hashlib.sha256)
    for event in events:
        chain.update(_canonical(event) + event.mac.encode())
    return chain.hexdigest()


def _canonical(event: AuditEvent) -> bytes:
    """The event's content as bytes that are the same wherever and whenever they are made."""
    parts = [
        str(event.uid),
        event.at.timestamp(),
        event.actor_id,
        str(event.verb),
        event.subject,
        event.reason,
        event.detail,
    ]
    return json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()


def _key() -> bytes:
    """Of its own if AUDIT_KEY is set, else derived from the blind index's key, which is never rotated."""
    return hashlib.sha256(b"audit|" + (settings.AUDIT_KEY or settings.BLIND_INDEX_KEY).encode()).digest()
