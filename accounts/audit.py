"""The audit trail: adding to it, sealing it, and finding whether anybody has changed it.

`record` writes in the caller's own transaction: what is not committed was not done, and what was done is
written down. `seal` closes what is new into a batch whose digest covers the batch before; `verify` walks the
whole chain. The key is outside the database.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BigIntegerField, F, Func, Min, QuerySet
from django.utils import timezone

from accounts.models import AuditEvent, AuditSeal, User

BATCH = 1000
SEAL_LOCK = 7_316_402
# A transaction may be this old when it commits; an event older than that must be sealed, and not later.
GRACE = timedelta(minutes=10)
# What of an event the digests cover. Events are walked as plain rows of these: a long trail has millions.
CONTENT = ("uid", "at", "actor_id", "verb", "subject", "reason", "detail")
AT, MAC = CONTENT.index("at"), len(CONTENT)
Row = Sequence[Any]
# Bytes that are the same wherever and whenever they are made.
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def record(*, actor: User | None, verb: str, subject: str, reason: str = "", **detail: Any) -> AuditEvent:
    """Write down one act. `detail` holds names, counts and digests, never a personal value."""
    event = AuditEvent(actor=actor, verb=verb, subject=subject, reason=reason.strip()[:200], detail=detail)
    event.mac = _mac(_canonical([getattr(event, name) for name in CONTENT]))
    event.save(force_insert=True)
    return event


@transaction.atomic
def seal() -> AuditSeal | None:
    """Close what is new into one more batch; None if nothing is. Only one process seals at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEAL_LOCK])
    last = AuditSeal.objects.order_by("-number").first()
    found = list(_unsealed(last).order_by("pk").values_list("pk", *CONTENT, "mac")[:BATCH])
    if not found:
        return None
    batch = AuditSeal(
        number=last.number + 1 if last else 1,
        event_ids=[pk for pk, *_ in found],
        sealed_at=timezone.now(),
        previous=last.digest if last else "",
    )
    batch.digest = _digest(batch, [(_canonical(row), row[MAC]) for _pk, *row in found])
    batch.save(force_insert=True)
    return batch


def _unsealed(last: AuditSeal | None) -> QuerySet[AuditEvent]:
    """Events of no seal. One that took its number early and was committed late is among them, up to GRACE."""
    if last is None:
        return AuditEvent.objects.all()
    begin = min(last.sealed_at, timezone.now() - 2 * GRACE)
    recent = AuditSeal.objects.filter(sealed_at__gte=begin).order_by()
    each = recent.annotate(pk_in_it=Func(F("event_ids"), function="unnest", output_field=BigIntegerField()))
    first = recent.aggregate(first=Min("event_ids__0"))["first"]
    return AuditEvent.objects.filter(pk__gte=first).exclude(pk__in=each.values("pk_in_it"))


def head() -> str:
    """The newest seal as "number:digest", to be kept outside the database; "" before the first."""
    newest = AuditSeal.objects.order_by("-number").first()
    return str(newest) if newest else ""


def verify(*, known_head: str = "") -> Iterator[str]:
    """Every fault of the trail, one sentence each; none if it is whole.

    With a head exported earlier, a trail that was cut off behind it is found as well.
    """
    sealed: set[int] = set()
    digests: dict[int, str] = {}
    before: AuditSeal | None = None
    for number, batch in enumerate(AuditSeal.objects.order_by("number").iterator(chunk_size=100), start=1):
        if batch.number != number or batch.previous != (before.digest if before else ""):
            yield f"Seal {number} is missing or out of place."
            return
        yield from _faults_of_batch(batch, before)
        sealed.update(batch.event_ids)
        digests[number] = batch.digest
        before = batch
    yield from _faults_outside_seals(sealed)
    yield from _fault_of_head(known_head, digests)


def _faults_of_batch(batch: AuditSeal, before: AuditSeal | None) -> Iterator[str]:
    rows = AuditEvent.objects.filter(pk__in=batch.event_ids).order_by().values_list("pk", *CONTENT, "mac")
    found = {pk: row for pk, *row in rows}
    missing = [pk for pk in batch.event_ids if pk not in found]
    if missing:
        yield f"Seal {batch.number}: {len(missing)} of its events are gone (first: {missing[0]})."
        return
    # An event waits for the next seal at most since the one before.
    earliest = before.sealed_at - GRACE if before else batch.sealed_at - timedelta(days=3650)
    parts = []
    for pk in batch.event_ids:
        row = found[pk]
        content = _canonical(row)
        parts.append((content, row[MAC]))
        if not hmac.compare_digest(row[MAC], _mac(content)):
            yield f"Event {pk} was not written by this application."
        if row[AT] < earliest:
            yield f"Event {pk} is dated long before it was sealed."
    if not hmac.compare_digest(batch.digest, _digest(batch, parts)):
        yield f"Seal {batch.number}: an event or the seal itself was changed."


def _faults_outside_seals(sealed: set[int]) -> Iterator[str]:
    late = timezone.now() - GRACE
    everything = AuditEvent.objects.order_by().values_list("pk", flat=True)
    loose = [pk for pk in everything.iterator(chunk_size=10_000) if pk not in sealed]
    rows = AuditEvent.objects.filter(pk__in=loose).order_by("pk").values_list("pk", *CONTENT, "mac")
    for pk, *row in rows.iterator():
        if not hmac.compare_digest(row[MAC], _mac(_canonical(row))):
            yield f"Event {pk} was not written by this application."
        elif row[AT] < late:
            yield f"Event {pk} should have been sealed long ago."


def _fault_of_head(known_head: str, digests: dict[int, str]) -> Iterator[str]:
    number, _, digest = known_head.partition(":")
    if known_head and digests.get(int(number) if number.isdigit() else 0) != digest:
        yield f"The trail does not contain the exported head {number}: it was cut off or rewritten."


def _mac(content: bytes) -> str:
    return hmac.digest(_key(), b"event" + content, "sha256").hex()


def _digest(batch: AuditSeal, events: Sequence[tuple[bytes, str]]) -> str:
    """Of the seal's own frame and each of its events with its mac, in the order of `event_ids`."""
    frame = json.dumps([batch.number, batch.previous, batch.sealed_at.timestamp(), list(batch.event_ids)])
    parts = [b"seal", frame.encode(), *(content + mac.encode() for content, mac in events)]
    return hmac.digest(_key(), b"".join(parts), "sha256").hex()


def _canonical(row: Row) -> bytes:
    """An event's content, in the order of CONTENT, as bytes."""
    uid, at, actor, verb, subject, reason, detail = row[:MAC]
    return ENCODER.encode([str(uid), at.timestamp(), actor, str(verb), subject, reason, detail]).encode()


def _key() -> bytes:
    """Of its own if AUDIT_KEY is set, else derived from the blind index's key, which is never rotated."""
    return _derived(settings.AUDIT_KEY or settings.BLIND_INDEX_KEY)


@lru_cache(maxsize=4)
def _derived(secret: str) -> bytes:
    return hashlib.sha256(b"audit|" + secret.encode()).digest()
