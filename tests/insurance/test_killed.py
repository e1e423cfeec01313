"""Long work upon personal data, killed with -9 in the middle and begun again: the end is the same."""

import base64
import secrets
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent
from insurance.encryption import key_prefix
from insurance.models import Consent, StatusEvent, Verification
from tests.factories import PayerFactory
from tests.insurance.factories import ConsentFactory, VerificationFactory
from tests.plant import Plant, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MANY = 150


@pytest.fixture
def command(tmp_path) -> Iterator[Callable[..., None]]:
    """command(*words, kill_when=None, **environment): a real `manage.py`, to its end or to its death."""
    plant = Plant(tmp_path, redis_url="memory://")

    def run(*words: str, kill_when: Callable[[], bool] | None = None, **environment: str) -> None:
        process = plant.start("command", sys.executable, "manage.py", *words, environment=environment)
        if kill_when is None:
            assert process.wait(60) == 0, (tmp_path / "command.log").read_text()
            return
        wait_for(lambda: kill_when() or process.poll() is not None, seconds=60, every=0.005)
        assert process.poll() is None, "it was done before it could be killed"
        plant.kill("command")

    yield run
    plant.__exit__()


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


def test_a_purge_killed_twice_ends_as_one_that_was_not(rows, command):
    kept = VerificationFactory(payer=rows[0].payer, state="manual_required")
    for reached in (MANY // 5, MANY // 2):
        command("purge", kill_when=lambda at=reached: Verification.objects.count() <= MANY + 1 - at)
        left = Verification.objects.exclude(pk=kept.pk).count()
        assert 0 < left < MANY
        # Each request is there with all that hangs on it, or gone with all of it and written down.
        assert StatusEvent.objects.count() == Consent.objects.count() - 1 == left
        assert AuditEvent.objects.filter(verb="erased", reason="retention").count() == MANY - left
    command("purge")
    assert list(Verification.objects.all()) == [kept]
    assert list(Consent.objects.all()) == [kept.consent]
    erased = AuditEvent.objects.filter(verb="erased").values_list("subject", flat=True)
    assert sorted(erased) == sorted(row.public_id for row in rows)
    assert list(audit.verify()) == []


def test_a_rotation_of_keys_killed_in_the_middle_goes_on(rows, command, settings):
    old = settings.FIELD_KEYS
    settings.FIELD_KEYS = f"next:{base64.b64encode(secrets.token_bytes(32)).decode()},{old}"
    moved = "SELECT count(*) FROM insurance_verification WHERE substr(member_id, 1, %s) = %s"

    def are_moved() -> int:
        with connection.cursor() as cursor:
            cursor.execute(moved, [len(key_prefix()), key_prefix()])
            return cursor.fetchone()[0]

    command("reencrypt", "--batch", "3", kill_when=lambda: are_moved() >= MANY // 5, FIELD_KEYS=settings.FIELD_KEYS)
    assert 0 < are_moved() < MANY
    expected = sorted(f"MEMBER{number}" for number in range(MANY))
    assert sorted(row.member_id for row in Verification.objects.all()) == expected  # both keys at once
    command("reencrypt", "--batch", "50", FIELD_KEYS=settings.FIELD_KEYS)
    settings.FIELD_KEYS = settings.FIELD_KEYS.removesuffix(f",{old}")
    assert sorted(row.member_id for row in Verification.objects.all()) == expected
    assert {event.note for event in StatusEvent.objects.all()} == {"said so"}
