"""Statements that each connection plans once: for one program, planning these costs more than running them."""

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
        known = _known.setdefault(cursor.connection, set())
        if self.name not in known:
            with cursor.db.wrap_database_errors:  # past the count of queries: it is asked once a connection
                cursor.cursor.execute(f"PREPARE {self.name} AS {self.sql}")
            known.add(self.name)
        places = ", ".join(["%s"] * len(parameters))
        cursor.execute(f"EXECUTE {self.name} ({places})" if places else f"EXECUTE {self.name}", parameters)
