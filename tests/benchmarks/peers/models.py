"""The directory as an ordinary Django site has it: a table for each vocabulary, many-to-many from the program."""

from typing import Any

from django.conf import settings
from django.db import models

from programs.search.vocabulary import FACETS


class Value(models.Model):
    """One value of one facet."""

    slug = models.CharField(max_length=60, unique=True)
    label = models.CharField(max_length=200)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label


def _table_of(facet: str) -> Any:
    return type(facet.title(), (Value,), {"__module__": __name__, "Meta": type("Meta", (), {"app_label": "peers"})})


VALUES = {facet: _table_of(facet) for facet in FACETS}


class Program(models.Model):
    """A published program at an address."""

    slug = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    city = models.CharField(max_length=100)
    state = models.CharField(max_length=2)
    cost = models.IntegerField(null=True)
    latitude = models.FloatField()
    longitude = models.FloatField()
    locals().update({facet: models.ManyToManyField(table, related_name="programs") for facet, table in VALUES.items()})

    class Meta:
        app_label = "peers"
        indexes = [models.Index(fields=["latitude", "longitude"], name="peers_lat_lng")]

    def __str__(self) -> str:
        return self.name


if settings.HAS_POSTGIS:
    from django.contrib.gis.db.models import PointField

    PointField(geography=True, null=True).contribute_to_class(Program, "point")  # with its GiST index
