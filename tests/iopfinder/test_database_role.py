"""What the site serves as: every table is open to it, and of the audit trail only reading and adding."""

import secrets
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts import audit
from accounts.models import Verb
from insurance import retention
from insurance.models import Verification
from iopfinder import database_role, doctor
from tests.insurance.factories import VerificationFactory

pytestmark = pytest.mark.django_db


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def role(settings) -> str:
    """A fresh role, as `manage.py app_role` makes it; it goes with the test's transaction."""
    settings.APP_DATABASE = {"USER": f"app_{secrets.token_hex(4)}", "PASSWORD": secrets.token_hex(8)}
    call_command("app_role")
    call_command("app_role")  # at every update
    return settings.APP_DATABASE["USER"]


@pytest.fixture
def serving(role: str) -> Iterator[None]:
    """From here on this connection is the site's."""
    audit.record(actor=None, verb=Verb.READ, subject="IV-1")
    audit.seal()
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run(f"SET LOCAL ROLE {role}")
    yield
    run("RESET ROLE")


# pgtrigger looks away for whoever asks it to: the right itself must be missing.
LOOK_AWAY = "SET LOCAL pgtrigger.ignore = '{accounts_auditevent:add_only, accounts_auditseal:add_only}'"
REFUSED = [
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
    "ALTER TABLE {table} DISABLE TRIGGER USER",
    "DROP TABLE {table}",
    "CREATE TRIGGER mine BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE mine AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "MERGE INTO {table} USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
]


@pytest.mark.parametrize("statement", REFUSED)
@pytest.mark.parametrize(("table", "column"), [("accounts_auditevent", "subject"), ("accounts_auditseal", "digest")])
def test_the_trail_cannot_be_altered(serving: None, statement: str, table: str, column: str) -> None:
    run(LOOK_AWAY)
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
        run(statement.format(table=table, column=column))


@pytest.mark.parametrize(
    "statement",
    ["SET session_replication_role = replica", "CREATE TABLE mine (n int)", "CREATE ROLE mine", "SET ROLE {owner}"],
)
def test_nor_can_the_role_raise_itself(role: str, statement: str) -> None:
    run(f"SET LOCAL SESSION AUTHORIZATION {role}")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        run(statement.format(owner=connection.settings_dict["USER"]))
    run("RESET SESSION AUTHORIZATION")


def test_the_trail_is_added_to_sealed_and_verified(serving: None) -> None:
    audit.record(actor=None, verb=Verb.READ, subject="IV-2")
    assert audit.seal() is not None
    assert list(audit.verify(known_head=audit.head())) == []


def test_the_rest_is_written_and_purged_as_ever(serving: None) -> None:
    row = VerificationFactory(state="cancelled")
    assert retention.erase(row.public_id, by=None, reason="asked") == 1  # type: ignore[arg-type]
    assert not Verification.objects.exists()


def test_a_table_of_a_later_migration_is_open_too(role: str) -> None:
    run("CREATE TABLE later (n int GENERATED ALWAYS AS IDENTITY, word text)")
    run(f"SET LOCAL ROLE {role}")
    run("INSERT INTO later (word) VALUES ('x')")
    run("DELETE FROM later")
    run("RESET ROLE")


@pytest.mark.parametrize("url", [{}, {"USER": "app"}, {"PASSWORD": "x"}])
def test_a_role_without_name_or_password_is_refused(settings, url: dict[str, str]) -> None:
    settings.APP_DATABASE = url
    with pytest.raises(CommandError, match="APP_DATABASE_URL must name"):
        call_command("app_role")


def test_a_role_that_may_act_for_the_owner_is_refused(settings) -> None:
    settings.APP_DATABASE = {"USER": "too_mighty", "PASSWORD": "x"}
    run(f"CREATE ROLE too_mighty LOGIN; GRANT {connection.settings_dict['USER']} TO too_mighty")
    with pytest.raises(CommandError, match="may act for its owner"):
        call_command("app_role")


def test_the_doctor_sees_who_is_connected(settings, role: str) -> None:
    settings.LOCAL = False
    assert doctor.audit_trail().fault
    run(f"SET LOCAL ROLE {role}")
    assert not doctor.audit_trail().fault
    assert not database_role.may_alter_the_trail()
    run("RESET ROLE")
