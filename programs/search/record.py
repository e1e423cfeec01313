"""A published program as a record for search, written in the transaction that changed the program.

`write` is called by every writer (curation, import, admin, sample) with the ids it touched. It takes the
version row's lock first and reads the facts after that: revisions become visible in their own order, and
a record always holds what every earlier revision wrote. The lock is held until the writer commits, so
call it last.
"""

import datetime as dt
import struct
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Round
from psycopg2.extras import execute_values

from programs.choices import STATES, Day, Daypart, Format, PaymentType, Status
from programs.freshness import FRESH_DAYS
from programs.models import DirectoryVersion, Program, SearchRecord
from programs.models.evidence import Topic
from programs.search import cards
from programs.search.prepared import Prepared
from programs.search.vocabulary import BIT, FACETS, LAYOUT, WIDTH, type_of_payment

# Degrees are kept as whole ten-millionths (1 cm); NOWHERE stands for a program without a point.
DEGREE = 10_000_000
NOWHERE = -(2**31)
RECORD = np.dtype(
    [
        ("layout", "<u4"),
        ("id", "<u4"),
        ("rev", "<u8"),
        ("lat", "<i4"),
        ("lng", "<i4"),
        ("cost", "<i4"),  # dollars a week, from; -1 = not told
        ("start", "<u2"),  # next start, days since 1970; 0 = not told
        ("told_until", "<u2"),  # last day on which its openings may be believed
        ("fresh", "<u2"),  # day of the newest confirmation or survey
        ("state", "u1"),  # place in STATE_CODES
        ("zone", "u1"),  # place in ZONES
        ("flags", "u1"),
        ("n_payers", "<u2"),
        ("n_sessions", "<u2"),
        ("licensed", "<u8"),  # states it may treat by video, one bit each
        ("yes", "u1", (WIDTH,)),
        ("no", "u1", (WIDTH,)),
    ]
)
PACKED = struct.Struct(f"<IIQ3i3H3B2HQ{WIDTH}s{WIDTH}s")  # the same, for writing one at a time: four times as fast
PAYER = np.dtype("<i4")  # a payer's id; negative = not accepted
SESSION = np.dtype([("track", "u1"), ("start", "<u2"), ("end", "<u2")])  # required, minutes of the week


class Packed(NamedTuple):
    """One program as the database keeps it: its record, and what stands beside it."""

    rec: bytes
    payers: bytes
    sessions: bytes


SAMPLE, VIRTUAL, ACCEPTING, NOT_ACCEPTING, DEAD = 1, 2, 4, 8, 128
STATE_CODES = list(STATES)
STATE_NUMBER = {code: number for number, code in enumerate(STATE_CODES)}
NO_STATE = 255
# Every time zone of the United States and its territories; one that is not here is taken as the person's own.
ZONES = [
    "",
    *(
        f"America/{city}"
        for city in ["New_York", "Chicago", "Denver", "Los_Angeles", "Phoenix", "Anchorage", "Adak", "Puerto_Rico"]
    ),
    *("Pacific/Honolulu", "Pacific/Guam", "Pacific/Saipan", "Pacific/Pago_Pago", "Pacific/Palau", "America/St_Thomas"),
    *(
        f"America/{city}"
        for city in ["Boise", "Detroit", "Menominee", "Juneau", "Sitka", "Nome", "Metlakatla", "Yakutat"]
    ),
    *(f"America/Indiana/{city}" for city in ["Indianapolis", "Knox", "Marengo", "Petersburg", "Tell_City", "Vevay"]),
    *("America/Indiana/Vincennes", "America/Indiana/Winamac", "America/Kentucky/Louisville"),
    *("America/Kentucky/Monticello", "America/North_Dakota/Beulah", "America/North_Dakota/Center"),
    *("America/North_Dakota/New_Salem", "Pacific/Chuuk", "Pacific/Pohnpei", "Pacific/Kosrae"),
    *("Pacific/Majuro", "Pacific/Kwajalein"),
]
ZONE_NUMBER = {name: number for number, name in enumerate(ZONES)}

