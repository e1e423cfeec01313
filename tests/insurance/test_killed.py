"""Long work upon personal data, killed with -9 in the middle and begun again: the end is the same."""

import base64
import multiprocessing
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent
from insurance import keychecks
from insurance.encryption import key_prefix
from insurance.models import Consent, KeyCheck, StatusEvent, Verification
from tests.factories import PayerFactory
from tests.insurance.factories import ConsentFactory, VerificationFactory
from tests.plant import wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MANY = 60


def _manage(*words: str) -> None:
    for inherited in connections.all(initialized_only=True):
        del connections[inherited.alias]  # not closed: it is the other process's
    call_command(*words)


def killed(*words: str, when: Callable[[], bool]) -> None:
    """Run `manage.py` with these words in a process of its own, and kill -9 it as soon as it has got that far.

    The process is this one's copy, with a connection of its own: it begins at once, without reading all code anew.
    """
    process = multiprocessing.get_context("fork").Process(target=_manage, args=words)
    process.start()
    try:
        wait_for(lambda: when() or not process.is_alive(), seconds=60, every=0.005)
        assert process.is_alive(), "it was done before it could be killed"
    finally:
        process.kill()
        process.join()


@pytest.fixture
def rows() -> list[Verification]:
    payer, then = PayerFactory(), timezone.now() - timedelta(days=91)
    made = [
        VerificationFactory(payer=payer, consent=ConsentFactory(), state="cancelled", member_id=f"MEMBER{number}")
        for number in range(MANY)
    ]
    StatusEvent.objects.bulk_create(
        StatusEvent(verification=row, version=row.version, to_state="cancelled", at=then, note="said so")
        for row in made
    )
    Verification.objects.update(created_at=then)
    return made


def test_a_purge_killed_twice_ends_as_one_that_was_not(rows):
    kept = VerificationFactory(payer=rows[0].payer, state="manual_required")
    for reached in (MANY // 5, MANY // 2):
        killed("purge", when=lambda at=reached: Verification.objects.count() <= MANY + 1 - at)
        left = Verification.objects.exclude(pk=kept.pk).count()
        assert 0 < left < MANY
        # Each request is there with all that hangs on it, or gone with all of it and written down.
        assert StatusEvent.objects.count() == Consent.objects.count() - 1 == left
        assert AuditEvent.objects.filter(verb="erased", reason="retention").count() == MANY - left
    call_command("purge", stdout=StringIO())
    assert list(Verification.objects.all()) == [kept]
    assert list(Consent.objects.all()) == [kept.consent]
    erased = AuditEvent.objects.filter(verb="erased").values_list("subject", flat=True)
    assert sorted(erased) == sorted(row.public_id for row in rows)
    assert list(audit.verify()) == []


@pytest.fixture
def sentinel(rows) -> Iterator[None]:
    """What later starts are checked against goes with the keys; when the old ones are back, so is it."""
    yield
    KeyCheck.objects.all().delete()
    keychecks.write_sentinel()


def test_a_rotation_of_keys_killed_in_the_middle_goes_on(sentinel, settings):
    old = settings.FIELD_KEYS
    settings.FIELD_KEYS = f"next:{base64.b64encode(secrets.token_bytes(32)).decode()},{old}"
    moved = "SELECT count(*) FROM insurance_verification WHERE substr(member_id, 1, %s) = %s"

    def are_moved() -> int:
        with connection.cursor() as cursor:
            cursor.execute(moved, [len(key_prefix()), key_prefix()])
            return cursor.fetchone()[0]

    killed("reencrypt", "--batch", "3", when=lambda: are_moved() >= MANY // 5)
    assert 0 < are_moved() < MANY
    expected = sorted(f"MEMBER{number}" for number in range(MANY))
    assert sorted(row.member_id for row in Verification.objects.all()) == expected  # both keys at once
    call_command("reencrypt", "--batch", "50", stdout=StringIO())
    settings.FIELD_KEYS = settings.FIELD_KEYS.removesuffix(f",{old}")
    assert sorted(row.member_id for row in Verification.objects.all()) == expected
    assert {event.note for event in StatusEvent.objects.all()} == {"said so"}
