"""The listing itself."""

import math
import uuid

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Max, Q
from django.db.models.functions import ASin, Collate, Cos, Least, Power, Radians, Sin, Sqrt
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from programs import geo
from programs.choices import (
    Accreditation,
    AgeGroup,
    CareLevel,
    Condition,
    Format,
    Gender,
    Language,
    LocationQuality,
    Medication,
    PaymentType,
    Population,
    Service,
    SmokingPolicy,
    Status,
    Therapy,
    Vocabulary,
)
from programs.models import plausible
from programs.models.evidence import Topic
from programs.models.place import Place
from programs.models.spelling import Spelled

# Array columns of `Program` and the vocabulary each is closed over.
ARRAY_VOCABULARIES: dict[str, type[models.TextChoices]] = {
    "formats": Format,
    "conditions": Condition,
    "therapies": Therapy,
    "populations": Population,
    "ages": AgeGroup,
    "genders": Gender,
    "languages": Language,
    "services": Service,
    "medications": Medication,
    "accreditations": Accreditation,
    "payment_types": PaymentType,
    "other_levels": CareLevel,
}


def slugs(vocabulary: type[models.TextChoices], label: str | Promise) -> ArrayField:
    """An array of slugs of one vocabulary; empty says nothing (see `Program`)."""
    base: models.CharField[str, str] = models.CharField(max_length=40, choices=vocabulary)
    return ArrayField(base, verbose_name=label, default=list, blank=True)  # type: ignore[arg-type]


class ProgramQuerySet(models.QuerySet["Program"]):
    """Adjectives filter, `with_…` prefetches; both chain."""

    def published(self) -> "ProgramQuerySet":
        return self.filter(status=Status.PUBLISHED)

    def real(self) -> "ProgramQuerySet":
        """Without the sample listings."""
        return self.filter(is_sample=False)

    def visible(self) -> "ProgramQuerySet":
        """What has a page of its own: published or closed."""
        return self.filter(status__in=[Status.PUBLISHED, Status.CLOSED])

    def at_an_address(self) -> "ProgramQuerySet":
        """Without those by video only, which are nowhere near anybody."""
        return self.exclude(formats=[Format.VIRTUAL])

    def open_data(self) -> "ProgramQuerySet":
        """What exports, sitemaps and the API hold."""
        return self.published().without_needless_samples()

    def without_needless_samples(self) -> "ProgramQuerySet":
        """No sample listings, unless nothing else is published."""
        return self.real() if Program.objects.published().real().exists() else self

    def with_miles(self, place: Place) -> "ProgramQuerySet":
        """Great-circle miles from a place (haversine on the mean radius)."""
        north = Radians(F("latitude") - place.latitude)
        east = Radians(F("longitude") - place.longitude)
        halves = Power(Sin(north / 2), 2) + Cos(Radians("latitude")) * math.cos(math.radians(place.latitude)) * Power(
            Sin(east / 2), 2
        )
        return self.annotate(miles=2 * geo.EARTH_RADIUS * ASin(Sqrt(Least(halves, 1.0))))

    def within(self, place: Place, miles: float) -> "ProgramQuerySet":
        """Programs at most so many miles away, nearest first; a box keeps the arithmetic to the few it may be."""
        box = geo.box_around(place.point, miles)
        spans = Q()
        for west, east in box.spans:
            spans |= Q(longitude__range=(west, east))
        inside = self.filter(spans, latitude__range=(box.south, box.north))
        return inside.with_miles(place).filter(miles__lte=miles).order_by("miles", "pk")  # type: ignore[misc]

    def with_openings_on(self) -> "ProgramQuerySet":
        """When its openings were last confirmed."""
        told = Max("confirmations__confirmed_on", filter=Q(confirmations__topic=Topic.AVAILABILITY))
        return self.annotate(openings_on=told)

    def with_details(self) -> "ProgramQuerySet":
        return self.select_related("organization").prefetch_related(
            "phones",
            "sessions",
            "payer_acceptances__payer",
            "confirmations",
            "credentials",
            "sources",
        )


