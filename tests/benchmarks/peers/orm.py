"""The search as most Django sites write it: haversine in the ORM, one grouped query a facet, cards with prefetches."""

from collections import Counter
from typing import Any

from django.db.models import F, Func, Q
from django.db.models.query import QuerySet

from programs import geo
from programs.filters import ProgramFilterSet
from programs.models import PayerAcceptance, Program, SessionBlock
from programs.search.vocabulary import FACETS


def search(asked: dict[str, Any], *, box: bool) -> dict[str, Any]:
    """`box` narrows by latitude and longitude before the haversine."""
    filters = ProgramFilterSet(asked)
    place, radius = filters.place, float(asked["radius"])
    everything = Program.objects.published().exclude(formats=["virtual"]).with_miles(place).filter(miles__lte=radius)
    if box:
        around = geo.box_around(place.point, radius)
        spans = Q()
        for west, east in around.spans:
            spans |= Q(longitude__range=(west, east))
        everything = everything.filter(spans, latitude__range=(around.south, around.north))
    chosen = {name: asked[name] for name in FACETS if name in asked}

    def narrowed(*, but: str = "") -> QuerySet[Program]:
        found = everything
        for name, values in chosen.items():
            if name != but:
                found = filters.filter_facet(found, name, values)
        return found

    found = narrowed().order_by("miles", "pk")
    return {
        "count": found.count(),
        "cards": list(
            found.select_related("organization").prefetch_related("payer_acceptances__payer", "sessions")[:20]
        ),
        "points": list(found.values_list("pk", "latitude", "longitude")[:500]),
        "facets": {name: _counts(narrowed(but=name), name) for name in FACETS},
    }


def _counts(found: QuerySet[Program], name: str) -> Counter[str]:
    ids = found.order_by().values("pk")
    if name in ("when", "day"):
        blocks = SessionBlock.objects.filter(program__in=ids).values_list("program", "weekday", "starts__hour")
        return _schedule(blocks, name)
    column = FACETS[name].column
    rows = Program.objects.filter(pk__in=ids).annotate(value=Func(F(column), function="unnest")).values_list("value")
    counts = Counter(value for (value,) in rows)
    if name == "payer":
        accepted = PayerAcceptance.objects.filter(program__in=ids).accepted().values_list("payer__slug")
        counts.update(slug for (slug,) in accepted)
    return counts


def _schedule(rows: Any, name: str) -> Counter[str]:
    values = FACETS[name].values
    if name == "day":
        return Counter(values[weekday] for _program, weekday in {(program, day) for program, day, _hour in rows})
    parts = {
        (program, "morning" if hour < 12 else "afternoon" if hour < 17 else "evening") for program, _d, hour in rows
    }
    parts |= {(program, "weekend") for program, weekday, _hour in rows if weekday >= 5}
    return Counter(part for _program, part in parts)
