"""The test listings are valid in PostgreSQL, and every change of a listing is kept by the database."""

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from programs.choices import Status
from programs.models import Program
from tests.factories import (
    ConfirmationFactory,
    CredentialFactory,
    DuplicateCandidateFactory,
    PayerAcceptanceFactory,
    PayerFactory,
    PlaceFactory,
    ProblemReportFactory,
    ProgramFactory,
)

pytestmark = pytest.mark.django_db

TRAITS = "draft closed sample nowhere virtual hybrid medicaid teens priced open evening morning samhsa detailed".split()


@pytest.mark.parametrize("trait", TRAITS)
def test_every_trait_makes_a_listing_the_database_accepts(trait: str) -> None:
    program = ProgramFactory(**{trait: True})

    assert Program.objects.with_details().get(pk=program.pk) == program


def test_an_evening_program_meets_three_times_a_week_for_three_hours() -> None:
    blocks = ProgramFactory(evening=True).sessions.all()

    assert [(block.weekday, block.starts.hour, block.ends.hour) for block in blocks] == [
        (0, 18, 21),
        (2, 18, 21),
        (3, 18, 21),
    ]


def test_the_other_factories_make_rows_too() -> None:
    assert PayerAcceptanceFactory(payer=PayerFactory(badgercare=True)).payer.name == "BadgerCare Plus"
    assert PlaceFactory(zip53202=True).key == "53202"
    for factory in (ConfirmationFactory, CredentialFactory, DuplicateCandidateFactory, ProblemReportFactory):
        assert factory().pk


def test_history_keeps_the_value_before_and_after_even_for_bulk_updates() -> None:
    program = ProgramFactory(cost_per_week_min=300, cost_per_week_max=300)

    Program.objects.filter(pk=program.pk).update(cost_per_week_max=450)

    history = apps.get_model("programs", "ProgramEvent").objects.filter(pgh_obj_id=program.pk).order_by("pgh_id")
    assert list(history.values_list("pgh_label", "cost_per_week_max")) == [("insert", 300), ("update", 450)]


@pytest.mark.parametrize(
    "broken",
    [
        {"therapies": ["no-such-therapy"]},
        {"zip": "5320"},
        {"state": "wi"},
        {"latitude": 91.0},
        {"location_quality": ""},
        {"status": Status.CLOSED},
        {"status": Status.MERGED},
        {"cost_per_week_min": 500, "cost_per_week_max": 400},
        {"weeks_min": 12, "weeks_max": 8},
        {"min_age": 18, "max_age": 12},
        {"seats_open": -1},
    ],
    ids=str,
)
def test_the_database_refuses_what_cannot_be(broken: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ProgramFactory(**broken)
