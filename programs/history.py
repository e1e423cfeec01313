"""What changed in a listing, when and by whom: pghistory's rows told as differences."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from programs.models import Program

LEFT_OUT = {"id", "updated_at", "created_at", "public_id"}
MOST = 200  # events shown


@dataclass(frozen=True)
class Difference:
    """One column before and after; for a list, what was added and what was taken out."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Event:
    at: dt.datetime
    by: str  # "" = not known: an import, a command
    act: str
    differences: list[Difference]


def events(program: Program) -> list[Event]:
    """The newest first. The first event of a listing is its creation."""
    model = apps.get_model("programs", "ProgramEvent")
    rows = model.objects.filter(pgh_obj_id=program.pk).select_related("pgh_context").order_by("-pgh_id")[: MOST + 1]
    stored = list(rows)
    found = []
    for number, row in enumerate(stored[:MOST]):
        earlier = stored[number + 1] if number + 1 < len(stored) else None
        context = row.pgh_context.metadata if row.pgh_context else {}
        differences = list(_differences(earlier, row)) if earlier else []
        if differences or row.pgh_label == "insert":
            act = context.get("act") or ("created" if row.pgh_label == "insert" else "changed")
            found.append(Event(row.pgh_created_at, context.get("by", ""), act, differences))
    return found


def _differences(earlier: Any, later: Any) -> Iterator[Difference]:
    for field in Program._meta.concrete_fields:
        before, after = getattr(earlier, field.attname), getattr(later, field.attname)
        if field.name in LEFT_OUT or before == after:
            continue
        if isinstance(before, list):
            before, after = set(before) - set(after), set(after) - set(before)
        yield Difference(str(field.verbose_name), _words(before), _words(after))


def _words(value: Any) -> str:
    if value is None or value == "" or value == set():
        return "—"
    return ", ".join(sorted(value)) if isinstance(value, set) else str(value)