EPOCH = dt.date(1970, 1, 1)

COLUMNS = {facet.prefix: facet.column for facet in FACETS.values() if facet.column}
_YES = {(facet.name, value): 1 << BIT[facet.name, value] for facet in FACETS.values() for value in facet.values}
_NO = {f"{facet.prefix}:{value}": _YES[facet.name, value] for facet in FACETS.values() for value in facet.values}
_SLIDING = 1 << BIT["sliding", "1"]
_SLIDING_FEE = _YES["payer", PaymentType.SLIDING_FEE]
_SCHEDULE = [_YES[name, value] for name in ("when", "day") for value in FACETS[name].values]
_SCHEDULE_ALL = sum(_SCHEDULE)
DAYS = Day.values  # which an enumeration makes anew each time

FACTS = Prepared(
    "search_facts",
    f"""
SELECT p.id, p.is_sample, p.state, p.time_zone, p.latitude, p.longitude, p.cost_per_week_min, p.sliding_scale,
  p.accepting_new, p.next_start_on, p.virtual_states, p.not_offered,
  (SELECT array_agg(CASE a.network WHEN 'not-accepted' THEN -a.payer_id ELSE a.payer_id END ORDER BY a.payer_id)
     FROM programs_payeracceptance a WHERE a.program_id = p.id),
  (SELECT array_agg(DISTINCT y.kind) FROM programs_payeracceptance a JOIN programs_payer y ON y.id = a.payer_id
     WHERE a.program_id = p.id AND a.network <> 'not-accepted'),
  (SELECT array_agg(ARRAY[s.track, s.weekday::text, s.starts::text, s.ends::text, s.is_required::text]
                    ORDER BY s.track, s.weekday, s.starts)
     FROM programs_sessionblock s WHERE s.program_id = p.id),
  (SELECT max(c.confirmed_on) FROM programs_confirmation c WHERE c.program_id = p.id),
  (SELECT max(c.confirmed_on) FROM programs_confirmation c WHERE c.program_id = p.id AND c.topic = 'availability'),
  (SELECT max(r.survey_year) FROM programs_sourcerecord r WHERE r.program_id = p.id AND r.gone_since_year IS NULL),
  {", ".join(f"p.{column}" for column in COLUMNS.values())}
FROM programs_program p WHERE p.status = $1 AND p.id = ANY($2)
""",  # noqa: S608  (column names are ours)
)

UPSERT = """
INSERT INTO programs_searchrecord AS r
  (program_id, rev, rec, payers, sessions, location, virtual_states, is_sample) VALUES %s
ON CONFLICT (program_id) DO UPDATE SET rev = EXCLUDED.rev, rec = EXCLUDED.rec, payers = EXCLUDED.payers,
  sessions = EXCLUDED.sessions, location = EXCLUDED.location, virtual_states = EXCLUDED.virtual_states,
  is_sample = EXCLUDED.is_sample
"""


class Facts(NamedTuple):
    """What the record is built of, as FACTS selects it; `arrays` follow COLUMNS."""

    id: int
    is_sample: bool = False
    state: str = ""
    time_zone: str = ""
    latitude: float | None = None
    longitude: float | None = None
    cost: int | None = None
    sliding_scale: bool | None = None
    accepting_new: bool | None = None
    next_start_on: dt.date | None = None
    virtual_states: Sequence[str] = ()
    not_offered: Sequence[str] = ()
    payers: list[int] | None = None
    payer_kinds: list[str] | None = None
    sessions: list[list[str]] | None = None
    confirmed_on: dt.date | None = None
    openings_on: dt.date | None = None
    survey_year: int | None = None
    arrays: Sequence[Sequence[str]] = ()


class Row(NamedTuple):
    """One row of `SearchRecord`, in the order of UPSERT. Without `rec` it is a tombstone."""

    program_id: int
    rev: int
    rec: bytes | None = None
    payers: bytes = b""
    sessions: bytes = b""
    location: str | None = None
    virtual_states: Sequence[str] | None = None
    is_sample: bool = False


