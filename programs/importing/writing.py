"""What an import writes: many listings at a time, each statement about a whole batch."""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.text import slugify

from programs.choices import LocationQuality, Status
from programs.importing.copying import copy_rows, take_ids
from programs.importing.location import Spot
from programs.importing.merging import merged
from programs.models import DuplicateCandidate, Organization, Phone, Program, SourceRecord

PhoneKey = tuple[str, str, str]  # purpose, number, extension
PROGRAM: Final = Program._meta.db_table
LEVEL: Final = ["status", "level_of_care"]  # what is set of a draft that proves to be an IOP
# A new coordinate may replace these; where a curator or a geocoder placed a program, it stays.
COARSE: Final = {"", LocationQuality.ZIP_CENTRE, LocationQuality.CITY_CENTRE, LocationQuality.GIVEN}


class Listing(NamedTuple):
    """A row as the listing it makes: columns of `Program`, its organization, its phones."""

    columns: Mapping[str, Any]
    organization: str
    ownership: str
    phones: Sequence[PhoneKey]


class Provenance(NamedTuple):
    """A row as its source record keeps it."""

    source: str
    key: str
    survey_year: int
    content_hash: str
    raw: Mapping[str, str]
    gone_since_year: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """News about a program we have: what its source said before, what it says now. `before` may be empty.

    A program that another was merged into has several sources; `elsewhere` is what the others say.
    """

    program_id: int
    before: Listing
    after: Listing
    spot: Spot | None = None
    elsewhere: Sequence[Listing] = ()


class Organizations:
    """Organizations by public name and ownership; new ones are made as rows need them."""

    def __init__(self) -> None:
        rows = Organization.objects.filter(is_sample=False).order_by("-pk").values_list("name", "ownership", "pk")
        self._ids = {(name.casefold(), ownership): pk for name, ownership, pk in rows}

    def ids(self, wanted: Iterable[tuple[str, str]]) -> list[int]:
        asked = [(name, ownership, (name.casefold(), ownership)) for name, ownership in wanted]
        new = {key: (name, ownership) for name, ownership, key in reversed(asked) if key not in self._ids}
        numbers = take_ids("programs_organization_id_seq", len(new))
        self._ids.update(zip(new, numbers, strict=True))
        copy_rows(
            Organization._meta.db_table,
            ("id", "name", "ownership"),
            [(self._ids[key], name, ownership) for key, (name, ownership) in new.items()],
            same={"legal_name": "", "npi": "", "website": "", "is_sample": False},
        )
        return [self._ids[key] for _, _, key in asked]


slug_of = lru_cache(maxsize=20_000)(slugify)


class Slugs:
    """Addresses of pages: name-city-st; where that is taken the street is added, then part of the key."""

    def __init__(self) -> None:
        self._taken = set(Program.objects.values_list("slug", flat=True).iterator())

    def new(self, listing: Listing, *, key: str) -> str:
        columns = listing.columns
        place = slug_of(f"{columns['city']} {columns['state']}")[:50]
        slug = bare = f"{slug_of(listing.organization)[:80] or 'program'}-{place}"
        if slug in self._taken:
            slug = f"{bare}-{slug_of(columns['street'])}"[:132].rstrip("-")
        if slug in self._taken:
            slug = f"{bare[:100]}-{key[:32]}"
        self._taken.add(slug)
        return slug


