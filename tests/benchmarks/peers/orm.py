"""The search in the ORM: with django-filter and haversine, the same behind a bounding box, and with GeoDjango."""

from collections.abc import Callable
from typing import Any

import django_filters
from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import ASin, Cos, Power, Radians, Sin, Sqrt

from programs import geo
from tests.benchmarks.peers import Asked, Found
from tests.benchmarks.peers.models import VALUES, Program

if settings.HAS_POSTGIS:
    from django.contrib.gis.db.models.functions import Distance, GeometryDistance
    from django.contrib.gis.geos import Point
    from django.contrib.gis.measure import D


class Filters(django_filters.FilterSet):
    """As django-filter's documentation has it."""

    locals().update(
        {
            facet: django_filters.ModelMultipleChoiceFilter(
                field_name=f"{facet}__slug", queryset=table.objects.all(), to_field_name="slug"
            )
            for facet, table in VALUES.items()
        }
    )

    class Meta:
        model = Program
        fields: list[str] = []


def by_haversine(asked: Asked, *, box: bool) -> Found:
    """Miles computed for every row, or for those in the box only."""
    here = (Radians(Value(asked.latitude)), Radians(Value(asked.longitude)))
    across = Power(Sin((Radians(F("longitude")) - here[1]) / 2), 2)
    h = Power(Sin((Radians(F("latitude")) - here[0]) / 2), 2) + Cos(here[0]) * Cos(Radians(F("latitude"))) * across
    programs = Program.objects.annotate(miles=2 * geo.EARTH_RADIUS * ASin(Sqrt(h))).filter(miles__lte=asked.miles)
    if box:
        around = geo.box_around(geo.Point(asked.latitude, asked.longitude), asked.miles)
        spans = Q()
        for west, east in around.spans:
            spans |= Q(longitude__range=(west, east))
        programs = programs.filter(spans, latitude__range=(around.south, around.north))

    def narrowed(*, but: str = "") -> QuerySet[Program]:
        return Filters({name: slugs for name, slugs in asked.ticked.items() if name != but}, queryset=programs).qs

    return _found(narrowed, order="miles")


def by_geodjango(asked: Asked) -> Found:
    """GeoDjango as its documentation advises: `dwithin` on a geography, nearest first by the index."""
    here = Point(asked.longitude, asked.latitude, srid=4326)
    programs = Program.objects.filter(point__dwithin=(here, D(mi=asked.miles)))

    def narrowed(*, but: str = "") -> QuerySet[Program]:
        found = programs
        for name, slugs in asked.ticked.items():
            if name != but:
                link = getattr(Program, name).through.objects.filter(program=OuterRef("pk"))
                found = found.filter(Exists(link.filter(**{f"{name}__slug__in": slugs})))
        return found

    return _found(narrowed, order=GeometryDistance("point", here), miles=Distance("point", here))


def _found(narrowed: Callable[..., QuerySet[Program]], *, order: Any, **annotations: Any) -> Found:
    found = narrowed()
    page = found.annotate(**annotations).order_by(order).prefetch_related("payer", "when", "day", "format")[:20]
    return Found(
        count=found.count(),
        facets={name: _counts(narrowed(but=name), name) for name in VALUES},
        cards=[_card(program) for program in page],
        points=list(found.order_by(order).values_list("pk", "latitude", "longitude")[:500]),
    )


def _counts(found: QuerySet[Program], name: str) -> dict[str, int]:
    rows = found.order_by().filter(**{f"{name}__isnull": False}).values_list(f"{name}__slug")
    return dict(rows.annotate(n=Count("pk", distinct=True)))


def _card(program: Program) -> tuple[Any, ...]:
    lists = [[value.label for value in getattr(program, name).all()] for name in ("payer", "when", "day", "format")]
    return (program.pk, program.slug, program.name, program.city, program.state, program.cost, *lists)