def write(program_ids: Iterable[int], *, new: Iterable["Facts"] = ()) -> int:
    """Bring the records of these programs up to date, inside the caller's transaction; returns the new version.

    A program that is not published, or not there, becomes a tombstone. `new` holds published programs that
    the caller made in this very transaction: nobody else can have changed them, so they are not read again.
    """
    known = {facts.id: facts for facts in new}
    ids = sorted({*program_ids, *known})
    if not ids:
        return current_version()
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        version = _bump(cursor, len(ids))
        rev_of = {program_id: version - len(ids) + place for place, program_id in enumerate(ids, start=1)}
        FACTS.execute(cursor, Status.PUBLISHED, [program_id for program_id in ids if program_id not in known])
        read = [Facts._make([*row[:18], list(row[18:])]) for row in cursor.fetchall()]
        rows = [_row(facts, rev_of[facts.id]) for facts in sorted([*read, *known.values()], key=_along_the_map)]
        gone = rev_of.keys() - {row.program_id for row in rows}
        rows += [Row(program_id, rev_of[program_id]) for program_id in gone]
        execute_values(cursor.cursor, UPSERT, rows, page_size=1000)
        cards.write(cursor, ids)
    return version


def _along_the_map(facts: Facts) -> tuple[int, float]:
    """By half degrees of latitude, and there from west to east: a search reads few blocks if neighbours lie side by side."""
    return round((facts.latitude or 0) * 2), facts.longitude or 0


def touch() -> None:
    """Something that answers show has changed, though no program has: whoever keeps them asks again."""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        _bump(cursor, 1)


def rebuild(batch: int = 5000) -> int:
    """Write every program's record anew, in batches; returns how many are published."""
    published = Program.objects.published().count()
    along_the_map = Round(F("latitude") * 2), "longitude", "pk"  # batch by batch, as `write` orders each
    ids = list(Program.objects.order_by(*along_the_map).values_list("pk", flat=True))
    gone = SearchRecord.objects.filter(rec__isnull=False).exclude(program_id__in=Program.objects.values("pk"))
    ids += list(gone.values_list("program_id", flat=True))
    for at in range(0, len(ids), batch):
        write(ids[at : at + batch])
    return published


def is_current() -> bool:
    """Whether every published program has a record of the present layout."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT NOT EXISTS (
                 SELECT FROM programs_program p LEFT JOIN programs_searchrecord r ON r.program_id = p.id
                 WHERE p.status = %s AND (r.rec IS NULL OR substr(r.rec, 1, 4) <> %s))""",
            [Status.PUBLISHED, LAYOUT.to_bytes(4, "little")],
        )
        return bool(cursor.fetchone()[0])


def current_version() -> int:
    return DirectoryVersion.objects.filter(pk=1).values_list("version", flat=True).first() or 0


def _bump(cursor: Any, by: int) -> int:
    cursor.execute(
        """INSERT INTO programs_directoryversion AS v (id, version) VALUES (1, %s)
           ON CONFLICT (id) DO UPDATE SET version = v.version + EXCLUDED.version, changed_at = clock_timestamp()
           RETURNING version""",
        [by],
    )
    return int(cursor.fetchone()[0])