class Writer:
    """Writes batches inside the caller's transaction and remembers which programs it touched."""

    def __init__(self) -> None:
        self.organizations = Organizations()
        self.slugs = Slugs()
        self.now: dt.datetime = timezone.now()
        self.created: list[int] = []
        self.touched: set[int] = set()

    def create(self, rows: Sequence[tuple[Listing, Spot, Provenance]], *, status: str, level: str | None) -> None:
        """New programs with their organizations, phones and source records."""
        ids = take_ids("programs_program_id_seq", len(rows))
        owners = self.organizations.ids((listing.organization, listing.ownership) for listing, _, _ in rows)
        told = [*rows[0][0].columns, *_place_columns(rows[0][1])]
        own = ["id", "public_id", "organization_id", "slug"]
        programs = [
            [
                *listing.columns.values(), *_place_columns(spot).values(),
                program_id, uuid.uuid4(), owner, self.slugs.new(listing, key=provenance.key),
            ]
            for program_id, owner, (listing, spot, provenance) in zip(ids, owners, rows, strict=True)
        ]  # fmt: skip
        same = {**_defaults(), "status": status, "level_of_care": level}
        same |= {"created_at": self.now, "updated_at": self.now}
        for column in (*told, *own):
            del same[column]
        copy_rows(PROGRAM, [*told, *own], programs, same=same)
        self._add_phones((program_id, row[0].phones) for program_id, row in zip(ids, rows, strict=True))
        self.attach((program_id, row[2]) for program_id, row in zip(ids, rows, strict=True))
        self.created += ids

    def attach(self, rows: Iterable[tuple[int, Provenance]]) -> None:
        """Source records for programs."""
        columns = ("program_id", "source", "key", "survey_year", "first_seen_year", "content_hash", "raw")
        copy_rows(
            SourceRecord._meta.db_table,
            (*columns, "gone_since_year"),
            [
                (
                    *(program_id, new.source, new.key, new.survey_year, new.survey_year, new.content_hash),
                    *(json.dumps(new.raw, ensure_ascii=False), new.gone_since_year),
                )
                for program_id, new in rows
            ],
            same={"seen_at": self.now},
        )

    def change(self, changes: Sequence[Change], **published: Any) -> None:
        """Bring news into programs; what curators changed stays theirs (see `merging`). `published` is what a draft becomes."""
        columns = sorted({column for change in changes for column in change.after.columns})
        place = ["latitude", "longitude", "location_quality", "county", "time_zone"]
        owner = ["organization_id", "organization__name", "organization__ownership"]
        ids = [change.program_id for change in changes]
        current = _held(ids, ["id", *columns, *place, *owner, *LEVEL])
        named = [change for change in changes if change.after.organization]
        owners = self.organizations.ids((change.after.organization, change.after.ownership) for change in named)
        owner_of = {change.program_id: owner for change, owner in zip(named, owners, strict=True)}
        for change in changes:  # one program may have news twice
            now = current[change.program_id]
            others = [listing.columns for listing in change.elsewhere]
            now |= merged(now, before=change.before.columns, after=change.after.columns, elsewhere=others)
            now |= {**_better_place(now, change.spot), "updated_at": self.now}
            if now["status"] == Status.DRAFT:
                now |= published
            if change.program_id in owner_of and _still_owner(now, change.before):
                now["organization_id"] = owner_of[change.program_id]
        names = ["id", *columns, *place, "organization_id", *published, "updated_at"]
        _update(names, [[row[name] for name in names] for row in current.values()])
        self._change_phones(changes)
        self.touched.update(ids)

    def resee(self, rows: Sequence[tuple[int, Provenance]]) -> None:
        """Source records that came again with other content."""
        records = SourceRecord.objects.in_bulk([record_id for record_id, _ in rows])
        for record_id, new in rows:
            record = records[record_id]
            record.content_hash, record.raw, record.survey_year = new.content_hash, dict(new.raw), new.survey_year
            record.gone_since_year, record.seen_at = None, self.now
        fields = ["content_hash", "raw", "survey_year", "gone_since_year", "seen_at"]
        SourceRecord.objects.bulk_update(records.values(), fields, batch_size=500)

    def _add_phones(self, rows: Iterable[tuple[int, Sequence[PhoneKey]]]) -> None:
        copy_rows(
            Phone._meta.db_table,
            ("program_id", "purpose", "number", "extension"),
            [(program_id, *phone) for program_id, phones in rows for phone in phones],
            same={"hours": ""},
        )

    def _change_phones(self, changes: Sequence[Change]) -> None:
        changed = [change for change in changes if change.before.phones != change.after.phones]
        existing: dict[int, dict[PhoneKey, int]] = {change.program_id: {} for change in changed}
        for phone in Phone.objects.filter(program__in=existing):
            existing[phone.program_id][phone.purpose, phone.number, phone.extension] = phone.pk
        added, dropped = [], []
        for change in changed:
            have = existing[change.program_id]
            gone = set(change.before.phones).difference(change.after.phones, *(one.phones for one in change.elsewhere))
            dropped += [have[phone] for phone in gone if phone in have]
            added.append((change.program_id, [phone for phone in change.after.phones if phone not in have]))
        Phone.objects.filter(pk__in=dropped).delete()
        self._add_phones(added)

    def find_twins(self) -> int:
        """Pairs a curator should look at: a new listing and another at the same street with the same main line."""
        if not self.created:
            return 0
        with connection.cursor() as cursor:
            # Tables that were all but empty a moment ago: without this the planner loops over them row by row.
            cursor.execute(STATISTICS)
            cursor.execute(TWINS, [min(self.created)])
            return cursor.rowcount


