"""What no listing can mean is refused beside its field, in words; what people usually type is understood."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from programs import freshness
from programs.models import Confirmation, Organization, Payer, PayerAcceptance, Program, SessionBlock
from tests.factories import (
    OrganizationFactory,
    PayerAcceptanceFactory,
    PayerFactory,
    ProgramFactory,
    SessionBlockFactory,
    days_ago,
)
from tests.programs.test_admin import filled

pytestmark = pytest.mark.django_db
TOMORROW = days_ago(-1).isoformat()


@pytest.fixture
def curator(staff: Callable[..., Any], signed_in: Callable[..., Any]) -> Any:
    return signed_in(staff("curator", name="Cora"))


def row_errors(page: Any, prefix: str) -> dict[str, list[str]]:
    """What is said in the last row of a table on a listing's page."""
    formsets = {each.formset.prefix: each.formset for each in page.context["inline_admin_formsets"]}
    return {name: list(errors) for name, errors in formsets[prefix].errors[-1].items()}


def with_row(data: dict[str, Any], prefix: str, **cells: Any) -> dict[str, Any]:
    number = int(data[f"{prefix}-TOTAL_FORMS"])
    row = {f"{prefix}-{number}-{name}": value for name, value in cells.items()}
    return data | row | {f"{prefix}-TOTAL_FORMS": number + 1}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"state": "ZZ"}, "state"),
        ({"zip": "5320"}, "zip"),
        ({"zip": "5320٣"}, "zip"),
        ({"latitude": "999"}, "latitude"),
        ({"longitude": "-181"}, "longitude"),
        ({"min_age": "130"}, "min_age"),
        ({"max_age": "-2"}, "max_age"),
        ({"max_age": "12"}, "max_age"),
        ({"weeks_min": "-5", "weeks_max": "8"}, "weeks_min"),
        ({"weeks_max": "3"}, "weeks_max"),
        ({"weeks_max": "0"}, "weeks_max"),
        ({"cost_per_week_min": "", "cost_per_week_max": "-50"}, "cost_per_week_max"),
        ({"cost_per_week_max": "99"}, "cost_per_week_max"),
        ({"hours_per_week": "200"}, "hours_per_week"),
        ({"seats_open": "-1"}, "seats_open"),
    ],
)
def test_a_number_or_place_that_cannot_be_is_refused_beside_its_field(
    curator: Any, typed: dict[str, str], field: str
) -> None:
    program = ProgramFactory(min_age=18, weeks_min=4, weeks_max=8, cost_per_week_min=100, cost_per_week_max=200)
    url = reverse("admin:programs_program_change", args=[program.pk])

    page = curator.post(url, filled(curator, url) | typed)

    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]
    assert "onstraint" not in str(page.context["adminform"].form.errors)


def test_one_end_alone_and_the_ends_themselves_may_be_told(curator: Any) -> None:
    program = ProgramFactory()
    url = reverse("admin:programs_program_change", args=[program.pk])
    told = {"cost_per_week_max": "0", "max_age": "120", "weeks_min": "1", "hours_per_week": "168", "seats_open": "0"}

    assert curator.post(url, filled(curator, url) | told).status_code == 302


def test_a_state_may_be_typed_in_small_letters(curator: Any) -> None:
    program = ProgramFactory()
    url = reverse("admin:programs_program_change", args=[program.pk])

    assert curator.post(url, filled(curator, url) | {"state": "il"}).status_code == 302

    program.refresh_from_db()
    assert program.state == "IL"


@pytest.mark.parametrize("slug", ["ABC", "Abc-x", "in", "export", "suggest"])
def test_an_address_of_the_sites_own_or_in_capitals_is_no_listings(curator: Any, slug: str) -> None:
    url = reverse("admin:programs_program_add")
    told = {"name": "New", "city": "Madison", "state": "WI", "zip": "53703", "organization": OrganizationFactory().pk}

    page = curator.post(url, filled(curator, url) | told | {"slug": slug})

    assert list(page.context["adminform"].form.errors) == ["slug"]
    assert not Program.objects.exists()


def test_a_listing_whose_address_is_odd_already_can_be_edited(curator: Any) -> None:
    program = ProgramFactory(slug="ABC")
    url = reverse("admin:programs_program_change", args=[program.pk])

    assert curator.post(url, filled(curator, url) | {"summary": "New"}).status_code == 302


