"""Names that are no town, or not only one; answers that contradict themselves; and other ways people really type."""

import pytest
from django.test import Client

from programs.gazetteer import AmbiguousPlace, UnknownPlace, locate, suggest
from programs.gazetteer_regions import NAMES
from programs.geo import Point, distance
from programs.models import Place

pytestmark = pytest.mark.usefixtures("gazetteer")


def choices(text: str) -> list[str]:
    found = locate(text)
    assert isinstance(found, AmbiguousPlace)
    return [choice.near for choice in found.choices]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("St. Thomas, VI", "St. Thomas, VI"),
        ("St. Thomas, USVI", "St. Thomas, VI"),
        ("Charlotte Amalie", "Charlotte Amalie, VI"),
        ("St. John, VI", "St. John, VI"),
        ("Saint John, Virgin Islands", "St. John, VI"),
        ("St. Croix, U.S.V.I.", "Saint Croix, VI"),
        ("Virgin Islands", "VI"),
        ("CNMI", "MP"),
        ("Saipan", "Saipan, MP"),
        ("Tinian", "Tinian, MP"),
        ("Rota", "Rota, MP"),
        ("Guam", "GU"),
        ("Dededo, GU", "Dededo Village, GU"),
        ("Yigo", "Yigo, GU"),
        ("Agat, Guam", "Agat, GU"),
        ("Tutuila", "Pago Pago, AS"),
        ("Puerto Rico", "PR"),
        ("Vieques", "Vieques, PR"),
        ("Culebra", "Culebra, PR"),
        ("Oahu", "Honolulu, HI"),
        ("O'ahu, Hawaii", "Honolulu, HI"),
        ("Molokai", "Kaunakakai, HI"),
        ("Maui", "Maui County, HI"),
        ("Kaua'i", "Kauai County, HI"),
        ("Lanai", "Lanai City, HI"),
        ("Niihau", "Kauai County, HI"),
        ("Kona, HI", "Kailua-Kona, HI"),
        ("Cape Cod", "Hyannis, MA"),
        ("Cape Cod, MA", "Hyannis, MA"),
        ("Martha\u2019s Vineyard, MA", "Vineyard Haven, MA"),
        ("Nantucket", "Nantucket, MA"),
        ("the Outer Banks", "Kill Devil Hills, NC"),
        ("Key West", "Key West, FL"),
        ("The Bronx", "Bronx, NY"),
        ("Staten Island", "Staten Island, NY"),
        ("Queens", "Queens, NY"),
        ("Manhattan, NY", "Manhattan, NY"),
        ("Indy", "Indianapolis, IN"),
        ("N.Y.C.", "New York, NY"),
        ("S.F.", "San Francisco, CA"),
        ("L.A., CA", "Los Angeles, CA"),
    ],
)
def test_an_island_or_region_is_found_by_the_name_people_say(text: str, near: str) -> None:
    found = locate(text)
    assert isinstance(found, Place)
    assert found.near == near


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("St Thomas", ["St. Thomas, VI", "Saint Thomas, PA"]),
        ("St. John", ["Saint John, IN", "St. John, VI"]),
        ("St Croix", ["Saint Croix, VI", "Saint Croix, IN"]),
        ("Samoa", ["AS", "Samoa, CA"]),
        ("Big Island", ["Hilo, HI", "Kailua-Kona, HI", "Big Island, VA"]),
        ("Big Island, HI", ["Hilo, HI", "Kailua-Kona, HI"]),
        ("Hawaii Island", ["Hilo, HI", "Kailua-Kona, HI"]),
        ("Long Island", ["Suffolk County, NY", "Nassau County, NY", "Long Island, KS"]),
        ("Long Island, NY", ["Nassau County, NY", "Suffolk County, NY"]),
        ("Florida Keys", ["Key West, FL", "Marathon, FL"]),
        ("New England", ["MA", "VT", "New England, ND"]),
        ("Jersey", ["NJ", "Jersey, GA"]),
        ("Jersey Shore", ["Toms River, NJ", "Jersey Shore, PA"]),
        ("Boise City", ["Boise, ID", "Boise City, OK"]),
        ("Pittsburg", ["Pittsburgh, PA", "Pittsburg, CA"]),
        ("Pitsburg", ["Pittsburgh, PA", "Pitsburg, OH"]),
        ("Manhattan", ["Manhattan, NY", "Manhattan, KS"]),
        ("Brooklyn", ["Brooklyn, NY", "Brooklyn, OH"]),
        ("L.A.", ["LA", "Los Angeles, CA"]),
        ("L. A.", ["LA", "Los Angeles, CA"]),
    ],
)
def test_a_name_of_several_places_offers_the_one_that_is_called_so_by_people_only(
    text: str, offered: list[str]
) -> None:
    assert set(offered) <= set(choices(text))


