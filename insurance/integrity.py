"""Has anybody with the database put an older value back? The audit trail holds a digest of what was last written.

A value that was moved, changed or planted does not decrypt (`encryption`). An older value of the same cell does, and a
version number beside it could be put back with it. So whatever is written over leaves its digest in the trail, which
the site can only add to and whose newest seal is kept outside the database; `manage.py verify_audit` compares.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import AuditEvent, Verb
from insurance.encryption import DecryptionError, EncryptedField, blind_index
from insurance.models import ManualCall, Review, Verification, VerificationAttempt

# Rows whose personal columns may be written a second time. All others are written once.
KINDS: dict[str, type[models.Model]] = {
    "request": Verification,
    "attempt": VerificationAttempt,
    "call": ManualCall,
    "second reading": Review,
}
KIND_OF = {model: kind for kind, model in KINDS.items()}


def mark(row: models.Model) -> dict[str, str]:
    """For `audit.record(…, content=mark(row))`, after the row was saved and in the same transaction.

    The row is read again: of what others have changed meanwhile, the caller's instance knows nothing.
    """
    fresh = type(row)._base_manager.get(pk=row.pk)
    return {f"{KIND_OF[type(row)]} {row.pk}": digest(fresh)}


def digest(row: Any) -> str:
    """A keyed hash of all personal columns. The row's uuid is in it and nowhere in the trail: once the row is erased,
    nobody can try guesses against it, not even with the key."""
    columns = {
        field.column: None if (value := getattr(row, field.attname)) is None else field.to_bytes(value).hex()
        for field in row._meta.concrete_fields
        if isinstance(field, EncryptedField)
    }
    return blind_index("content", json.dumps([row._meta.db_table, str(row.uid), columns], sort_keys=True))


def faults() -> Iterator[str]:
    """Every request that is not as the trail says, one sentence each; none if all are."""
    told = AuditEvent.objects.filter(Q(verb=Verb.ERASED) | Q(detail__has_key="content"))
    changed = Verification.objects.filter(Exists(told.filter(subject=OuterRef("public_id"))))
    for public_id in changed.order_by("pk").values_list("public_id", flat=True):
        events = list(told.filter(subject=public_id).order_by("pk").values_list("verb", "detail"))
        if any(verb == Verb.ERASED for verb, _detail in events):
            yield f"Request {public_id} was erased and is there again."
            continue
        written = dict.fromkeys(name for _verb, detail in events for name in detail["content"])
        yield from filter(None, (_fault(public_id, name) for name in written))


@transaction.atomic
def _fault(public_id: str, name: str) -> str:
    """What is wrong with one row, or nothing. It is locked, so that no change is half seen."""
    kind, _, pk = name.rpartition(" ")
    row = KINDS[kind]._base_manager.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        return f"Request {public_id}: {name} is gone."
    newest = AuditEvent.objects.filter(subject=public_id, detail__content__has_key=name).latest("pk")
    try:
        same = digest(row) == newest.detail["content"][name]
    except DecryptionError:
        return f"Request {public_id}: {name} cannot be read."
    return "" if same else f"Request {public_id}: {name} is not what was last written; an older value was put back."