def _row(facts: Facts, rev: int) -> Row:
    yes, no = _answers(facts)
    blocks = _blocks(facts.sessions or [])
    payers = facts.payers or []
    flags = (
        (SAMPLE if facts.is_sample else 0)
        | (VIRTUAL if _is_virtual(facts) else 0)
        | {True: ACCEPTING, False: NOT_ACCEPTING, None: 0}[facts.accepting_new]
    )
    has_point = facts.latitude is not None and facts.longitude is not None
    packed = PACKED.pack(
        LAYOUT,
        facts.id,
        rev,
        round(facts.latitude * DEGREE) if facts.latitude is not None else NOWHERE,
        round(facts.longitude * DEGREE) if facts.longitude is not None else NOWHERE,
        -1 if facts.cost is None else facts.cost,
        _day(facts.next_start_on),
        _day(facts.openings_on) + FRESH_DAYS[Topic.AVAILABILITY] if facts.openings_on else 0,
        max(_day(facts.confirmed_on), _day(dt.date(facts.survey_year, 1, 1)) if facts.survey_year else 0),
        STATE_NUMBER.get(facts.state, NO_STATE),
        ZONE_NUMBER.get(facts.time_zone, 0),
        flags,
        len(payers),
        len(blocks),
        sum(1 << STATE_NUMBER[code] for code in set(facts.virtual_states) if code in STATE_NUMBER),
        yes.to_bytes(WIDTH, "little"),
        no.to_bytes(WIDTH, "little"),
    )
    return Row(
        program_id=facts.id,
        rev=rev,
        rec=packed,
        payers=struct.pack(f"<{len(payers)}i", *payers),
        sessions=np.array(blocks, SESSION).tobytes() if blocks else b"",
        location=f"({facts.longitude!r},{facts.latitude!r})" if has_point else None,
        virtual_states=list(facts.virtual_states) if flags & VIRTUAL else None,
        is_sample=facts.is_sample,
    )


def _answers(facts: Facts) -> tuple[int, int]:
    """The yes bits and the no bits; a value in neither is one the program has not told us."""
    yes = no = 0
    for facet, values in zip(_COLUMN_FACETS, facts.arrays, strict=True):
        for value in values:
            yes |= _YES[facet, value]
    for kind in facts.payer_kinds or []:
        if type_ := type_of_payment.get(kind):  # type: ignore[call-overload]
            yes |= _YES["payer", type_]
    for told in facts.not_offered:
        no |= _NO.get(told, 0)
    if _is_virtual(facts):
        no |= _YES["format", Format.IN_PERSON] | _YES["format", Format.HYBRID]
    if facts.sliding_scale or yes & _SLIDING_FEE:
        yes |= _SLIDING | _SLIDING_FEE
    elif facts.sliding_scale is False or no & _SLIDING_FEE:
        no |= _SLIDING | _SLIDING_FEE
    if facts.sessions:
        schedule = _schedule_bits(facts.sessions)
        yes |= schedule
        no |= _SCHEDULE_ALL & ~schedule
    return yes, no & ~yes


_COLUMN_FACETS = [facet.name for facet in FACETS.values() if facet.column]


def _is_virtual(facts: Facts) -> bool:
    return list(facts.arrays[_COLUMN_FACETS.index("format")]) == [Format.VIRTUAL]


def _required(sessions: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """The sessions a person must attend; when none is marked so, all of them."""
    return [session for session in sessions if session[4] == "true"] or sessions


def _schedule_bits(sessions: Sequence[Sequence[str]]) -> int:
    bits = 0
    for _track, weekday, starts, _ends, _is_required in _required(sessions):
        day, hour = int(weekday), int(starts[:2])
        bits |= _YES["day", DAYS[day]]
        part = Daypart.MORNING if hour < 12 else Daypart.AFTERNOON if hour < 17 else Daypart.EVENING
        bits |= _YES["when", part] | (_YES["when", Daypart.WEEKEND] if day >= 5 else 0)
    return bits


def _blocks(sessions: Sequence[Sequence[str]]) -> list[tuple[int, int, int]]:
    """Required sessions as (track number, first minute, last minute) of the week."""
    required = _required(sessions)
    tracks = {name: number for number, name in enumerate(sorted({session[0] for session in required}))}
    return [
        (tracks[track] & 255, int(day) * 1440 + _minute(starts), int(day) * 1440 + _minute(ends))
        for track, day, starts, ends, _is_required in required
    ]


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:5])


def _day(date: dt.date | None) -> int:
    return max(0, min((date - EPOCH).days, 65000)) if date else 0