@pytest.mark.parametrize("text", ["LA", "la", "La."])
def test_two_letters_are_the_state_and_los_angeles_is_offered_beside_it(text: str) -> None:
    place = locate(text)
    assert isinstance(place, Place)
    assert (place.label, [other.near for other in place.others]) == ("Louisiana", ["Los Angeles, CA"])


@pytest.mark.parametrize("text", ["Milwaukee", "East Chicago", "Milwaukie", "Grosse Pointe", "Chicago", "Asheville"])
def test_what_few_call_another_city_takes_nothing_from_the_city_of_that_name(text: str) -> None:
    place = locate(text)
    assert isinstance(place, Place)
    assert place.name == text


@pytest.mark.parametrize("name", NAMES)
def test_every_known_name_stands_for_places_that_there_are(name: str) -> None:
    found = locate(name)
    nears = choices(name) if isinstance(found, AmbiguousPlace) else [getattr(found, "near", "")]
    named = [locate(near) for near in NAMES[name]]
    assert {place.near for place in named if isinstance(place, Place)} <= set(nears)
    assert len(named) == sum(isinstance(place, Place) for place in named)


@pytest.mark.parametrize(("text", "near"), [("Oahu", "Honolulu, HI"), ("long island", "Nassau County, NY")])
def test_a_known_name_is_suggested_as_it_is_typed(text: str, near: str) -> None:
    assert near in [place.near for place in suggest(text)]


@pytest.mark.parametrize(
    ("near", "point"),
    [("Vieques, PR", (18.13, -65.44)), ("Ceiba, PR", (18.26, -65.65)), ("St. John, VI", (18.34, -64.74))],
)
def test_a_town_of_the_islands_lies_where_its_post_goes(near: str, point: tuple[float, float]) -> None:
    place = locate(near)
    assert isinstance(place, Place)
    assert distance(place.point, Point(*point)) < 5


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("53202, IL", ["53202", "IL"]),
        ("53202 Texas", ["53202", "TX"]),
        ("60601 Milwaukee, WI", ["60601", "Milwaukee, WI"]),
        ("Chicago 53202", ["53202", "Chicago, IL"]),
        ("Madison, WI 53202", ["53202", "Madison, WI"]),
        ("Kansas City, KS 64108", ["64108", "Kansas City, KS"]),
        ("Nosuchtown, IL 53202", ["53202", "IL"]),
        ("12345 Main St, Milwaukee, WI", ["12345", "Milwaukee, WI"]),
        ("53202 or 60601", ["53202", "60601"]),
        ("53202 53203", ["53202", "53203"]),
        ("Chicago ZIP code 53202", ["53202", "Chicago, IL"]),
        ("Chicago area 53202", ["53202", "Chicago, IL"]),
        ("Bay Area 10001", ["10001", "San Jose, CA", "San Francisco, CA", "Oakland, CA"]),
        ("Cape Cod 10001", ["10001", "Hyannis, MA"]),
        ("Cape Cod, MA 10001", ["10001", "Hyannis, MA"]),
        ("Jersey Shore, PA 07740", ["07740", "Jersey Shore, PA"]),
        ("Long Island, KS 11968", ["11968", "Long Island, KS"]),
        ("Long Island, NY 14201", ["14201", "Nassau County, NY", "Suffolk County, NY"]),
        ("Indy 46802", ["46802", "Indianapolis, IN"]),
        ("código postal 00926 Ponce", ["00926", "Ponce, PR"]),
    ],
)
def test_a_zip_code_that_the_words_beside_it_contradict_is_asked_about(text: str, offered: list[str]) -> None:
    assert choices(text) == offered


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("53202 WI", "53202"),
        ("Milwaukee Wisconsin 53202", "53202"),
        ("Shorewood, WI 53202", "53202"),
        ("Brooklyn, NY 10001", "10001"),
        ("Kansas City 66101", "66101"),
        ("Washington 98101", "98101"),
        ("Washington, DC 20001", "20001"),
        ("Rose Hill, VA 24281", "24281"),
        ("12345 Main St, Milwaukee, WI 53202", "53202"),
        ("12 Elm Ct, 53202", "53202"),
        ("ZIP code 53202", "53202"),
        ("in 53202", "53202"),
        ("53202 area", "53202"),
        ("53202-", "53202"),
        ("53202-12", "53202"),
        ("53202\u20131234", "53202"),
        ("53202.", "53202"),
        ("#53202", "53202"),
        ("Milwaukee area 53202", "53202"),
        ("código postal 00926 San Juan", "00926"),
        ("Código postal: 00926, San Juan, PR", "00926"),
        ("CÓDIGO POSTAL 00926 SAN JUAN", "00926"),
        ("en el código postal 00926", "00926"),
        ("Near North Side, IL 60610", "60610"),
        ("near ZIP 53202 Milwaukee", "53202"),
    ],
)
def test_a_zip_code_is_found_however_it_is_written_and_whatever_agrees_with_it(text: str, code: str) -> None:
    found = locate(text)
    assert isinstance(found, Place)
    assert found.near == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Bay Area 94103", "94103"),
        ("94103 bay area", "94103"),
        ("bay area 95112", "95112"),
        ("Bay Area, CA 94103", "94103"),
        ("Bay Area, CA 94558", "94558"),
        ("in the Bay Area 94558", "94558"),
        ("Bay Area ZIP code 94103", "94103"),
        ("Cape Cod 02657", "02657"),
        ("Cape Cod, MA 02657", "02657"),
        ("Cape Cod area 02657", "02657"),
        ("02657 Cape Cod Massachusetts", "02657"),
        ("Upper Peninsula 49801", "49801"),
        ("Upper Peninsula, MI 49938", "49938"),
        ("the Outer Banks, NC 27943", "27943"),
        ("Outer Banks, NC 27943", "27943"),
        ("Jersey Shore, NJ 07740", "07740"),
        ("Jersey Shore, PA 17740", "17740"),
        ("Long Island, NY 11968", "11968"),
        ("Long Island 11968", "11968"),
        ("New England 02139", "02139"),
    ],
)
def test_a_region_has_all_zip_codes_of_its_counties_or_state(text: str, code: str) -> None:
    found = locate(text)
    assert isinstance(found, Place)
    assert found.near == code


