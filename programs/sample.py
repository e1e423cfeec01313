"""The fictional listings of fixtures/sample_programs.csv, brought in and taken out again.

Dates in the file are days from today, so that the sample is as fresh as the day it is loaded.
The file's columns are told in docs/data.md; the billing columns are read by the insurance side.
"""

import csv
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from programs.choices import Day, Status
from programs.models import (
    Confirmation,
    Credential,
    Merge,
    Organization,
    Payer,
    PayerAcceptance,
    Phone,
    Program,
    SessionBlock,
)
from programs.models.program import ARRAY_VOCABULARIES
from programs.search import record

FIXTURES = settings.BASE_DIR / "fixtures"
Row = dict[str, str]

TEXTS = (
    "slug name status summary website street street2 city state zip county location_quality time_zone smoking "
    "cost_includes"
).split()
LISTS = [*ARRAY_VOCABULARIES, "virtual_states", "not_offered"]
YES_NO = "family_program aftercare sliding_scale accepting_new".split()
NUMBERS = {  # column of Program: column of the file
    "min_age": "min_age",
    "max_age": "max_age",
    "weeks_min": "weeks_min",
    "weeks_max": "weeks_max",
    "cost_per_week_min": "cost_min",
    "cost_per_week_max": "cost_max",
    "seats_open": "seats_open",
}


def load_payers() -> dict[str, Payer]:
    """The payers of fixtures/payers.json by slug; ones that are there already keep what curators changed."""
    entries = json.loads((FIXTURES / "payers.json").read_text(encoding="utf-8"))
    fields = ("slug", "name", "kind", "aliases", "states")
    Payer.objects.bulk_create(
        [Payer(**{name: entry[name] for name in fields}) for entry in entries], ignore_conflicts=True
    )
    payers = {payer.slug: payer for payer in Payer.objects.all()}
    brands = []
    for entry in entries:
        payer = payers.get(entry["slug"])
        if payer and entry["parent"] and payer.parent_id is None:
            payer.parent = payers[entry["parent"]]
            brands.append(payer)
    Payer.objects.bulk_update(brands, ["parent"])
    return payers


