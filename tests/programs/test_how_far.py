"""How far a program is: no tenths of a mile where only its ZIP code or city is known."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from programs import gazetteer
from programs.models import Place
from programs.search import record
from tests.factories import PlaceFactory, ProgramFactory

pytestmark = pytest.mark.django_db

HERE = {"latitude": 43.0506, "longitude": -87.8968}
A_MILE = 1 / 69.1  # of latitude


@pytest.fixture(autouse=True)
def _place() -> None:
    gazetteer.recent.forget()
    here = [PlaceFactory(zip53202=True, key="53202").pk, PlaceFactory().pk]
    Place.objects.filter(pk__in=here).update(**HERE)


def where(client: Client, address: str) -> dict[str, str]:
    """What each card says of its place, by the program's name."""
    page = BeautifulSoup(client.get(address).content, "html.parser")
    return {card.h2.text: " ".join(card.select_one(".where").text.split()) for card in page.select("li.card")}


@pytest.mark.parametrize("address", ["/programs/?near=53202", "/programs/in/wi/milwaukee/"])
def test_cards_say_how_well_they_know_how_far_it_is(client: Client, address: str) -> None:
    north = HERE["latitude"]
    told = {
        "Here": (0, "zip-centre", "within a few miles (to the middle of its ZIP code)"),
        "Near": (1.2, "city-centre", "within a few miles (to the middle of its city)"),
        "Town": (3.4, "zip-centre", "about 3 miles (to the middle of its ZIP code)"),
        "Far": (12.3, "city-centre", "about 12 miles (to the middle of its city)"),
        "Door": (0, "rooftop", "under 0.1 mile"),
        "Street": (3.4, "street", "3.4 miles"),
    }
    made = [
        ProgramFactory(
            name=name, location_quality=quality, latitude=north + miles * A_MILE, longitude=HERE["longitude"]
        )
        for name, (miles, quality, _words) in told.items()
    ]
    record.write([program.pk for program in made])

    assert where(client, address) == {
        name: f"{words} · Milwaukee, WI · In person" for name, (_miles, _quality, words) in told.items()
    }


def test_the_api_says_which_miles_are_a_guess(client: Client) -> None:
    for slug, quality in (("zip", "zip-centre"), ("door", "rooftop")):
        record.write([ProgramFactory(slug=slug, location_quality=quality, **HERE).pk])

    def guessed(query: str) -> dict[str, bool | None]:
        results = client.get(f"/api/v1/programs{query}").json()["results"]
        return {one["slug"]: one["distance_is_approximate"] for one in results}

    assert guessed("?near=53202") == {"zip": True, "door": False}
    assert guessed("") == {"zip": None, "door": None}


@pytest.mark.parametrize(
    ("here", "there", "words"),
    [
        ("rooftop", "rooftop", "Milwaukee · 3.4 miles"),
        ("rooftop", "zip-centre", "Milwaukee · about 3 miles"),
        ("city-centre", "rooftop", "Milwaukee · about 3 miles"),
    ],
)
def test_care_nearby_is_as_far_as_both_places_are_known(client: Client, here: str, there: str, words: str) -> None:
    program = ProgramFactory(location_quality=here)
    ProgramFactory(location_quality=there, other_levels=["php"], latitude=program.latitude + 3.4 * A_MILE)

    page = BeautifulSoup(client.get(program.get_absolute_url()).content, "html.parser")

    assert words in page.select_one("section[aria-labelledby=place]").text


def test_the_page_on_the_order_says_that_many_distances_are_a_guess(client: Client) -> None:
    assert "only the ZIP code or city" in client.get("/how-we-rank/").content.decode()


def test_a_list_within_one_mile_is_not_said_to_be_within_miles(client: Client) -> None:
    record.write([ProgramFactory(**HERE).pk])

    assert "1 program within 1 mile of 53202" in client.get("/programs/?near=53202&radius=1").content.decode()
    assert "We looked within 1 mile of 53202" in client.get("/programs/?near=53202&radius=1&q=zz").content.decode()


def test_a_state_to_choose_has_programs_and_none_nearby(client: Client) -> None:
    PlaceFactory(kind="state", name="Illinois", state="IL", county="", latitude=40.0, longitude=-89.2)
    record.write([ProgramFactory(city="Chicago", state="IL", latitude=41.88, longitude=-87.63).pk])

    rows = BeautifulSoup(client.get("/programs/?near=53202, IL").content, "html.parser").select("section.empty li")

    assert [" ".join(row.text.split()) for row in rows][-1] == "Illinois 1 program"