@pytest.mark.parametrize("text", ["near me", "Near Me", "my location", "around here", "cerca de mí", "mi ubicación"])
def test_words_for_where_one_is_are_told_what_to_do_and_offered_no_town(text: str) -> None:
    found = locate(text)
    assert isinstance(found, UnknownPlace)
    assert "Use my location" in found.why
    assert not found.suggestions


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("Near Milwaukee, WI", "Milwaukee, WI"),
        ("in Milwaukee", "Milwaukee, WI"),
        ("cerca de Milwaukee", "Milwaukee, WI"),
        ("near in around Milwaukee, WI", "Milwaukee, WI"),
        ("in IN", "IN"),
        ("near Milwaukee County, WI", "Milwaukee County, WI"),
        ("near Near North Side", "Near North Side, IL"),
        ("43.04,\u221287.91", "43.0400,-87.9100"),
    ],
)
def test_small_words_and_what_a_telephone_makes_of_a_dash_are_no_hindrance(text: str, near: str) -> None:
    found = locate(text)
    assert isinstance(found, Place)
    assert found.near == near


@pytest.mark.parametrize(
    ("near", "offered"), [("53202, IL", ["53202", "IL"]), ("Big Island, HI", ["Hilo, HI", "Kailua-Kona, HI"])]
)
def test_page_and_api_let_one_choose(client: Client, near: str, offered: list[str]) -> None:
    page = client.get("/programs/", {"near": near})
    assert page.status_code == 200
    assert b"do you mean?" in page.content
    answer = client.get("/api/v1/programs", {"near": near})
    assert answer.status_code == 300
    assert [choice["near"] for choice in answer.json()["choices"]] == offered


def test_the_page_says_what_to_do_when_one_types_near_me(client: Client) -> None:
    page = client.get("/programs/", {"near": "near me"}).content.decode()
    assert "We do not see where you are unless you tell us." in page
    assert "Neal, KS" not in page
