"""A made-up directory of any size, the same for the same size: programs where people live, varied in all they tell."""

import csv
import gzip
import io
import random
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

from programs.models import Organization, Payer
from programs.models.payer import PayerKind
from programs.models.program import ARRAY_VOCABULARIES
from programs.search import record, sphere
from programs.search.vocabulary import LAYOUT

PAYERS = 60
MOST_PROGRAMS = 200_000
FIRST = "Lake River Hill Harbor Cedar Maple Summit Willow Beacon Anchor Horizon Compass Grace Phoenix Evergreen".split()
SECOND = "Recovery Counseling Wellness Treatment Psychiatry Behavioral Health".split()
HOW_MANY = {"conditions": 5, "therapies": 8, "populations": 3, "languages": 2, "services": 8, "payment_types": 4}
PLACES = Path(settings.BASE_DIR) / "fixtures" / "places.csv.gz"


def cities() -> tuple[list[dict[str, str]], list[int]]:
    """Cities and how many people live there, the largest first: a village more or less changes no draw much."""
    with gzip.open(PLACES, "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "city" and int(row["population"] or 0) > 0]
    rows.sort(key=lambda row: (-int(row["population"]), row["name"], row["state"]))
    return rows, [int(row["population"]) for row in rows]


def fill(size: int) -> None:
    """Write the programs, their payers and sessions, and their search records.

    Beyond MOST_PROGRAMS only the records and cards grow, which are all that our own designs read: copies of those of
    the programs, each moved a little.
    """
    _fill(min(size, MOST_PROGRAMS))
    for copy in range(1, size // MOST_PROGRAMS):
        _copy_records(copy)
    with connection.cursor() as cursor:
        for table in ("programs_searchrecord", "programs_searchcard", "programs_directoryversion", "programs_program"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def _fill(size: int) -> None:
    chance = random.Random(size)
    organization = Organization.objects.create(name="Made Up")
    kinds = list(PayerKind.values)
    Payer.objects.bulk_create(
        Payer(slug=f"plan-{number}", name=f"Plan {number}", kind=kinds[number % len(kinds)]) for number in range(PAYERS)
    )
    payers = list(Payer.objects.order_by("pk").values_list("pk", flat=True))
    rows, weights = cities()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no history of made-up programs
        chosen = chance.choices(rows, weights, k=size)
        programs = [_program(chance, number, city, organization.pk) for number, city in enumerate(chosen, start=1)]
        _copy(cursor, "programs_program", list(programs[0]), (program.values() for program in programs))
        _copy(cursor, "programs_payeracceptance", _ACCEPTANCE, _acceptances(chance, size, payers))
        _copy(cursor, "programs_sessionblock", _SESSION, _sessions(chance, size))
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")
    record.rebuild()


def _copy_records(copy: int) -> None:
    """Every program's record and card once more, with its own number and revision, up to three miles away."""
    more = copy * MOST_PROGRAMS
    chance = np.random.default_rng(copy)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT rec, encode(payers, 'hex'), encode(sessions, 'hex'), virtual_states, location[0], location[1]
               FROM programs_searchrecord
               WHERE program_id <= %s ORDER BY program_id""",
            [MOST_PROGRAMS],
        )
        rows = cursor.fetchall()
        raw = np.frombuffer(b"".join(bytes(row[0]) for row in rows), record.RECORD).copy()
        raw["id"] += more
        raw["rev"] += more
        degrees = [[axis + chance.normal(0, 0.03) for axis in row[4:]] for row in rows]
        vectors = np.array([sphere.vector(lat, lng) for lng, lat in degrees])
        raw["place"] = np.rint(vectors * record.PARTS)
        lines = (
            (one["id"], one["rev"], LAYOUT, f"\\x{one.tobytes().hex()}", f"\\x{payers}", f"\\x{sessions}",
             f"({lng},{lat})", "-" if states is None else _array(states), False)
            for one, (_rec, payers, sessions, states, *_at), (lng, lat) in zip(raw, rows, degrees, strict=True)
        )  # fmt: skip
        columns = [
            "program_id",
            "rev",
            "layout",
            "rec",
            "payers",
            "sessions",
            "location",
            "virtual_states",
            "is_sample",
        ]
        _copy(cursor, "programs_searchrecord", columns, lines)
        cursor.execute(
            "INSERT INTO programs_searchcard SELECT program_id + %s, facts FROM programs_searchcard WHERE program_id <= %s",
            [more, MOST_PROGRAMS],
        )
        cursor.execute("UPDATE programs_directoryversion SET version = %s", [int(raw["rev"].max())])


def _program(chance: random.Random, number: int, city: dict[str, str], organization: int) -> dict[str, object]:
    now = timezone.now().isoformat()
    cost = chance.randrange(150, 700, 10)
    arrays = {
        column: _array(chance.sample(words.values, min(len(words.values), HOW_MANY.get(column, 2))))
        for column, words in ARRAY_VOCABULARIES.items()
    }
    return {
        "id": number,
        "public_id": uuid.UUID(int=chance.getrandbits(128)),
        "slug": f"program-{number}",
        "organization_id": organization,
        "name": f"{chance.choice(FIRST)} {chance.choice(SECOND)} of {city['name']} {number}",
        "status": "published",
        "level_of_care": "iop",
        "city": city["name"],
        "state": city["state"],
        "zip": f"{chance.randrange(10000, 99999)}",
        "latitude": float(city["latitude"]) + chance.gauss(0, 0.05),
        "longitude": float(city["longitude"]) + chance.gauss(0, 0.05),
        "location_quality": "rooftop",
        "time_zone": city["time_zone"],
        "cost_per_week_min": cost,
        "cost_per_week_max": cost + 100,
        **arrays,
        "formats": _array([chance.choice(["in-person"] * 25 + ["hybrid"] * 6 + ["virtual"])]),
        "virtual_states": _array([city["state"]]),
        "not_offered": "{}",
        **dict.fromkeys(("summary", "website", "street", "street2", "county", "smoking", "cost_includes"), ""),
        "is_sample": False,
        "created_at": now,
        "updated_at": now,
    }


def _array(values: Iterable[str]) -> str:
    return "{" + ",".join(values) + "}"


_ACCEPTANCE = ["program_id", "payer_id", "network", "source", "as_of", "plan_note"]
_SESSION = ["program_id", "weekday", "starts", "ends", "kind", "format", "track", "is_required"]


def _acceptances(chance: random.Random, size: int, payers: list[int]) -> Iterator[list[object]]:
    for program in range(1, size + 1):
        for payer in chance.sample(payers, 8):
            yield [program, payer, "in-network", "program", "2026-11-01", ""]


def _sessions(chance: random.Random, size: int) -> Iterator[list[object]]:
    for program in range(1, size + 1):
        start = chance.choice([9, 13, 18])
        for weekday in chance.sample(range(7), 3):
            yield [program, weekday, f"{start}:00", f"{start + 3}:00", "group", "in-person", "", True]


def _copy(cursor: object, table: str, columns: list[str], rows: Iterable[Iterable[object]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    buffer.seek(0)
    cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH (FORMAT csv, NULL '-')", buffer)  # type: ignore[attr-defined]


def origins(count: int) -> list[dict[str, str]]:
    """Cities that people search from, by population."""
    rows, weights = cities()
    return random.Random(1).choices(rows, weights, k=count)
