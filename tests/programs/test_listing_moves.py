"""A listing's point, county and clock follow its address, unless somebody placed it more exactly."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from programs.models import Program, SearchRecord
from tests.factories import OrganizationFactory, PlaceFactory, ProgramFactory
from tests.programs.test_admin import filled

pytestmark = pytest.mark.django_db
CHICAGO = {"city": "Chicago", "state": "IL", "zip": "60601", "street": "1 State St"}


@pytest.fixture(autouse=True)
def _places(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE programs_place")
    loop = {"state": "IL", "county": "Cook", "latitude": 41.88, "longitude": -87.62}
    PlaceFactory(kind="zip", key="60601", name="60601", **loop)
    PlaceFactory(
        kind="city", key="losangeles", name="Los Angeles", state="CA", county="Los Angeles",
        latitude=34.05, longitude=-118.24, time_zone="America/Los_Angeles",
    )  # fmt: skip


@pytest.fixture
def curator(staff: Callable[..., Any], signed_in: Callable[..., Any]) -> Any:
    return signed_in(staff("curator", name="Cora"))


def save(curator: Any, program: Program, **typed: str) -> Program:
    url = reverse("admin:programs_program_change", args=[program.pk])
    page = curator.post(url, filled(curator, url) | typed)
    assert page.status_code == 302, page.context["errors"]
    return Program.objects.get(pk=program.pk)


def place(program: Program) -> tuple[Any, ...]:
    return program.latitude, program.longitude, program.location_quality, program.county


@pytest.mark.parametrize("quality", ["zip-centre", "city-centre"])
def test_another_address_is_another_place_on_the_map(curator: Any, quality: str) -> None:
    program = save(curator, ProgramFactory(location_quality=quality, time_zone="America/New_York"), **CHICAGO)

    assert place(program) == (41.88, -87.62, "zip-centre", "Cook")
    assert program.time_zone == "America/Chicago"
    assert "41.88" in SearchRecord.objects.get(program_id=program.pk).location


def test_a_new_listing_has_a_place_and_its_clock(curator: Any) -> None:
    url = reverse("admin:programs_program_add")
    told = {"name": "New", "slug": "new", "city": "Los Angeles", "state": "ca", "zip": "90012"}

    page = curator.post(url, filled(curator, url) | told | {"organization": OrganizationFactory().pk})

    assert page.status_code == 302, page.context["errors"]
    program = Program.objects.get(slug="new")
    assert place(program) == (34.05, -118.24, "city-centre", "Los Angeles")
    assert program.time_zone == "America/Los_Angeles"


def test_a_listing_without_a_point_gets_one_at_the_next_save(curator: Any) -> None:
    program = ProgramFactory(nowhere=True, **CHICAGO)

    assert place(save(curator, program, summary="New")) == (41.88, -87.62, "zip-centre", "Cook")


@pytest.mark.parametrize("quality", ["rooftop", "street", "manual", "given"])
def test_who_was_placed_exactly_stays_there_unless_the_address_is_elsewhere(curator: Any, quality: str) -> None:
    near = ProgramFactory(location_quality=quality, latitude=41.9, longitude=-87.7, zip="60602", county="Cook")
    assert place(save(curator, near, **CHICAGO)) == (41.9, -87.7, quality, "Cook")

    moved = save(curator, ProgramFactory(location_quality=quality), **CHICAGO)
    assert place(moved) == (41.88, -87.62, "zip-centre", "Cook")


def test_what_is_set_by_hand_in_the_same_save_stays(curator: Any) -> None:
    by_hand = {"latitude": "41.9", "longitude": "-87.7", "location_quality": "manual"}
    program = save(curator, ProgramFactory(location_quality="zip-centre"), **CHICAGO, **by_hand)
    assert place(program)[:3] == (41.9, -87.7, "manual")

    program = ProgramFactory(location_quality="zip-centre")
    program = save(curator, program, **CHICAGO, county="DuPage", time_zone="America/Denver")
    assert (program.latitude, program.county, program.time_zone) == (41.88, "DuPage", "America/Denver")


def test_an_address_that_nobody_knows_is_not_shown_at_the_old_place(curator: Any) -> None:
    program = save(curator, ProgramFactory(location_quality="zip-centre"), city="Nowhere", state="GU", zip="96999")

    assert place(program) == (None, None, "", "")
    assert program.time_zone == "America/Chicago"


def test_other_changes_move_nothing(curator: Any) -> None:
    before = ProgramFactory(location_quality="zip-centre", zip="60601")

    assert place(save(curator, before, summary="New", street="2 State St")) == place(before)
    nowhere = ProgramFactory(nowhere=True, county="Old County")
    assert place(save(curator, nowhere, summary="New")) == (None, None, "", "Old County")
