"""Search straight from PostgreSQL: one statement for the records, the same arithmetic. No state to go stale.

It answers when the index cannot, inside transactions, and as the index's cross-check in tests.
"""

import datetime as dt
import io
import struct
from collections.abc import Sequence

from django.db import connection

from programs.search import sphere
from programs.search.answer import Search
from programs.search.query import Answer, Named, Query
from programs.search.table import Table
from programs.search.vocabulary import LAYOUT

RECORDS = """
SELECT string_agg(rec, ''::bytea), string_agg(payers, ''::bytea), {sessions}, {has_real}
FROM programs_searchrecord WHERE layout = {layout}
"""
SESSIONS = "string_agg(sessions, ''::bytea)"
# Bits tell when programs at an address meet; those by video meet on another clock.
SESSIONS_BY_VIDEO = f"{SESSIONS} FILTER (WHERE virtual_states IS NOT NULL)"
# Of a binary COPY: signature, flags, length of an extension (none is defined), then the first row's number of fields.
HEADER, LENGTH = struct.Struct("!11siih"), struct.Struct("!i")
HAS_REAL = f"EXISTS (SELECT FROM programs_searchrecord WHERE NOT is_sample AND layout = {LAYOUT})"


def run(query: Query, *, today: dt.date, named: Named | None = None) -> Answer:
    """The whole answer, from the records as they are now."""
    table = _read(query, near_only=query.radius is not None and query.has_distance)
    found = Search(table, query, today=today, named=named).answer()
    if found.count or query.radius is None or not query.has_distance:
        return found
    # Nothing inside the radius: what lies outside is needed after all.
    return Search(_read(query, near_only=False), query, today=today, named=named).answer()


def _read(query: Query, *, near_only: bool) -> Table:
    by_clock = query.facets.get("when") or query.facets.get("day") or query.video
    sql = RECORDS.format(
        sessions=SESSIONS if query.free else SESSIONS_BY_VIDEO if by_clock else "NULL",
        has_real=HAS_REAL if query.open_data else "false",
        layout=LAYOUT,
    )
    parameters: list[str | list[str]] = []
    if near_only and query.place is not None and query.radius is not None:
        boxes = sphere.boxes(query.place.latitude, query.place.longitude, query.radius)
        sql += (
            " AND (virtual_states @> %s::varchar[] OR virtual_states <@ '{}'"
            + " OR location <@ %s::box" * len(boxes)
            + ")"
        )
        parameters = [[query.place.state]]
        parameters += [f"(({west},{south}),({east},{north}))" for south, north, west, east in boxes]
    records, payers, sessions, has_real = _as_bytes(sql, parameters)
    table = Table(records, payers, sessions, only_video_meets=not query.free)
    table.has_real = has_real == b"\1"
    return table


def _as_bytes(sql: str, parameters: Sequence[object]) -> list[memoryview]:
    """The fields of the one row that a statement gives, nothing for NULL.

    Copied in binary form (https://www.postgresql.org/docs/current/sql-copy.html): as text, bytes take twice the room,
    and both sides twice the time.
    """
    copied = io.BytesIO()
    with connection.cursor() as cursor:
        asked = cursor.mogrify(sql, parameters).decode()
        with connection.wrap_database_errors:
            cursor.copy_expert(f"COPY ({asked}) TO STDOUT (FORMAT binary)", copied)
    data, at, fields = copied.getbuffer(), HEADER.size, []
    for _field in range(HEADER.unpack_from(data)[-1]):
        (length,) = LENGTH.unpack_from(data, at)
        at += LENGTH.size
        fields.append(data[at : at + max(0, length)])
        at += max(0, length)
    return fields
