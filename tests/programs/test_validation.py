"""What would hide a program or break its hours is refused beside its field, and harmless should it get in."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from programs import sample
from programs.models import Program
from programs.search import record
from tests.factories import OrganizationFactory, PlaceFactory, ProgramFactory, days_ago
from tests.programs.importing import rows
from tests.programs.test_admin import filled

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "America/Chcago"),
        ("time_zone", "Chicago"),
        ("time_zone", "america/chicago"),
        ("virtual_states", ["wi"]),
        ("virtual_states", ["WI", "ZZ"]),
    ],
)
def test_a_listing_names_zones_and_states_that_there_are(field: str, value: Any) -> None:
    program = ProgramFactory(virtual=True)
    program.full_clean()
    setattr(program, field, value)

    with pytest.raises(ValidationError) as refused:
        program.full_clean()

    assert set(refused.value.message_dict) == {field}


def test_a_curator_is_told_beside_the_field(staff: Callable[..., Any], signed_in: Callable[..., Any]) -> None:
    program = ProgramFactory(virtual=True)
    url, curator = reverse("admin:programs_program_change", args=[program.pk]), signed_in(staff("curator"))

    page = curator.post(url, filled(curator, url) | {"time_zone": "America/Chcago", "virtual_states": "wi,IL"})

    errors = page.context["adminform"].form.errors
    assert errors["time_zone"] == ["Not a time zone: write it like America/Chicago."]
    assert errors["virtual_states"] == ["Not a state: wi. Write its two capital letters, like WI."]
    program.refresh_from_db()
    assert program.virtual_states == ["WI", "IL"]


@pytest.mark.parametrize("zone", ["America/Chcago", "America", "../etc/passwd", "a\tb"])
def test_a_program_whose_zone_nobody_knows_meets_on_the_persons_own_clock(client: Client, zone: str) -> None:
    PlaceFactory(kind="zip", key="53202", name="Milwaukee")
    video = ProgramFactory(slug="video", virtual=True, evening=True, time_zone=zone)
    record.write([video.pk])

    for query in ("near=53202", "near=53202&when=evening&free=mon-1700-2200", "near=53202&video=1"):
        page = client.get(f"/programs/?{query}")
        assert page.status_code == 200
        assert video.name in page.content.decode(), query
    assert client.get("/programs/video/").status_code == 200
    body = client.get("/api/v1/programs?near=53202&when=evening").json()
    assert [found["slug"] for found in body["virtual"]["results"]] == ["video"]


def test_an_import_takes_no_zone_from_the_gazetteer_that_there_is_not(tmp_path: Path) -> None:
    PlaceFactory(kind="state", key="wisconsin", name="Wisconsin", time_zone="America/Chicago")
    PlaceFactory(kind="zip", key="53202", name="Milwaukee", time_zone="America/Chcago")

    call_command("import_samhsa", str(rows.write(tmp_path / "su2023.csv", rows.row())), stdout=StringIO())

    assert Program.objects.get().time_zone == "America/Chicago"


SAMPLE_ROW = dict.fromkeys(
    [*sample.TEXTS, *sample.LISTS, *sample.YES_NO, *sample.NUMBERS.values(), "hours_per_week", "next_start_in"], ""
) | {"latitude": "43.0", "longitude": "-87.9", "closed_days_ago": "", "time_zone": "America/Chicago"}


def test_the_sample_may_write_its_states_in_small_letters_but_no_zone_that_there_is_not() -> None:
    organization = OrganizationFactory()

    assert sample._program(SAMPLE_ROW | {"virtual_states": "wi IL"}, organization, days_ago(0)).virtual_states == [
        "WI",
        "IL",
    ]
    with pytest.raises(ValidationError, match="Not a time zone"):
        sample._program(SAMPLE_ROW | {"time_zone": "America/Chcago"}, organization, days_ago(0))
