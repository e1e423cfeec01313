"""Walking the audit trail, against the least that any walk does: read every row and hash it once."""

import hashlib
import hmac
import os
import time

import pytest
from django.db import connection

from accounts import audit
from accounts.models import AuditEvent, Verb

pytestmark = [pytest.mark.bench, pytest.mark.django_db, pytest.mark.timeout(600)]

COUNT = int(os.environ.get("SIZE", "5000")) * 10


@pytest.fixture
def trail(staff) -> None:
    """COUNT events as the desk writes them, sealed in full batches."""
    agent = staff("agent")
    made = [
        AuditEvent(actor=agent, verb=Verb.READ, subject=f"IV-{n:08}", detail={"fields": ["phone", "name"], "n": n})
        for n in range(COUNT)
    ]
    for event in made:
        event.mac = audit._mac(audit._canonical([getattr(event, name) for name in audit.CONTENT]))
    AuditEvent.objects.bulk_create(made, batch_size=5000)
    while audit.seal():
        pass
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_auditevent, accounts_auditseal")


def floor() -> None:
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT uid, at, actor_id, verb, subject, reason, detail, mac FROM accounts_auditevent ORDER BY id"
        )
        while rows := cursor.fetchmany(1000):
            for row in rows:
                hmac.digest(b"key", str(row).encode(), hashlib.sha256)


def test_verify_audit_against_the_floor(trail: None) -> None:
    rate = {}
    for name, walk in (("floor", floor), ("verify", lambda: list(audit.verify()))):
        began, busy = time.perf_counter(), time.process_time()
        assert not walk()
        elapsed, worked = time.perf_counter() - began, time.process_time() - busy
        rate[name] = COUNT / elapsed
        print(  # noqa: T201  (the figures are what this run is for)
            f"  {name}: {COUNT} events, {rate[name]:.0f}/s by the clock, {COUNT / worked:.0f}/s of our own CPU time"
        )
    assert rate["verify"] >= rate["floor"] / 8
