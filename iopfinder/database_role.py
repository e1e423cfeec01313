"""The database role that the site serves as: of the audit trail it may read and add rows, and nothing else.

Triggers alone do not keep a trail: the owner of a table switches them off, and any connection may tell pgtrigger to
look away. So `migrate` runs as the owner, and web, worker and sweeper as this role, which PostgreSQL refuses.
"""

from django.conf import settings
from django.db import connection, transaction
from psycopg2 import extensions, sql

from accounts.models import AuditEvent, AuditSeal

ADD_ONLY = (AuditEvent._meta.db_table, AuditSeal._meta.db_table)
SCHEMA = "public"

GRANTS = (
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    # Tables of a later migration, until this is run again.
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    "REVOKE ALL ON {trail} FROM PUBLIC, {role}",
    "GRANT SELECT, INSERT ON {trail} TO {role}",
)

# Its owner, a member of its owner and a superuser can take every right back.
MAY_ALTER = """
SELECT bool_or(pg_has_role(%(role)s, relowner, 'MEMBER')
               OR has_table_privilege(%(role)s, oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER'))
FROM pg_class WHERE relname = ANY(%(tables)s) AND relnamespace = %(schema)s::regnamespace
"""


class DatabaseRoleError(Exception):
    """Why there is no safe role, in one sentence."""


def prepare() -> str:
    """Make the role of APP_DATABASE_URL, or renew its password and rights; its name. Run as the owner, after `migrate`."""
    name, password = settings.APP_DATABASE.get("USER"), settings.APP_DATABASE.get("PASSWORD")
    if not name or not password:
        raise DatabaseRoleError("APP_DATABASE_URL must name the role that the site serves as, with its password.")
    with transaction.atomic():
        _log_in_as(name, password)
        _grant(name)
        if may_alter_the_trail(name):
            raise DatabaseRoleError(
                f"The role {name} owns the audit trail or may act for its owner: name another one in APP_DATABASE_URL."
            )
    return name


def may_alter_the_trail(role: str | None = None) -> bool:
    """Could `role` (unset: whoever is connected) change or remove what the audit trail holds?"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        role = role or cursor.fetchone()[0]
        cursor.execute(MAY_ALTER, {"role": role, "tables": list(ADD_ONLY), "schema": SCHEMA})
        return bool(cursor.fetchone()[0])


def _log_in_as(name: str, password: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        # The server gets a verifier, so that no log of statements can hold the password.
        verifier = extensions.encrypt_password(password, name, cursor.connection, "scram-sha-256")
        statement = sql.SQL("{verb} ROLE {role} LOGIN PASSWORD {verifier}").format(
            verb=sql.SQL(verb), role=sql.Identifier(name), verifier=sql.Literal(verifier)
        )
        cursor.execute(statement.as_string(cursor.connection))


def _grant(name: str) -> None:
    names = {
        "database": sql.Identifier(connection.settings_dict["NAME"]),
        "schema": sql.Identifier(SCHEMA),
        "role": sql.Identifier(name),
        "trail": sql.SQL(", ").join(sql.Identifier(SCHEMA, table) for table in ADD_ONLY),
    }
    with connection.cursor() as cursor:
        for grant in GRANTS:
            cursor.execute(sql.SQL(grant).format(**names).as_string(cursor.connection))
