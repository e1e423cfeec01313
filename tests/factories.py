"""Listings and people for tests: valid by default, unknown where nothing is said, with a few named traits.

`ProgramFactory(evening=True, medicaid=True)` reads as what it makes. Times and dates are relative to today.
"""

import datetime as dt
from typing import Any

import factory
from django.contrib.auth import get_user_model
from django.utils import timezone
from factory.django import DjangoModelFactory

from programs.choices import (
    AgeGroup,
    Condition,
    Format,
    Language,
    LocationQuality,
    Ownership,
    PaymentType,
    Population,
    Service,
    Status,
    Therapy,
)
from programs.models import (
    Confirmation,
    Credential,
    DuplicateCandidate,
    Organization,
    Payer,
    PayerAcceptance,
    Phone,
    Place,
    ProblemReport,
    Program,
    SessionBlock,
    SourceRecord,
)
from programs.models.evidence import Method, Topic
from programs.models.payer import AcceptanceSource, Network, PayerKind

PASSWORD = "correct-horse-battery-staple"


def days_ago(days: int) -> dt.date:
    return timezone.localdate() - dt.timedelta(days=days)


class UserFactory(DjangoModelFactory):
    """A person on the staff; `UserFactory(role="curator")`. Curators and administrators may enter the admin."""

    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@helpline.example")
    name = factory.Sequence(lambda n: f"Person {n}")
    role = "agent"
    is_staff = factory.LazyAttribute(lambda user: user.role in {"curator", "admin"})
    is_superuser = factory.LazyAttribute(lambda user: user.role == "admin")
    password = factory.django.Password(PASSWORD)


class PlaceFactory(DjangoModelFactory):
    """A row of the gazetteer: Milwaukee, WI unless told otherwise."""

    class Meta:
        model = Place
        django_get_or_create = ("kind", "key", "state")  # tests with the whole gazetteer have it already

    kind = Place.Kind.CITY
    name = "Milwaukee"
    key = factory.LazyAttribute(lambda place: "".join(c for c in place.name.lower() if c.isalnum()))
    state = "WI"
    county = "Milwaukee"
    latitude = 43.0389
    longitude = -87.9065
    time_zone = "America/Chicago"

    class Params:
        zip53202 = factory.Trait(kind="zip", name="53202", latitude=43.0506, longitude=-87.8968)


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Lakeshore Recovery {n}")
    ownership = Ownership.NONPROFIT


class PayerFactory(DjangoModelFactory):
    class Meta:
        model = Payer
        django_get_or_create = ("slug",)

    slug = factory.Sequence(lambda n: f"payer-{n}")
    name = factory.LazyAttribute(lambda payer: payer.slug.replace("-", " ").title())
    kind = PayerKind.COMMERCIAL

    class Params:
        badgercare = factory.Trait(
            slug="badgercare",
            name="BadgerCare Plus",
            kind=PayerKind.MEDICAID,
            aliases=["Wisconsin Medicaid"],
            states=["WI"],
        )


