"""Programs as open data: one plain record each, streamed as JSON, GeoJSON or CSV."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.urls import reverse

from programs import freshness, schedule
from programs.choices import Day
from programs.models import Program, SourceRecord
from programs.models.payer import AcceptanceSource, Network
from programs.models.program import FACET_COLUMNS, ProgramQuerySet
from programs.spreadsheet import harmless

BATCH = 500


def in_batches(programs: ProgramQuerySet) -> Iterator[Program]:
    """All of them in order of id, read a few hundred at a time from where the last batch ended."""
    last = 0
    while batch := list(programs.filter(pk__gt=last).order_by("pk").with_details()[:BATCH]):
        yield from batch
        last = batch[-1].pk


def record(program: Program) -> dict[str, Any]:
    """Everything published about a program; NULL and absent values are what it has not told us."""
    opens = freshness.shows_openings(program)
    return {
        "slug": program.slug,
        "public_id": str(program.public_id),
        "name": program.name,
        "organization": program.organization.name,
        "status": program.status,
        "level_of_care": program.level_of_care,
        "summary": program.summary,
        "website": program.website or program.organization.website,
        "phones": [
            {"purpose": phone.purpose, "number": str(phone), "hours": phone.hours} for phone in program.phones.all()
        ],
        **_location(program),
        **{column: list(getattr(program, column)) for column in FACET_COLUMNS.values()},
        "not_offered": sorted(program.not_offered),
        "min_age": program.min_age,
        "max_age": program.max_age,
        "family_program": program.family_program,
        "sessions": [_session(block) for block in program.sessions.all()],
        "hours_per_week": _hours(program),
        "weeks": {"min": program.weeks_min, "max": program.weeks_max},
        "cost_per_week": {"min": program.cost_per_week_min, "max": program.cost_per_week_max},
        "cost_includes": program.cost_includes,
        "sliding_scale": program.slides,
        "payers": [_acceptance(found) for found in program.payer_acceptances.all()],
        "accepting_new": program.accepting_new if opens else None,
        "next_start_on": freshness.next_start(program),
        "seats_open": program.seats_open if opens else None,
        "confirmed": {
            topic: {"on": found.confirmed_on, "method": found.method}
            for topic, found in freshness.newest(program.confirmations.all()).items()
        },
        "sources": [_source(found) for found in program.sources.all()],
        "closed_on": program.closed_on,
        "sample": program.is_sample,
        "url": reverse("program", args=[program.slug]),
    }


def source_name(source: str) -> str:
    """The directory a fact comes from, as citations name it."""
    if source in (SourceRecord.Source.SAMHSA_SU, SourceRecord.Source.SAMHSA_MH):
        return "SAMHSA National Directory"
    return str(SourceRecord.Source(source).label)


def _location(program: Program) -> dict[str, Any]:
    names = "street street2 city state zip county latitude longitude location_quality time_zone virtual_states"
    return {name: getattr(program, name) for name in names.split()}


def _session(block: Any) -> dict[str, Any]:
    return {
        "day": Day.values[block.weekday],
        "starts": f"{block.starts:%H:%M}",
        "ends": f"{block.ends:%H:%M}",
        "kind": block.kind,
        "format": block.format,
        "track": block.track,
        "required": block.is_required,
    }


def _hours(program: Program) -> float | None:
    if hours := schedule.weekly_hours(program.sessions.all()):
        return hours[0]
    return float(program.hours_per_week) if program.hours_per_week is not None else None


def _acceptance(found: Any) -> dict[str, Any]:
    is_confirmed = found.source == AcceptanceSource.BENEFITS_CHECK
    return {
        "slug": found.payer.slug,
        "label": found.payer.name,
        "network": found.network,
        "evidence": "confirmed" if is_confirmed else "program",
        "as_of": found.as_of,
    }


def _source(found: SourceRecord) -> dict[str, Any]:
    return {"name": source_name(found.source), "year": found.survey_year, "gone_since": found.gone_since_year}


# --- writers ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Writer:
    """One file format."""

    extension: str
    content_type: str
    stream: Callable[[Iterable[Program]], Iterator[str]]


def _dump(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _between(start: str, items: Iterable[str], end: str) -> Iterator[str]:
    yield start
    for number, item in enumerate(items):
        yield f",\n{item}" if number else item
    yield end


def stream_json(programs: Iterable[Program]) -> Iterator[str]:
    return _between("[", (_dump(record(program)) for program in programs), "]\n")


def stream_geojson(programs: Iterable[Program]) -> Iterator[str]:
    return _between(
        '{"type": "FeatureCollection", "features": [', (_dump(_feature(program)) for program in programs), "]}\n"
    )


def _feature(program: Program) -> dict[str, Any]:
    has_point = program.longitude is not None
    point = {"type": "Point", "coordinates": [program.longitude, program.latitude]}
    return {
        "type": "Feature",
        "id": str(program.public_id),
        "geometry": point if has_point else None,
        "properties": record(program),
    }


CSV_COLUMNS = (
    "slug name organization status street street2 city state zip county latitude longitude location_quality "
    "formats virtual_states conditions therapies populations ages genders languages services medications "
    "accreditations payment_types other_levels not_offered days hours_per_week cost_per_week_min cost_per_week_max "
    "sliding_scale payers accepting_new next_start_on phone website confirmed_on source survey_year sample url gone_since"
).split()


class _Echo:
    """A file that gives back what is written to it, so that rows can be streamed."""

    def write(self, text: str) -> str:
        return text


def stream_csv(programs: Iterable[Program]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(CSV_COLUMNS)
    for program in programs:
        row = _flat(program)
        yield writer.writerow([cell(row[column]) for column in CSV_COLUMNS])


def _flat(program: Program) -> dict[str, Any]:
    full = record(program)
    confirmed = [found["on"] for found in full["confirmed"].values()]
    newest = freshness.newest_source(program.sources.all())
    required = schedule.required(program.sessions.all())
    accepted = [payer["slug"] for payer in full["payers"] if payer["network"] != Network.NOT_ACCEPTED]
    return full | {
        "days": [Day.values[day] for day in sorted({block.weekday for block in required})],
        "cost_per_week_min": program.cost_per_week_min,
        "cost_per_week_max": program.cost_per_week_max,
        "payers": accepted,
        "phone": full["phones"][0]["number"] if full["phones"] else "",
        "confirmed_on": max(confirmed, default=None),
        "source": source_name(newest.source) if newest else "",
        "survey_year": newest.survey_year if newest else None,
        "gone_since": newest.gone_since_year if newest else None,
    }


def cell(value: Any) -> str:
    """A value as a spreadsheet may read it: lists with semicolons, unknown empty, and never a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return harmless(text)


WRITERS = {
    "json": Writer("json", "application/json", stream_json),
    "geojson": Writer("geojson", "application/geo+json", stream_geojson),
    "csv": Writer("csv", "text/csv; charset=utf-8", stream_csv),
}
