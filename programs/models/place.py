"""Places people type: ZIP codes, cities, states."""

from functools import cached_property
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from programs import geo
from programs.choices import STATES


class PlaceQuerySet(models.QuerySet["Place"]):
    def zips(self) -> Self:
        return self.filter(kind=Place.Kind.ZIP)

    def cities(self) -> Self:
        return self.filter(kind=Place.Kind.CITY)

    def states(self) -> Self:
        return self.filter(kind=Place.Kind.STATE)

    def inside(self, box: geo.Box) -> Self:
        """Places within a box, on either side of the date line."""
        spans = Q()
        for west, east in box.spans:
            spans |= Q(longitude__range=(west, east))
        return self.filter(spans, latitude__range=(box.south, box.north))

    def largest_first(self) -> Self:
        return self.order_by("-population", "rank", "pk")


class Place(models.Model):
    """A name people type and the point it stands for: one row of the gazetteer.

    Built by `scripts/build_gazetteer.py`, loaded by `manage.py load_places`, found by `programs.gazetteer.locate`.
    Examples: the city Milwaukee, WI, in Milwaukee County; ZIP code 53202, whose `name` is its post town Milwaukee.
    A bare point (43.04, -87.91) is a Place too; it is made on the spot and never stored.
    """

    class Kind(models.TextChoices):
        ZIP = "zip", _("ZIP code")
        CITY = "city", _("City")
        STATE = "state", _("State")
        POINT = "point", _("Point")

    kind = models.CharField(max_length=5, choices=Kind)
    key = models.CharField(max_length=80)  # the name as `programs.placenames.key` folds it ("saintlouis"), or the ZIP
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=2)
    county = models.CharField(max_length=80, blank=True)
    latitude = models.FloatField()
    longitude = models.FloatField()
    population = models.IntegerField(default=0)  # 0 = GeoNames gives no figure
    time_zone = models.CharField(max_length=40)
    rank = models.SmallIntegerField(default=0)  # 0 = what the name means in this state; its namesakes follow
    aliases = ArrayField(models.CharField(max_length=40), default=list, blank=True)  # keys of its other names

    objects = PlaceQuerySet.as_manager()

    # Not columns; `locate` sets them on what it returns.
    others: "tuple[Place, ...]" = ()  # namesakes in the same state
    is_approximate: bool = False  # the middle of all ZIP codes that start like this one

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        indexes = [
            # Serves names typed in full and, by its operator class, names typed half.
            models.Index(
                fields=["key", "state"],
                name="place_key_state",
                opclasses=["varchar_pattern_ops", "varchar_pattern_ops"],
            ),
            models.Index(fields=["latitude", "longitude"], name="place_point"),
            GinIndex(fields=["key"], name="place_key_trigrams", opclasses=["gin_trgm_ops"], condition=~Q(kind="zip")),
            GinIndex(fields=["aliases"], name="place_aliases"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["zip", "city", "state"]), name="place_kind_known"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="place_state_known"),
            models.CheckConstraint(condition=~Q(key=""), name="place_key_given"),
            models.CheckConstraint(condition=Q(latitude__range=(-90, 90)), name="place_latitude_range"),
            models.CheckConstraint(condition=Q(longitude__range=(-180, 180)), name="place_longitude_range"),
            models.UniqueConstraint(fields=["kind", "key", "state", "rank"], name="place_once"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def point(self) -> geo.Point:
        return geo.Point(self.latitude, self.longitude)

    @property
    def near(self) -> str:
        """What to type, or to put in a URL, to get this place again."""
        if self.kind == self.Kind.ZIP:
            return self.key
        if self.kind == self.Kind.STATE:
            return self.state
        if self.kind == self.Kind.POINT:
            return f"{self.latitude:.4f},{self.longitude:.4f}"
        if self.rank and self.county:
            return f"{self.name}, {self.county}, {self.state}"
        return f"{self.name}, {self.state}"

    @property
    def label(self) -> str:
        """How pages name it: "53202, Milwaukee, WI"; a namesake carries its county."""
        if self.is_approximate:
            return gettext("ZIP codes %(start)sxx, %(state)s") % {"start": self.key[:3], "state": self.state}
        if self.kind == self.Kind.ZIP:
            return f"{self.key}, {self.name}, {self.state}"
        if self.kind == self.Kind.STATE:
            return str(STATES[self.state])
        if self.kind == self.Kind.POINT:
            return f"{self.latitude:.2f}, {self.longitude:.2f}"
        return self.near

    @cached_property
    def measured_from(self) -> str:
        """What distances from it start at: "center of ZIP code 53202"."""
        if self.is_approximate:
            return gettext("center of the ZIP codes that start with %(start)s") % {"start": self.key[:3]}
        if self.kind == self.Kind.ZIP:
            return gettext("center of ZIP code %(zip)s") % {"zip": self.key}
        if self.kind == self.Kind.POINT:
            return gettext("point you gave")
        return gettext("center of %(place)s") % {"place": self.name}