class ProgramFactory(DjangoModelFactory):
    """A published in-person program in Milwaukee that has told us nothing but its name, place and main line."""

    class Meta:
        model = Program
        skip_postgeneration_save = True

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Third Ward Recovery Center {n}")
    slug = factory.Sequence(lambda n: f"third-ward-recovery-center-{n}")
    status = Status.PUBLISHED
    formats = factory.LazyFunction(lambda: [Format.IN_PERSON])
    street = "100 N Broadway"
    city = "Milwaukee"
    state = "WI"
    zip = "53202"
    county = "Milwaukee"
    latitude = 43.0331
    longitude = -87.9070
    location_quality = LocationQuality.ROOFTOP
    time_zone = "America/Chicago"

    phone = factory.RelatedFactory("tests.factories.PhoneFactory", factory_related_name="program")

    class Params:
        draft = factory.Trait(status=Status.DRAFT)
        closed = factory.Trait(status=Status.CLOSED, closed_on=factory.LazyFunction(lambda: days_ago(30)))
        sample = factory.Trait(is_sample=True, organization__is_sample=True)
        nowhere = factory.Trait(latitude=None, longitude=None, location_quality="")
        virtual = factory.Trait(
            formats=factory.LazyFunction(lambda: [Format.VIRTUAL]),
            virtual_states=factory.LazyFunction(lambda: ["WI", "IL"]),
        )
        hybrid = factory.Trait(formats=factory.LazyFunction(lambda: [Format.HYBRID]))
        medicaid = factory.Trait(payment_types=factory.LazyFunction(lambda: [PaymentType.MEDICAID]))
        teens = factory.Trait(
            ages=factory.LazyFunction(lambda: [AgeGroup.CHILDREN]),
            populations=factory.LazyFunction(lambda: [Population.ADOLESCENTS]),
            min_age=13,
            max_age=17,
        )
        priced = factory.Trait(cost_per_week_min=300, cost_per_week_max=450, sliding_scale=True)
        open = factory.Trait(
            accepting_new=True,
            next_start_on=factory.LazyFunction(lambda: days_ago(-5)),
            seats_open=4,
            told_openings=factory.RelatedFactory(
                "tests.factories.ConfirmationFactory", "program", topic=Topic.AVAILABILITY
            ),
        )
        evening = factory.Trait(
            evening_sessions=factory.RelatedFactoryList(
                "tests.factories.SessionBlockFactory",
                "program",
                size=3,
                weekday=factory.Iterator([0, 2, 3]),
                track="Evening",
            )
        )
        morning = factory.Trait(
            morning_sessions=factory.RelatedFactoryList(
                "tests.factories.SessionBlockFactory",
                "program",
                size=3,
                weekday=factory.Iterator([0, 1, 3]),
                starts=dt.time(9),
                ends=dt.time(12),
                track="Morning",
            )
        )
        samhsa = factory.Trait(
            source=factory.RelatedFactory("tests.factories.SourceRecordFactory", "program"),
            formats=factory.LazyFunction(list),
            location_quality=LocationQuality.ZIP_CENTRE,
        )
        detailed = factory.Trait(
            conditions=factory.LazyFunction(lambda: [Condition.ALCOHOL_USE, Condition.DEPRESSION]),
            therapies=factory.LazyFunction(lambda: [Therapy.CBT, Therapy.DBT, Therapy.GROUP]),
            languages=factory.LazyFunction(lambda: [Language.ENGLISH, Language.SPANISH]),
            services=factory.LazyFunction(lambda: [Service.AFTERCARE]),
            ages=factory.LazyFunction(lambda: [AgeGroup.ADULTS]),
            not_offered=factory.LazyFunction(lambda: ["therapy:emdr"]),
        )


class PhoneFactory(DjangoModelFactory):
    class Meta:
        model = Phone

    program = factory.SubFactory(ProgramFactory, phone=None)
    purpose = Phone.Purpose.MAIN
    number = factory.Sequence(lambda n: f"+1414555{100 + n % 100:04d}")


class SessionBlockFactory(DjangoModelFactory):
    """Monday 18:00–21:00, group, in person."""

    class Meta:
        model = SessionBlock

    program = factory.SubFactory(ProgramFactory)
    weekday = 0
    starts = dt.time(18)
    ends = dt.time(21)


class PayerAcceptanceFactory(DjangoModelFactory):
    class Meta:
        model = PayerAcceptance

    program = factory.SubFactory(ProgramFactory)
    payer = factory.SubFactory(PayerFactory)
    network = Network.IN_NETWORK
    source = AcceptanceSource.PROGRAM
    as_of = factory.LazyFunction(lambda: days_ago(20))


class CredentialFactory(DjangoModelFactory):
    class Meta:
        model = Credential

    program = factory.SubFactory(ProgramFactory)
    kind = "carf"
    expires_on = factory.LazyFunction(lambda: days_ago(-400))


class ConfirmationFactory(DjangoModelFactory):
    """The schedule, checked by phone yesterday."""

    class Meta:
        model = Confirmation

    program = factory.SubFactory(ProgramFactory)
    topic = Topic.SCHEDULE
    method = Method.CALL
    confirmed_on = factory.LazyFunction(lambda: days_ago(1))


class SourceRecordFactory(DjangoModelFactory):
    """A row of SAMHSA's 2023 substance use directory."""

    class Meta:
        model = SourceRecord

    program = factory.SubFactory(ProgramFactory)
    source = SourceRecord.Source.SAMHSA_SU
    key = factory.Sequence(lambda n: f"{n:064x}")
    content_hash = factory.Sequence(lambda n: f"{n:064x}")
    survey_year = 2023
    first_seen_year = 2023
    raw = factory.LazyFunction(dict[str, Any])


class DuplicateCandidateFactory(DjangoModelFactory):
    class Meta:
        model = DuplicateCandidate

    first = factory.SubFactory(ProgramFactory)
    second = factory.SubFactory(ProgramFactory)
    reason = "same address and phone"


class ProblemReportFactory(DjangoModelFactory):
    """A wrong phone number, to be checked within a day."""

    class Meta:
        model = ProblemReport

    program = factory.SubFactory(ProgramFactory)
    kind = ProblemReport.Kind.PHONE
    due_at = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=1))