@pghistory.track()
class Program(models.Model):
    """One intensive outpatient program (ASAM level 2.1) at one place.

    Yes, no, not told us: a value in an array (`therapies`: "dbt") is a yes. "therapy:dbt" in
    `not_offered` is a no (or "not reported" to a survey that asked). A value in neither is unknown:
    the program has not told us, and it is never shown or filtered as a no.
    A NULL in a single column is unknown in the same sense.
    Example: Third Ward Recovery Center, Milwaukee: Mon, Wed, Thu 18–21 h, DBT, BadgerCare, $325 a week.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("slug"), max_length=140, unique=True)
    organization = models.ForeignKey(
        "programs.Organization",
        models.PROTECT,
        related_name="programs",
        verbose_name=_("organization"),
    )
    name = models.CharField(_("name"), max_length=200)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    level_of_care = models.CharField(
        _("level of care"),
        max_length=20,
        choices=CareLevel,
        null=True,
        blank=True,
        default=CareLevel.IOP,
    )
    other_levels = slugs(CareLevel, _("other levels of care at this place"))
    summary = models.TextField(_("summary"), max_length=1000, blank=True)
    website = models.URLField(_("website"), blank=True)

    formats = slugs(Format, _("formats"))
    virtual_states = ArrayField(
        models.CharField(max_length=2),
        verbose_name=_("states it may treat by video"),
        default=list,
        blank=True,
    )
    street = models.CharField(_("street"), max_length=120, blank=True)
    street2 = models.CharField(_("suite, floor"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=80)
    state = models.CharField(_("state"), max_length=2)
    zip = models.CharField(_("ZIP code"), max_length=5)
    county = models.CharField(_("county"), max_length=80, blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)
    location_quality = models.CharField(_("location quality"), max_length=12, choices=LocationQuality, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, default="America/New_York")

    conditions = slugs(Condition, _("conditions treated"))
    therapies = slugs(Therapy, _("therapies"))
    populations = slugs(Population, _("special groups"))
    ages = slugs(AgeGroup, _("age groups"))
    min_age = models.SmallIntegerField(_("youngest age"), null=True, blank=True)
    max_age = models.SmallIntegerField(_("oldest age"), null=True, blank=True)
    genders = slugs(Gender, _("genders"))
    languages = slugs(Language, _("languages"))
    services = slugs(Service, _("services"))
    medications = slugs(Medication, _("medications"))
    accreditations = slugs(Accreditation, _("licenses and accreditation"))
    not_offered = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("not offered or not reported"),
        default=list,
        blank=True,
    )
    family_program = models.BooleanField(_("family program"), null=True, blank=True)
    aftercare = models.BooleanField(_("aftercare"), null=True, blank=True)
    smoking = models.CharField(_("smoking"), max_length=16, choices=SmokingPolicy, blank=True)

    hours_per_week = models.DecimalField(
        _("hours a week (stated)"), max_digits=4, decimal_places=1, null=True, blank=True
    )
    weeks_min = models.SmallIntegerField(_("weeks, at least"), null=True, blank=True)
    weeks_max = models.SmallIntegerField(_("weeks, at most"), null=True, blank=True)
    cost_per_week_min = models.IntegerField(_("dollars a week, from"), null=True, blank=True)
    cost_per_week_max = models.IntegerField(_("dollars a week, to"), null=True, blank=True)
    cost_includes = models.CharField(_("what the price includes"), max_length=300, blank=True)
    sliding_scale = models.BooleanField(_("sliding scale"), null=True, blank=True)
    payment_types = slugs(PaymentType, _("payment types"))

    accepting_new = models.BooleanField(_("accepting new patients"), null=True, blank=True)
    next_start_on = models.DateField(_("next start"), null=True, blank=True)
    seats_open = models.SmallIntegerField(_("seats open"), null=True, blank=True)

    is_sample = models.BooleanField(_("sample data"), default=False, editable=False)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_from",
        editable=False,
    )
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProgramQuerySet.as_manager()

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")
        indexes = [
            models.Index(fields=["state", "city", "status"], name="program_state_city"),
            models.Index(Collate(Spelled("name"), "C"), "id", name="program_name_begins"),  # names as they are typed
            GinIndex(OpClass(Spelled("name"), "gin_trgm_ops"), name="program_name_trigrams"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="program_status_known"),
            models.CheckConstraint(
                condition=Q(status=Status.MERGED, merged_into__isnull=False)
                | (~Q(status=Status.MERGED) & Q(merged_into=None)),
                name="program_merged_says_where",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.CLOSED) | Q(closed_on__isnull=False),
                name="program_closed_says_when",
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None, location_quality="")
                | (
                    Q(latitude__range=(-90, 90), longitude__range=(-180, 180))
                    & Q(location_quality__in=LocationQuality.values)
                ),
                name="program_point_with_quality",
            ),
            models.CheckConstraint(condition=Q(zip__regex=r"^\d{5}$"), name="program_zip_shape"),
            models.CheckConstraint(condition=Q(state__regex=r"^[A-Z]{2}$"), name="program_state_shape"),
            models.CheckConstraint(
                condition=Q(smoking__in=["", *SmokingPolicy.values]),
                name="program_smoking_known",
            ),
            models.CheckConstraint(
                condition=Q(level_of_care=None) | Q(level_of_care__in=CareLevel.values),
                name="program_level_known",
            ),
            models.CheckConstraint(
                condition=Q(min_age=None) | Q(min_age__range=(0, 120)),
                name="program_min_age_range",
            ),
            models.CheckConstraint(
                condition=Q(min_age=None) | Q(max_age=None) | Q(max_age__gte=F("min_age")),
                name="program_ages_ordered",
            ),
            models.CheckConstraint(
                condition=Q(hours_per_week=None) | Q(hours_per_week__range=(0, 168)),
                name="program_hours_range",
            ),
            models.CheckConstraint(
                condition=Q(weeks_min=None) | Q(weeks_max=None) | Q(weeks_max__gte=F("weeks_min")),
                name="program_weeks_ordered",
            ),
            models.CheckConstraint(
                condition=(Q(cost_per_week_min=None) & Q(cost_per_week_max=None))
                | Q(
                    cost_per_week_min__gte=0,
                    cost_per_week_max__gte=F("cost_per_week_min"),
                ),
                name="program_cost_ordered",
            ),
            models.CheckConstraint(
                condition=Q(seats_open=None) | Q(seats_open__gte=0),
                name="program_seats_positive",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{column}__contained_by": vocabulary.values}),
                    name=f"program_{column}_known",
                )
                for column, vocabulary in ARRAY_VOCABULARIES.items()
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("program", args=[self.slug])

    def clean(self) -> None:
        """Refuse, beside its field, what no program can mean or what would hide it; a state may be typed small.

        A name is found as people type it, with single blanks.
        """
        self.name = " ".join((self.name or "").split())
        self.state = (self.state or "").upper()
        if errors := plausible.refusals(self):
            raise ValidationError(errors)

    @property
    def is_virtual_only(self) -> bool:
        return self.formats == [Format.VIRTUAL]

    @property
    def slides(self) -> bool | None:
        """Whether prices follow income; as a kind of payment it is told too."""
        return True if PaymentType.SLIDING_FEE in self.payment_types else self.sliding_scale

    def knows(self, facet: str, value: str) -> bool:
        """Whether the program told us yes or no about one value ("therapy", "dbt")."""
        return value in getattr(self, FACET_COLUMNS[facet]) or f"{facet}:{value}" in self.not_offered


# Facets of search that are array columns of `Program`; the prefix in `not_offered` is the facet's name.
FACET_COLUMNS = {
    "condition": "conditions",
    "therapy": "therapies",
    "population": "populations",
    "age": "ages",
    "gender": "genders",
    "language": "languages",
    "service": "services",
    "medication": "medications",
    "accreditation": "accreditations",
    "payment": "payment_types",
    "level": "other_levels",
    "format": "formats",
}
SAMHSA_FACETS: dict[str, type[Vocabulary]] = {
    facet: vocabulary
    for facet, column in FACET_COLUMNS.items()
    if issubclass(vocabulary := ARRAY_VOCABULARIES[column], Vocabulary)
}


class Phone(models.Model):
    """A number people may call, and what for. Example: intake line, 414-555-0142."""

    class Purpose(models.TextChoices):
        MAIN = "main", _("Main line")
        INTAKE = "intake", _("Intake")
        HOTLINE = "hotline", _("Hotline")
        TTY = "tty", _("TTY")
        FAX = "fax", _("Fax")

    program = models.ForeignKey(Program, models.CASCADE, related_name="phones")
    purpose = models.CharField(_("purpose"), max_length=8, choices=Purpose, default=Purpose.MAIN)
    number = models.CharField(_("number"), max_length=20)  # +14145550142
    extension = models.CharField(_("extension"), max_length=10, blank=True)
    hours = models.CharField(_("hours"), max_length=80, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        indexes = [models.Index(fields=["number"], name="phone_number")]
        constraints = [
            models.CheckConstraint(condition=Q(number__regex=r"^\+1\d{10}$"), name="phone_number_shape"),
            models.UniqueConstraint(fields=["program", "purpose", "number", "extension"], name="phone_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number[2:5]}-{self.number[5:8]}-{self.number[8:]}" + (
            f" x{self.extension}" if self.extension else ""
        )


class Credential(models.Model):
    """A license, certification or accreditation with its number and expiry. Example: CARF, until May 2028."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="credentials")
    kind = models.CharField(_("given by"), max_length=30, choices=Accreditation)
    number = models.CharField(_("number"), max_length=60, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    verified_on = models.DateField(_("verified on"), null=True, blank=True)

    class Meta:
        ordering = ["kind", "pk"]
        verbose_name = _("license")
        verbose_name_plural = _("licenses")
        constraints = [models.UniqueConstraint(fields=["program", "kind"], name="credential_once")]

    def __str__(self) -> str:
        return self.get_kind_display()