@pytest.mark.parametrize(
    ("typed", "number", "extension"),
    [
        ({"number": "414-555-0142"}, "+14145550142", ""),
        ({"number": "(414) 555-0142"}, "+14145550142", ""),
        ({"number": "1 414 555 0142"}, "+14145550142", ""),
        ({"number": "+14145550142"}, "+14145550142", ""),
        ({"number": "414-555-0142 x9"}, "+14145550142", "9"),
        ({"number": "414-555-0142 x9", "extension": "12"}, "+14145550142", "12"),
        ({"number": "800-555-HOPE"}, "+18005554673", ""),
    ],
)
def test_a_telephone_is_understood_as_people_write_it(
    curator: Any, typed: dict[str, str], number: str, extension: str
) -> None:
    program = ProgramFactory(phone=None)
    url = reverse("admin:programs_program_change", args=[program.pk])

    page = curator.post(url, with_row(filled(curator, url), "phones", purpose="main", **typed))

    assert page.status_code == 302
    assert program.phones.values_list("number", "extension").get() == (number, extension)


@pytest.mark.parametrize("typed", ["911", "555-0142", "Call us", "+49 30 1234567", "414-555-٠١٤٢"])
def test_what_is_no_telephone_is_refused_beside_it(curator: Any, typed: str) -> None:
    program = ProgramFactory(phone=None)
    url = reverse("admin:programs_program_change", args=[program.pk])

    page = curator.post(url, with_row(filled(curator, url), "phones", purpose="main", number=typed))

    assert row_errors(page, "phones") == {
        "number": ["Not a number of the United States: write it like 414-555-0142."],
    }


def test_a_session_that_ends_before_it_starts_is_refused_beside_its_end(curator: Any) -> None:
    program = ProgramFactory()
    url = reverse("admin:programs_program_change", args=[program.pk])
    block = {"weekday": "0", "starts": "18:00", "ends": "17:00", "kind": "group", "format": "in-person"}

    page = curator.post(url, with_row(filled(curator, url), "sessions", **block))

    assert list(row_errors(page, "sessions")) == ["ends"]
    assert not SessionBlock.objects.exists()


@pytest.mark.parametrize("npi", ["123", "3234567890", "123456789٣"])
def test_a_number_that_is_no_npi_is_refused_beside_it(curator: Any, npi: str) -> None:
    organization = OrganizationFactory()
    url = reverse("admin:programs_organization_change", args=[organization.pk])

    page = curator.post(url, filled(curator, url) | {"npi": npi})

    assert list(page.context["adminform"].form.errors) == ["npi"]
    assert Organization.objects.get().npi == ""


def test_states_of_a_payer_are_states(curator: Any) -> None:
    payer = PayerFactory(states=["WI"])
    url = reverse("admin:programs_payer_change", args=[payer.pk])

    page = curator.post(url, filled(curator, url) | {"states": "wi,ZZ"})

    assert page.context["adminform"].form.errors["states"] == [
        "Not a state: wi, ZZ. Write its two capital letters, like WI."
    ]
    assert Payer.objects.get().states == ["WI"]


def test_nothing_is_confirmed_on_a_day_that_has_not_come(curator: Any) -> None:
    program = ProgramFactory()
    url = reverse("admin:programs_program_change", args=[program.pk])
    row = {"topic": "phone", "method": "call", "confirmed_on": TOMORROW}

    page = curator.post(url, with_row(filled(curator, url), "confirmations", **row))

    assert row_errors(page, "confirmations") == {"confirmed_on": ["This day has not come yet."]}
    assert not Confirmation.objects.exists()
    today = with_row(filled(curator, url), "confirmations", **row | {"confirmed_on": days_ago(0).isoformat()})
    assert curator.post(url, today).status_code == 302
    assert Confirmation.objects.get().by.name == "Cora"


def test_a_payers_word_is_not_of_a_day_that_has_not_come(curator: Any) -> None:
    acceptance = PayerAcceptanceFactory(program=ProgramFactory())
    url = reverse("admin:programs_program_change", args=[acceptance.program.pk])

    page = curator.post(url, filled(curator, url) | {"payer_acceptances-0-as_of": "9999-12-31"})

    assert row_errors(page, "payer_acceptances") == {"as_of": ["This day has not come yet."]}
    assert PayerAcceptance.objects.get().as_of == acceptance.as_of


def test_a_day_to_come_counts_as_today_in_what_is_stored_already() -> None:
    assert freshness.band("phone", days_ago(-1)) == freshness.Band.FRESH


def test_a_missing_day_or_hour_is_the_fields_own_to_refuse() -> None:
    for row in (
        Confirmation(program=ProgramFactory(), topic="phone", method="call"),
        PayerAcceptance(program=ProgramFactory(), payer=PayerFactory()),
        SessionBlock(program=ProgramFactory(), weekday=0, starts=dt.time(9)),
    ):
        with pytest.raises(ValidationError) as refused:
            row.full_clean()
        assert set(refused.value.message_dict) & {"confirmed_on", "as_of", "ends"}
    SessionBlockFactory().full_clean()
