"""The public cost page: a family's own numbers, worked out and forgotten."""

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import ProgramFactory

pytestmark = pytest.mark.django_db

KNOWN = {"weeks": 12, "days": 3, "allowed": 300, "ded_ind": 1500, "coins": 20, "copay": "", "oop_ind": 6000}


def result(client: Client, **changes: object) -> str:
    response = client.post("/cost/", {**KNOWN, **changes})
    return BeautifulSoup(response.content, "html.parser").select_one("#result").text.strip()


def test_known_numbers_give_one_figure(client: Client) -> None:
    assert result(client) == "About $3,360.00 for the whole program"


def test_an_unknown_deductible_gives_a_range_and_names_what_to_ask(client: Client) -> None:
    response = client.post("/cost/", {**KNOWN, "ded_ind": ""})
    page = BeautifulSoup(response.content, "html.parser")
    assert page.select_one("#result").text.strip() == "Between $2,160.00 and $6,000.00 for the whole program"
    assert "deductible" in page.select_one("section ol li").text


def test_a_copay_may_come_before_or_after_the_deductible(client: Client) -> None:
    answer = result(client, copay=50, coins="")
    assert answer == "Between $1,800.00 and $3,050.00 for the whole program"


@pytest.mark.parametrize(
    "bad",
    [
        {"weeks": ""},
        {"weeks": 0},
        {"days": 8},
        {"coins": 101},
        {"coins": "NaN"},
        {"allowed": -1},
        {"copay": "9" * 5000},
    ],
)
def test_bad_numbers_are_said_beside_their_box(client: Client, bad: dict[str, object]) -> None:
    response = client.post("/cost/", {**KNOWN, **bad})
    assert response.status_code == 200
    assert set(response.context["form"].errors) == set(bad)


def test_nothing_is_stored(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = client.post("/cost/", KNOWN)
    assert all(query["sql"].startswith("SELECT") for query in queries.captured_queries)
    assert "no-store" in response["Cache-Control"]


def test_a_listing_fills_in_its_weeks_and_days(client: Client) -> None:
    program = ProgramFactory(evening=True, weeks_min=8, weeks_max=10)
    form = client.get(f"/cost/?program={program.slug}").context["form"]
    assert (form["weeks"].value(), form["days"].value()) == (10, 3)


@pytest.mark.parametrize("slug", ["nobody", "%00", ""])
def test_an_unknown_listing_changes_nothing(client: Client, slug: str) -> None:
    assert client.get(f"/cost/?program={slug}").status_code == 200
