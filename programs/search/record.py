"""A published program as a record for search, written in the transaction that changed the program.

`write` is called by every writer (curation, import, admin, sample) with the ids it touched. It takes the
version row's lock first and reads the facts after that: revisions become visible in their own order, and
a record always holds what every earlier revision wrote. The lock is held until the writer commits, so
call it last. A record is made of its program's card, and a little that only search asks.
"""

import datetime as dt
import struct
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import repeat
from operator import or_
from typing import Any, NamedTuple

import numpy as np
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Round

from programs.choices import STATES, Day, Daypart, Format, PaymentType, Status
from programs.freshness import FRESH_DAYS
from programs.models import DirectoryVersion, Program, SearchRecord
from programs.models.evidence import Topic
from programs.models.payer import Network
from programs.search import cards, sphere
from programs.search.cards import Card
from programs.search.prepared import Prepared, execute
from programs.search.vocabulary import BIT, FACETS, LAYOUT, WIDTH, type_of_payment

# A place is a unit vector, because that is what distances are measured by; in parts of the globe's radius (3 mm).
# NOWHERE stands for a program without one.
PARTS = 2_000_000_000
NOWHERE = -(2**31)
RECORD = np.dtype(
    [
        ("id", "<u4"),
        ("rev", "<u8"),
        ("place", "<i4", (3,)),
        ("cost", "<i4"),  # dollars a week, from (the highest, where only that is told: UP_TO); -1 = not told
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
PACKED = struct.Struct(f"<IQ4i3H3B2HQ{WIDTH}s{WIDTH}s")  # the same, for writing one at a time: four times as fast
PAYER = np.dtype("<i4")  # a payer's id; negative = not accepted
SESSION = np.dtype([("track", "u1"), ("start", "<u2"), ("end", "<u2")])  # required, minutes of the week
PACKED_SESSION = struct.Struct("<B2H")


class Packed(NamedTuple):
    """One program as the database keeps it: its record, and what stands beside it."""

    rec: bytes
    payers: bytes
    sessions: bytes


SAMPLE, VIRTUAL, ACCEPTING, NOT_ACCEPTING, UP_TO, DEAD = 1, 2, 4, 8, 16, 128
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

_YES = {(facet.name, value): 1 << BIT[facet.name, value] for facet in FACETS.values() for value in facet.values}
_NO = {f"{facet.prefix}:{value}": _YES[facet.name, value] for facet in FACETS.values() for value in facet.values}
_COLUMN_BITS = [{value: _YES[name, value] for value in FACETS[name].values} for name in cards.COLUMNS]
_SLIDING = 1 << BIT["sliding", "1"]
_SLIDING_FEE = _YES["payer", PaymentType.SLIDING_FEE]
_SCHEDULE = [_YES[name, value] for name in ("when", "day") for value in FACETS[name].values]
_SCHEDULE_ALL = sum(_SCHEDULE)
DAYS = Day.values  # which an enumeration makes anew each time

BUMP = Prepared(
    "search_bump",
    """
INSERT INTO programs_directoryversion AS v (id, version) VALUES (1, $1)
ON CONFLICT (id) DO UPDATE SET version = v.version + EXCLUDED.version, changed_at = clock_timestamp()
""",
)
# One row of each array; lists of states come as text, because an array of arrays must be a rectangle.
UPSERT = Prepared(
    "search_records",
    f"""
INSERT INTO programs_searchrecord
  (program_id, rev, layout, rec, payers, sessions, location, virtual_states, is_sample)
SELECT id, rev, CASE WHEN rec IS NOT NULL THEN {LAYOUT} END, rec, payers, sessions, location::point, states::varchar[],
  is_sample
FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[], $7::text[], $8::bool[])
  AS new (id, rev, rec, payers, sessions, location, states, is_sample)
ON CONFLICT (program_id) DO UPDATE SET rev = EXCLUDED.rev, layout = EXCLUDED.layout, rec = EXCLUDED.rec,
  payers = EXCLUDED.payers, sessions = EXCLUDED.sessions, location = EXCLUDED.location,
  virtual_states = EXCLUDED.virtual_states, is_sample = EXCLUDED.is_sample
""",  # noqa: S608  (a number of ours)
)
AT_ONCE = 1000  # records in one statement


class Facts(NamedTuple):
    """What a record is built of."""

    card: Card
    not_offered: str  # parted by spaces
    survey_year: int | None  # of the newest source that still lists it


class Row(NamedTuple):
    """One row of `SearchRecord`, in the order of UPSERT. Without `rec` it is a tombstone."""

    program_id: int
    rev: int
    rec: bytes | None = None
    payers: bytes = b""
    sessions: bytes = b""
    location: str | None = None
    virtual_states: str | None = None
    is_sample: bool = False


def write(program_ids: Iterable[int]) -> int:
    """Bring the records and cards of these programs up to date, inside the caller's transaction; returns the new version.

    A program that is not published, or not there, becomes a tombstone.
    """
    ids = sorted({*program_ids})
    if not ids:
        return current_version()
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        execute(cursor, (BUMP, [len(ids)]), (cards.WRITE, [Status.PUBLISHED, ids]))
        told = cursor.fetchall()
        version: int = told[0][0]
        rev_of = {program_id: version - len(ids) + place for place, program_id in enumerate(ids, start=1)}
        made = []  # one by one: cards of a whole directory are a million small objects
        for _version, facts, *more in told:
            if facts is not None:
                card = Card.of(facts)
                made.append((_along_the_map(card), _row(Facts(card, *more), rev_of.pop(card.id))))
        rows = [row for _place, row in sorted(made)]
        rows += [Row(program_id, rev) for program_id, rev in rev_of.items()]
        for at in range(0, len(rows), AT_ONCE):
            UPSERT.execute(cursor, *map(list, zip(*rows[at : at + AT_ONCE], strict=True)))
    return version


def _along_the_map(card: Card) -> tuple[int, float]:
    """By half degrees of latitude, and there from west to east: a search reads few blocks if neighbours lie side by side."""
    return round((card.latitude or 0) * 2), card.longitude or 0


def touch() -> None:
    """Something that answers show has changed, though no program has: whoever keeps them asks again."""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        BUMP.execute(cursor, 1)


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


def revisions(program_ids: Iterable[int]) -> dict[int, int]:
    """The newest revision of each of these programs; one without a record of the present layout is left out."""
    present = SearchRecord.objects.filter(pk__in=program_ids, layout=LAYOUT)
    return dict(present.values_list("pk", "rev"))


def is_current() -> bool:
    """Whether every published program has a record of the present layout."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT NOT EXISTS (
                 SELECT FROM programs_program p LEFT JOIN programs_searchrecord r ON r.program_id = p.id
                 WHERE p.status = %s AND r.layout IS DISTINCT FROM %s)""",
            [Status.PUBLISHED, LAYOUT],
        )
        return bool(cursor.fetchone()[0])


def current_version() -> int:
    return DirectoryVersion.objects.filter(pk=1).values_list("version", flat=True).first() or 0


def _row(facts: Facts, rev: int) -> Row:
    card = facts.card
    yes, no = _answers(facts)
    sessions = _required(card.sessions or [])
    payers = sorted(-id_ if network == Network.NOT_ACCEPTED else id_ for id_, network, *_ in card.acceptances or ())
    flags = (
        (SAMPLE if card.is_sample else 0)
        | (VIRTUAL if card.is_virtual_only else 0)
        | (0 if card.accepting_new is None else ACCEPTING if card.accepting_new else NOT_ACCEPTING)
        | (UP_TO if card.cost_min is None and card.cost_max is not None else 0)
    )
    cost = card.cost_max if card.cost_min is None else card.cost_min
    openings = card.told.get(Topic.AVAILABILITY)
    place, location = _place(card)
    packed = PACKED.pack(
        card.id,
        rev,
        *place,
        -1 if cost is None else cost,
        _day(card.next_start_on),
        _day(openings.on) + FRESH_DAYS[Topic.AVAILABILITY] if openings else 0,
        max(_day(card.confirmed_on), _day(dt.date(facts.survey_year, 1, 1)) if facts.survey_year else 0),
        STATE_NUMBER.get(card.state, NO_STATE),
        ZONE_NUMBER.get(card.time_zone, 0),
        flags,
        len(payers),
        len(sessions),
        sum(1 << STATE_NUMBER[code] for code in {*card.virtual_states} if code in STATE_NUMBER),
        yes.to_bytes(WIDTH, "little"),
        no.to_bytes(WIDTH, "little"),
    )
    return Row(
        program_id=card.id,
        rev=rev,
        rec=packed,
        payers=struct.pack(f"<{len(payers)}i", *payers),
        sessions=_blocks(sessions),
        location=location,
        virtual_states=f"{{{','.join(card.virtual_states)}}}" if flags & VIRTUAL else None,
        is_sample=card.is_sample,
    )


def _place(card: Card) -> tuple[list[int], str | None]:
    """Where it is, for the record and for the database's index."""
    if card.latitude is None or card.longitude is None:
        return [NOWHERE] * 3, None
    vector = sphere.vector(card.latitude, card.longitude)
    return [round(part * PARTS) for part in vector], f"({card.longitude!r},{card.latitude!r})"


def _answers(facts: Facts) -> tuple[int, int]:
    """The yes bits and the no bits; a value in neither is one the program has not told us."""
    card, yes = facts.card, 0
    for bits, told in zip(_COLUMN_BITS, card.told_yes, strict=True):
        for value in told.split():
            yes |= bits[value]
    for _id, network, _source, _as_of, kind in card.acceptances or ():
        if network != Network.NOT_ACCEPTED and (type_ := type_of_payment.get(kind)):
            yes |= _YES["payer", type_]
    no = reduce(or_, map(_NO.get, facts.not_offered.split(), repeat(0)), 0)  # what is no value of a filter has no bit
    if card.is_virtual_only:
        no |= _YES["format", Format.IN_PERSON] | _YES["format", Format.HYBRID]
    if card.sliding_scale or yes & _SLIDING_FEE:
        yes |= _SLIDING | _SLIDING_FEE
    elif card.sliding_scale is False or no & _SLIDING_FEE:
        no |= _SLIDING | _SLIDING_FEE
    if card.sessions:
        schedule = _schedule_bits(card.sessions)
        yes |= schedule
        no |= _SCHEDULE_ALL & ~schedule
    return yes, no & ~yes


def _required(sessions: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """The sessions a person must attend; when none is marked so, all of them."""
    return [session for session in sessions if session[-1]] or sessions


def _schedule_bits(sessions: Sequence[Sequence[Any]]) -> int:
    bits = 0
    for _track, day, starts, *_rest in _required(sessions):
        hour = int(starts[:2])
        bits |= _YES["day", DAYS[day]]
        part = Daypart.MORNING if hour < 12 else Daypart.AFTERNOON if hour < 17 else Daypart.EVENING
        bits |= _YES["when", part] | (_YES["when", Daypart.WEEKEND] if day >= 5 else 0)
    return bits


def _blocks(required: Sequence[Sequence[Any]]) -> bytes:
    """Sessions as SESSION packs them."""
    tracks = {name: number for number, name in enumerate(sorted({session[0] for session in required}))}
    return b"".join(
        [
            PACKED_SESSION.pack(tracks[track] & 255, day * 1440 + _minute(starts), day * 1440 + _minute(ends))
            for track, day, starts, ends, *_rest in required
        ]
    )


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:5])


def _day(date: dt.date | None) -> int:
    return max(0, min((date - EPOCH).days, 65000)) if date else 0
