"""The gazetteer against the 2023 SAMHSA directories, when that data lies beside the repository (see docs/data.md)."""

import csv
from collections.abc import Callable, Iterable
from statistics import median

import pytest

from programs.gazetteer import locate
from programs.geo import Point, distance
from programs.models import Place
from programs.placenames import key
from tests.realdata import DATA, needs

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.usefixtures("gazetteer"),
    needs(DATA / "samhsa"),
]


Located = dict[str, Place | None]


def rows(path: str) -> Iterable[dict[str, str]]:
    with (DATA / path).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def located(texts: set[str], listed: Located) -> Located:
    """What each text means. Those the gazetteer lists just so are taken from it at once; every tenth of them is asked for."""
    known = {text: listed[text] for text in texts if text in listed}
    for text in sorted(known)[::10]:
        assert locate(text) == known[text]
    found = {text: locate(text) for text in texts - known.keys()}
    return known | {text: place if isinstance(place, Place) else None for text, place in found.items()}


@pytest.fixture(scope="module")
def addresses() -> list[dict[str, str]]:
    return [*rows("samhsa/su2023.csv"), *rows("samhsa/mh2023.csv")]


def test_cities_of_the_directory_are_found_near_their_true_addresses(addresses: list[dict[str, str]]) -> None:
    listed = Place.objects.cities().filter(rank=0, key__in={key(row["city"]) for row in addresses})
    places = located({f"{row['city']}, {row['state']}" for row in addresses}, {place.near: place for place in listed})
    assert share_found(places) >= 0.999
    assert median(errors(places, lambda row: f"{row['city']}, {row['state']}")) <= 1.5


def test_zip_codes_of_the_directory_are_found_near_their_true_addresses(addresses: list[dict[str, str]]) -> None:
    zips = {row["zip"] for row in addresses}
    places = located(zips, {place.near: place for place in Place.objects.zips().filter(key__in=zips)})
    assert share_found(places) >= 0.998
    assert median(errors(places, lambda row: row["zip"])) <= 1.2
    elsewhere = {row["zip"] for row in addresses if (place := places[row["zip"]]) and place.state != row["state"]}
    assert len(elsewhere) <= 0.002 * len(places)


def share_found(places: Located) -> float:
    return sum(place is not None for place in places.values()) / len(places)


def errors(places: Located, text: Callable[[dict[str, str]], str]) -> list[float]:
    """Miles from where we put each address to where it truly is."""
    known = [row for row in rows("geo-truth/su2023_with_coordinates.csv") if row["latitude"]]
    assert len(known) > 6_000
    truth = [(places.get(text(row)), Point(float(row["latitude"]), float(row["longitude"]))) for row in known]
    return [distance(place.point, point) for place, point in truth if place]
