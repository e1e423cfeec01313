"""COPY: PostgreSQL's way to take in many rows at once."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_rows(
    table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, same: Mapping[str, Any] | None = None
) -> None:
    """Append rows to a table; `same` holds columns that are equal in all of them.

    Tuples and lists become arrays; they must hold slugs (nothing to quote).
    """
    same = same or {}
    end = "".join(f"\t{_text(value)}" for value in same.values()) + "\n"
    text = io.StringIO("".join(["\t".join([_text(value) for value in row]) + end for row in rows]))
    names = ", ".join(f'"{column}"' for column in (*columns, *same))
    with connection.cursor() as cursor:
        cursor.copy_expert(f'COPY "{table}" ({names}) FROM STDIN', text)


def _text(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return value if "\\" not in value and value.isprintable() else value.translate(_ESCAPES)
    if isinstance(value, (tuple, list)):
        return "{" + ",".join(value) + "}"
    return str(value)


def take_ids(sequence: str, count: int) -> list[int]:
    """The next `count` numbers of a sequence, so that rows can point at each other before they are stored."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [sequence, count])
        return [row[0] for row in cursor.fetchall()]
