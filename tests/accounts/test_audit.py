"""The audit trail: added to in the same transaction, never changed, and any change is found."""

import random

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, transaction

from accounts import audit
from accounts.models import AuditEvent, AuditSeal, Verb

pytestmark = pytest.mark.django_db

TRIGGERS = ("accounts_auditevent", "accounts_auditseal")


def fill(actor, batches=4, each=10):
    for batch in range(batches):
        for number in range(each):
            audit.record(actor=actor, verb=Verb.READ, subject=f"IV-{batch}-{number}", fields=["phone"])
        audit.seal()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def as_owner(sql, params=()):
    """What somebody with the database owner's rights can do: switch the triggers off first."""
    with connection.cursor() as cursor:
        for table in TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql, params)
        for table in TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_a_whole_trail_is_whole(staff, capsys):
    fill(staff("agent"))
    audit.record(actor=None, verb=Verb.ERASED, subject="IV-9")
    call_command("verify_audit")
    assert "whole: 41 events" in capsys.readouterr().out


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE accounts_auditevent SET reason = 'x'",
        "DELETE FROM accounts_auditevent",
        "TRUNCATE accounts_auditevent",
        "UPDATE accounts_auditseal SET digest = 'x'",
        "DELETE FROM accounts_auditseal",
        "TRUNCATE accounts_auditseal",
    ],
)
def test_the_database_only_lets_rows_be_added(staff, sql):
    fill(staff("agent"), batches=1)
    with connection.cursor() as cursor:
        for table in TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        with pytest.raises(InternalError, match="Cannot"), transaction.atomic():
            cursor.execute(sql)


def attacks(chance):
    """One random thing an intruder with the owner's rights may do to a trail of 40 events in 4 seals."""
    pk = chance.choice(list(AuditEvent.objects.values_list("pk", flat=True)))
    number = chance.randint(1, 4)
    copy = "uid, at, actor_id, verb, subject, reason, detail, mac"
    return chance.choice(
        [
            ("UPDATE accounts_auditevent SET reason = 'hidden' WHERE id = %s", [pk]),
            ("UPDATE accounts_auditevent SET at = at - interval '1 hour' WHERE id = %s", [pk]),
            ("UPDATE accounts_auditevent SET subject = 'IV-0' || subject WHERE id = %s", [pk]),
            ("UPDATE accounts_auditevent SET actor_id = NULL WHERE id = %s", [pk]),
            ("UPDATE accounts_auditevent SET detail = '{}' WHERE id = %s", [pk]),
            ("DELETE FROM accounts_auditevent WHERE id = %s", [pk]),
            ("DELETE FROM accounts_auditevent WHERE id >= %s", [pk]),
            ("DELETE FROM accounts_auditseal WHERE number = %s", [number]),
            ("DELETE FROM accounts_auditseal WHERE number >= %s", [number]),
            ("UPDATE accounts_auditseal SET digest = previous WHERE number = %s", [number]),
            ("UPDATE accounts_auditseal SET event_ids = event_ids[2:] WHERE number = %s", [number]),
            ("UPDATE accounts_auditseal SET sealed_at = sealed_at - interval '1 day' WHERE number = %s", [number]),
            (
                f"INSERT INTO accounts_auditevent ({copy}) SELECT gen_random_uuid(), now(), actor_id, verb, "
                f"'IV-FORGED', reason, detail, mac FROM accounts_auditevent WHERE id = %s",
                [pk],
            ),
            ("TRUNCATE accounts_auditevent", []),
            ("TRUNCATE accounts_auditseal", []),
        ]
    )


def test_every_attack_by_the_databases_owner_is_found(staff):
    fill(staff("agent"))
    head = audit.head()
    chance, missed = random.Random(20), []
    for _ in range(150):
        sql, params = attacks(chance)
        point = transaction.savepoint()
        as_owner(sql, params)
        if not list(audit.verify(known_head=head)):
            missed.append((sql, params))
        transaction.savepoint_rollback(point)
    assert missed == []
    assert list(audit.verify(known_head=head)) == []


def test_a_cut_tail_is_found_by_the_exported_head(staff):
    fill(staff("agent"))
    head = audit.head()
    as_owner(
        "DELETE FROM accounts_auditevent WHERE id IN (SELECT unnest(event_ids) FROM accounts_auditseal WHERE number = 4)"
    )
    as_owner("DELETE FROM accounts_auditseal WHERE number = 4")
    assert list(audit.verify()) == []
    with pytest.raises(CommandError, match="not whole"):
        call_command("verify_audit", head=head)


def test_sealing_nothing_makes_no_seal(staff):
    fill(staff("agent"), batches=1)
    assert audit.seal() is None
    assert AuditSeal.objects.count() == 1


def test_an_act_that_fails_leaves_no_event(staff):
    def act():
        with transaction.atomic():
            audit.record(actor=None, verb=Verb.READ, subject="IV-1")
            raise LookupError

    with pytest.raises(LookupError):
        act()
    assert not AuditEvent.objects.exists()
