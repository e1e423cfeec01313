"""A price told in part means the same wherever it is shown: "from $300 a week" or "up to $450 a week"."""

import csv
import io
import json

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from programs import places, wording
from programs.models import Program
from programs.search import record
from tests.factories import ProgramFactory

pytestmark = pytest.mark.django_db

PRICES = [(300, None, "from $300 a week"), (None, 450, "up to $450 a week"), (300, 450, "$300–$450 a week")]


def words(html: BeautifulSoup) -> str:
    return " ".join(html.text.split())


def soup(client: Client, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")


@pytest.fixture(params=PRICES, ids=[said for _least, _most, said in PRICES])
def priced(request: pytest.FixtureRequest) -> tuple[Program, str]:
    least, most, said = request.param
    program = ProgramFactory(slug="door", cost_per_week_min=least, cost_per_week_max=most, weeks_min=8, weeks_max=12)
    record.write([program.pk])
    return program, said


def test_every_page_tells_the_same_price(client: Client, priced: tuple[Program, str]) -> None:
    _program, said = priced
    for address in ("/programs/", "/programs/door/", "/programs/door/sheet/", "/compare/?p=door"):
        shown = words(soup(client, address))
        assert said in shown.replace("From", "from").replace("Up to", "up to"), address
        assert "None" not in shown
        assert "has not told us its price" not in shown
        assert "what it costs a week" not in shown


def test_search_engines_are_told_the_same_price(client: Client, priced: tuple[Program, str]) -> None:
    _program, said = priced
    data = json.loads(soup(client, "/programs/door/").find("script", type="application/ld+json").string)

    assert data["@graph"][0]["priceRange"].lower() == said


def test_the_api_and_the_export_give_what_was_told_and_do_not_call_it_unknown(
    client: Client, priced: tuple[Program, str]
) -> None:
    program, _said = priced
    told = {"min": program.cost_per_week_min, "max": program.cost_per_week_max}

    found = client.get("/api/v1/programs").json()["results"][0]
    export = b"".join(client.get("/api/v1/programs/export?format=csv").streaming_content).decode()
    row = next(csv.DictReader(io.StringIO(export)))

    assert found["cost_per_week"] == client.get("/api/v1/programs/door").json()["cost_per_week"] == told
    assert "cost" not in found["unknown"]
    assert [row["cost_per_week_min"], row["cost_per_week_max"]] == [
        "" if amount is None else str(amount) for amount in told.values()
    ]


def test_a_place_counts_who_told_any_price(priced: tuple[Program, str]) -> None:
    assert "1 has told us its price" in places.facts(Program.objects.published())


@pytest.mark.parametrize(
    ("least", "most", "whole"),
    [
        (300, None, "from $2,400"),
        (None, 450, "up to $5,400"),
        (300, 450, "$2,400–$5,400"),
        (0, None, "from $0"),
    ],
)
def test_the_price_of_the_whole_program_is_as_open_as_that_of_a_week(
    client: Client, least: int | None, most: int | None, whole: str
) -> None:
    ProgramFactory(slug="door", cost_per_week_min=least, cost_per_week_max=most, weeks_min=8, weeks_max=12)

    assert f"{whole} for the whole program" in words(soup(client, "/programs/door/"))


@pytest.mark.parametrize(
    ("limit", "fit", "not_told"),
    [(300, {"from", "up-to"}, 0), (200, {"up-to"}, 0), (199, set(), 1)],  # "up to $200" may be less
)
def test_what_a_program_costs_at_least_is_compared_with_a_familys_limit_or_else_what_it_costs_at_most(
    client: Client, limit: int, fit: set[str], not_told: int
) -> None:
    record.write([ProgramFactory(slug="from", cost_per_week_min=300).pk])
    record.write([ProgramFactory(slug="up-to", cost_per_week_max=200).pk])

    body = client.get(f"/api/v1/programs?max_cost={limit}").json()
    exported = client.get(f"/api/v1/programs/export?format=csv&max_cost={limit}").getvalue().decode().splitlines()

    assert {found["slug"] for found in body["results"]} == fit
    assert {found["slug"] for found in csv.DictReader(exported)} == fit
    assert body["not_told"]["count"] == not_told


def test_a_price_that_was_not_told_is_no_words() -> None:
    assert wording.money(None, None) == ""
