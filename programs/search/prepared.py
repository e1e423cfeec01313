"""Statements that each connection plans once: for one program, planning these costs more than running them."""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.db.backends.utils import CursorWrapper

# By connection to the server, which forgets its statements when it ends; a rolled-back transaction keeps them.
_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


class Prepared:
    """One statement, its parameters written $1, $2 and so on. PostgreSQL knows it by `name`, within a connection.

    Through a pooler it needs whole sessions: one that changes servers between transactions knows no statements.
    """

    def __init__(self, name: str, sql: str) -> None:
        self.name, self.sql = name, sql

    def execute(self, cursor: CursorWrapper, *parameters: Any) -> None:
        execute(cursor, (self, parameters))


def execute(cursor: CursorWrapper, *calls: tuple[Prepared, Sequence[Any]]) -> None:
    """Several statements in one message: each sees what those before it did, the rows are those of the last."""
    known = _known.setdefault(cursor.connection, set())
    for statement, _parameters in calls:
        if statement.name not in known:
            with cursor.db.wrap_database_errors:  # past the count of queries: it is asked once a connection
                cursor.cursor.execute(f"PREPARE {statement.name} AS {statement.sql}")
            known.add(statement.name)
    asked = "; ".join([_call(statement.name, len(parameters)) for statement, parameters in calls])
    cursor.execute(asked, [value for _statement, parameters in calls for value in parameters])


def _call(name: str, parameters: int) -> str:
    return f"EXECUTE {name} ({', '.join(['%s'] * parameters)})" if parameters else f"EXECUTE {name}"
