"""When a program starts next and on which clock it meets, as its page says it; and each payer said once."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from programs.models import Program
from programs.search import cards, record
from programs.search.vocabulary import payers
from tests.factories import PayerAcceptanceFactory, PayerFactory, PlaceFactory, ProgramFactory

pytestmark = pytest.mark.django_db


def openings(client: Client, program: Program, language: str = "") -> str:
    page = BeautifulSoup(client.get(f"{language}{program.get_absolute_url()}").content, "html.parser")
    return " ".join(page.select_one(".ask .next").text.split())


def test_a_next_start_is_shown_though_nobody_said_whether_patients_are_taken(client: Client, time_machine) -> None:
    time_machine.move_to(dt.datetime(2026, 11, 30, 18, tzinfo=dt.UTC), tick=False)
    program = ProgramFactory(open=True, accepting_new=None, next_start_on=dt.date(2026, 12, 4))

    assert openings(client, program) == "Next start Friday, December 4 4 seats open"


def test_seats_are_shown_though_nothing_else_was_told(client: Client) -> None:
    program = ProgramFactory(open=True, accepting_new=None, next_start_on=None)

    assert openings(client, program) == "Openings 4 seats open"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"next_start_on": None}, "Next start Taking new patients 4 seats open"),
        ({"accepting_new": False}, "Not taking new patients now"),
        (
            {"accepting_new": None, "next_start_on": None, "seats_open": None},
            "Openings Not told us this week. Call to ask.",
        ),
    ],
)
def test_the_other_openings_stay_as_they_were(client: Client, told: dict[str, object], words: str) -> None:
    assert openings(client, ProgramFactory(open=True, **told)) == words


def test_a_date_stands_in_the_order_of_the_readers_language(client: Client, time_machine) -> None:
    time_machine.move_to(dt.datetime(2026, 11, 30, 18, tzinfo=dt.UTC), tick=False)
    program = ProgramFactory(open=True, next_start_on=dt.date(2026, 12, 4))

    assert "viernes, 4 de diciembre" in openings(client, program, "/es").lower()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"virtual": True}, "Times in Central Time."),
        ({"virtual": True, "time_zone": "America/Boise"}, "Times in Boise time."),
        ({"virtual": True, "time_zone": "America/Chcago"}, "Times are the program’s local time."),
        ({"hybrid": True, "time_zone": "America/Denver"}, "Times in Mountain Time."),
        ({}, "Times are the program’s local time."),
    ],
)
def test_a_page_names_the_clock_of_a_program_by_video(client: Client, told: dict[str, object], words: str) -> None:
    page = client.get(ProgramFactory(evening=True, **told).get_absolute_url()).content
    assert words in BeautifulSoup(page, "html.parser").select_one("section[aria-labelledby=schedule]").text


def test_a_card_and_a_page_name_the_clock_alike(client: Client) -> None:
    PlaceFactory(kind="zip", key="53202", name="Milwaukee")
    record.write([ProgramFactory(virtual=True, evening=True).pk])

    assert "Times in Central Time" in client.get("/programs/?near=53202").content.decode()


def test_a_card_at_an_address_names_its_clock_where_the_person_has_another(client: Client) -> None:
    PlaceFactory(kind="zip", key="53202", name="Milwaukee")
    near = {"evening": True, "latitude": 43.06, "longitude": -87.9}
    zones = {"Here": "America/Chicago", "Same": "America/Menominee", "Across": "America/Detroit"}
    record.write([ProgramFactory(name=name, time_zone=zone, **near).pk for name, zone in zones.items()])

    cards = BeautifulSoup(client.get("/programs/?near=53202").content, "html.parser").select("li.card")

    assert {card.h2.text: "Times in" in card.text for card in cards} == {"Here": False, "Same": False, "Across": True}
    assert "Times in Detroit time" in next(card.text for card in cards if card.h2.text == "Across")


@pytest.mark.parametrize("address", ["/programs/door/sheet/", "/compare/?p=door"])
def test_a_sheet_and_a_comparison_say_when_it_meets_and_whose_time_that_is(client: Client, address: str) -> None:
    ProgramFactory(slug="door", virtual=True, evening=True)
    text = " ".join(BeautifulSoup(client.get(address).content, "html.parser").text.split())
    assert "Mon, Wed, Thu · 6–9 pm; Times in Central Time" in text


@pytest.fixture
def medicare() -> Program:
    program = ProgramFactory(slug="door", payment_types=["medicare", "private"])
    PayerAcceptanceFactory(program=program, payer=PayerFactory(slug="medicare", name="Medicare", kind="medicare"))
    record.write([program.pk])
    payers.forget()
    return program


def test_a_payer_that_is_a_kind_of_payment_too_is_said_once_with_the_better_evidence(
    client: Client, medicare: Program
) -> None:
    found = client.get("/api/v1/programs?payer=medicare").json()["results"][0]["payers"]
    listed = BeautifulSoup(client.get("/programs/?payer=medicare").content, "html.parser").select_one(".card .ins")

    assert [(payer["slug"], payer["evidence"]) for payer in found] == [
        ("medicare", "program"),
        ("private", "type_only"),
    ]
    assert listed.text.count("Medicare") == 1


@pytest.mark.parametrize("address", ["/programs/door/sheet/", "/compare/?p=door"])
def test_a_sheet_and_a_comparison_say_it_once_too(client: Client, medicare: Program, address: str) -> None:
    assert "Medicare, Medicare" not in " ".join(
        BeautifulSoup(client.get(address).content, "html.parser").text.split()
    ).replace(" ,", ",")


def test_the_page_of_the_program_has_one_line_for_it(client: Client, medicare: Program) -> None:
    page = BeautifulSoup(client.get("/programs/door/").content, "html.parser")
    assert [row.th.text for row in page.select("table.tt tbody tr")].count("Medicare") == 1


def test_a_kind_of_payment_is_said_though_a_payer_of_its_name_is_refused() -> None:
    program = ProgramFactory(payment_types=["medicare"])
    payer = PayerFactory(slug="medicare", name="Medicare", kind="medicare")
    PayerAcceptanceFactory(program=program, payer=payer, network="not-accepted")
    record.write([program.pk])
    payers.forget()

    assert [one.evidence for one in cards.read([program.pk])[program.pk].payers()] == ["type_only"]