STATISTICS: Final = f"""ANALYZE "{PROGRAM}" (id, zip, street), "{Phone._meta.db_table}" (program_id, number, purpose),
  "{SourceRecord._meta.db_table}" (program_id)"""
TWINS: Final = f"""
WITH line AS MATERIALIZED (
  SELECT p.id, p.zip, lower(p.street) AS street, f.number
  FROM "{PROGRAM}" p JOIN "{Phone._meta.db_table}" f ON f.program_id = p.id AND f.purpose = 'main'
  WHERE p.status IN ('published', 'draft') AND NOT p.is_sample)
INSERT INTO "{DuplicateCandidate._meta.db_table}" (first_id, second_id, reason, verdict)
SELECT DISTINCT a.id, b.id, 'same street, ZIP code and main phone', 'open'
FROM line a JOIN line b USING (number, zip, street)
WHERE a.id < b.id AND b.id >= %s  -- of every pair, the younger is new: ids only grow
ON CONFLICT DO NOTHING
"""  # noqa: S608  (table names are ours)


def _defaults() -> dict[str, Any]:
    """Every column of a listing that was told nothing."""
    return {
        field.attname: tuple(value) if isinstance(value := field.get_default(), list) else value
        for field in Program._meta.concrete_fields
    }


def _place_columns(spot: Spot) -> dict[str, Any]:
    return {
        "latitude": spot.latitude,
        "longitude": spot.longitude,
        "location_quality": spot.quality,
        "county": spot.county[:80],
        "time_zone": spot.time_zone,
    }


def _better_place(now: Mapping[str, Any], spot: Spot | None) -> dict[str, Any]:
    """The new place if the listing has none yet, or a coarse one and the source now gives its own."""
    if spot is None or spot.latitude is None:
        return {}
    if now["latitude"] is None:
        return _place_columns(spot)
    if spot.quality == LocationQuality.GIVEN and now["location_quality"] in COARSE:
        return {"latitude": spot.latitude, "longitude": spot.longitude, "location_quality": spot.quality}
    return {}


def _held(ids: Sequence[int], columns: Sequence[str]) -> dict[int, dict[str, Any]]:
    """These programs as they stand; nobody else changes them until the import is done.

    They are read once they are locked: a lock that was waited for gives a row as it became, joined to what it named before.
    """
    programs = Program.objects.filter(pk__in=ids)
    len(programs.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    return {row["id"]: row for row in programs.values(*columns)}


def _still_owner(now: Mapping[str, Any], before: Listing) -> bool:
    """Whether the listing belongs to the organization its source last named."""
    return (now["organization__name"].casefold(), now["organization__ownership"]) == (
        before.organization.casefold(),
        before.ownership,
    )


def _update(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set these columns of many programs by one statement."""
    quoted = [f'"{name}"' for name in names]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS import_change")
        cursor.execute(
            f'CREATE TEMPORARY TABLE import_change ON COMMIT DROP AS SELECT {", ".join(quoted)} FROM "{PROGRAM}" '  # noqa: S608
            "WITH NO DATA"
        )
    copy_rows("import_change", names, rows)
    settings = ", ".join(f"{name} = c.{name}" for name in quoted if name != '"id"')
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{PROGRAM}" p SET {settings} FROM import_change c WHERE p.id = c.id')  # noqa: S608