@transaction.atomic
def load() -> int:
    """Bring the sample up to date with its file and today; returns how many programs it holds."""
    with (FIXTURES / "sample_programs.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    payers, today = load_payers(), timezone.localdate()
    organizations = _organizations(rows)
    _part_merged(Program.objects.filter(is_sample=True))
    programs = [_program(row, organizations[row["organization"]], today) for row in rows]
    kept = {"slug", "public_id", "created_at", "id", "merged_into"}
    changed = [field.name for field in Program._meta.concrete_fields if field.name not in kept]
    Program.objects.bulk_create(programs, update_conflicts=True, unique_fields=["slug"], update_fields=changed)
    _take_out(Program.objects.filter(is_sample=True).exclude(slug__in=[row["slug"] for row in rows]))
    ids = [program.pk for program in programs]
    for model, make in DETAILS.items():
        model.objects.filter(program__in=ids).delete()
        pairs = zip(programs, rows, strict=True)
        model.objects.bulk_create([each for program, row in pairs for each in make(program, row, today, payers)])
    record.write(ids)
    return len(ids)


@transaction.atomic
def remove() -> int:
    """Take the sample out; returns how many programs stay, because a benefits check or a real listing needs them."""
    stay = _take_out(Program.objects.filter(is_sample=True))
    Organization.objects.filter(is_sample=True, programs=None).delete()
    return stay


def _take_out(programs: models.QuerySet[Program]) -> int:
    """Delete; what a benefits check names, or another listing leads to, is closed instead. Returns how many those are."""
    ids = set(programs.values_list("pk", flat=True))
    _part_merged(programs)
    try:
        with transaction.atomic():
            programs.delete()
        named = set()
    except ProtectedError as error:
        named = {_named_by(held) for held in error.protected_objects}
        programs.exclude(pk__in=named).delete()
    left = Program.objects.filter(pk__in=named).exclude(status=Status.CLOSED)
    left.update(status=Status.CLOSED, closed_on=timezone.localdate())
    record.write(ids)
    return len(named)


def _part_merged(programs: models.QuerySet[Program]) -> None:
    """Those that were merged stand by themselves again, closed: else none could be written or deleted on its own."""
    merged = list(programs.filter(status=Status.MERGED).values_list("pk", flat=True))
    Merge.objects.filter(loser__in=merged, undone_at=None).delete()
    apart = Program.objects.filter(pk__in=merged)
    apart.update(status=Status.CLOSED, closed_on=timezone.localdate(), merged_into=None)


def _named_by(held: Any) -> Any:
    """The program that this row keeps from being deleted: it leads there, or it is about it."""
    about = "merged_into_id" if isinstance(held, Program) else "program_id"
    return getattr(held, about, 0)


def _organizations(rows: list[Row]) -> dict[str, Organization]:
    have = {organization.name: organization for organization in Organization.objects.filter(is_sample=True)}
    new = {
        row["organization"]: Organization(
            name=row["organization"],
            legal_name=row["legal_name"],
            ownership=row["ownership"],
            npi=row["npi"],
            website=row["website"],
            is_sample=True,
        )
        for row in rows
        if row["organization"] not in have
    }
    Organization.objects.bulk_create(new.values())
    return have | new


def _program(row: Row, organization: Organization, today: dt.date) -> Program:
    program = Program(
        organization=organization,
        is_sample=True,
        latitude=float(row["latitude"]),
        longitude=float(row["longitude"]),
        hours_per_week=row["hours_per_week"] or None,
        next_start_on=_ahead(row["next_start_in"], today),
        closed_on=_ago(row["closed_days_ago"], today) if row["closed_days_ago"] else None,
        **{name: row[name] for name in TEXTS},
        **{name: row[name].split() for name in LISTS},
        **{name: {"yes": True, "no": False, "": None}[row[name]] for name in YES_NO},
        **{name: int(row[column]) if row[column] else None for name, column in NUMBERS.items()},
    )
    program.virtual_states = [code.upper() for code in program.virtual_states]
    program.clean()  # a whole list is written at once, past the forms
    return program


def _ago(days: str, today: dt.date) -> dt.date:
    return today - dt.timedelta(days=int(days))


def _ahead(days: str, today: dt.date) -> dt.date | None:
    return today + dt.timedelta(days=int(days)) if days else None


def _parts(cell: str) -> list[list[str]]:
    return [part.split() for part in cell.split("|") if part]


def _phones(program: Program, row: Row, *_: Any) -> list[Phone]:
    return [
        Phone(program=program, purpose=purpose, number=f"+1{number.replace('-', '')}", hours=" ".join(hours))
        for purpose, number, *hours in _parts(row["phones"])
    ]


def _sessions(program: Program, row: Row, *_rest: Any) -> list[SessionBlock]:
    blocks: list[SessionBlock] = []
    for part in filter(None, row["sessions"].split("|")):
        track, _, rest = part.partition(": ")
        *days, times, kind, where = rest.removesuffix(" optional").split()
        starts, ends = [dt.time.fromisoformat(time) for time in times.split("-")]
        blocks.extend(
            SessionBlock(
                program=program,
                track=track,
                weekday=Day.values.index(day.lower()),
                starts=starts,
                ends=ends,
                kind=kind,
                format=where,
                is_required=not rest.endswith(" optional"),
            )
            for day in days
        )
    return blocks


def _acceptances(program: Program, row: Row, today: dt.date, payers: dict[str, Payer]) -> list[PayerAcceptance]:
    return [
        PayerAcceptance(program=program, payer=payers[slug], network=network, source=source, as_of=_ago(days, today))
        for slug, network, source, days in _parts(row["payers"])
    ]


def _confirmations(program: Program, row: Row, today: dt.date, *_: Any) -> list[Confirmation]:
    return [
        Confirmation(program=program, topic=topic, method=method, confirmed_on=_ago(days, today))
        for topic, method, days in _parts(row["confirmations"])
    ]


def _credentials(program: Program, row: Row, today: dt.date, *_: Any) -> list[Credential]:
    return [
        Credential(program=program, kind=kind, number=number, expires_on=_ahead(days, today))
        for kind, number, days in _parts(row["credentials"])
    ]


DETAILS: dict[type[Any], Callable[..., list[Any]]] = {
    Phone: _phones,
    SessionBlock: _sessions,
    PayerAcceptance: _acceptances,
    Confirmation: _confirmations,
    Credential: _credentials,
}
