"""What changed in a row, when and by whom: pghistory's events told as differences."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

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
    differences: list[Difference]


def events(row: models.Model) -> list[Event]:
    """The newest first. The first event of a row is its creation."""
    model = apps.get_model(row._meta.app_label, f"{row._meta.object_name}Event")
    rows = model.objects.filter(pgh_obj_id=row.pk).select_related("pgh_context").order_by("-pgh_id")[: MOST + 1]
    stored = list(rows)
    found = []
    for number, later in enumerate(stored[:MOST]):
        earlier = stored[number + 1] if number + 1 < len(stored) else None
        by = later.pgh_context.metadata.get("by", "") if later.pgh_context else ""
        differences = list(_differences(row, earlier, later)) if earlier else []
        if differences or later.pgh_label == "insert":
            found.append(Event(later.pgh_created_at, by, differences))
    return found


def _differences(row: models.Model, earlier: Any, later: Any) -> Iterator[Difference]:
    for field in row._meta.concrete_fields:
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
