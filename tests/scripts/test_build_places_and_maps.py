"""The parts of the builders that decide something; the packages themselves are fetched only when somebody builds."""

import csv
import gzip
from pathlib import Path
from zoneinfo import available_timezones

import numpy as np
import pytest
from django.conf import settings

from programs.choices import STATES
from programs.geo import Point
from scripts import packages
from scripts.build_basemap import Topology, areas
from scripts.build_gazetteer import City, GeoName, Zip, anchored, middle, ranked
from scripts.outlines import County, CountyFinder

FIXTURES = settings.BASE_DIR / "fixtures"
SQUARE = np.array([[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]], float)


def city(people: int, longitude: float = -88) -> City:
    return City("Oakwood", "OH", Point(40, longitude), people)


def geoname(people: int, longitude: float) -> GeoName:
    return GeoName("Oakwood", "OH", Point(40, longitude), people, "America/New_York", frozenset(), "oakwood")


def test_of_namesakes_the_post_offices_town_leads_unless_another_has_ten_times_its_people() -> None:
    assert [c.population for c in ranked([city(1_000), city(9_000), city(2_000)])] == [1_000, 9_000, 2_000]
    assert [c.population for c in ranked([city(600), city(9_000), city(2_000)])] == [9_000, 2_000, 600]
    assert [c.rank for c in ranked([city(600), city(9_000)])] == [0, 1]


def test_a_town_without_a_figure_counts_as_the_smallest_known() -> None:
    assert [c.population for c in ranked([city(0), city(4_999)])] == [0, 4_999]
    assert [c.population for c in ranked([city(0), city(5_000)])] == [5_000, 0]


def test_a_town_is_the_city_near_its_zip_codes_however_large_its_namesakes() -> None:
    zips = [Zip("45000", "Oakwood", "OH", Point(40, -88))]
    near, far = geoname(600, -88.1), geoname(90_000, -84)
    assert anchored([near, far], zips) is near
    assert anchored([far], zips) is None


def test_the_middle_of_two_towns_of_one_name_is_in_the_larger_of_them() -> None:
    here = [Zip(str(n), "Clinton", "MI", Point(42.58, -82.92)) for n in range(3)]
    there = Zip("9", "Clinton", "MI", Point(42.07, -83.97))
    assert middle([*here, there]) == pytest.approx((42.58, -82.92))


def test_neighbours_share_one_line_and_a_state_has_one_ring_around_it() -> None:
    two = [County("West", "WI", [SQUARE]), County("East", "WI", [np.add(SQUARE, (1, 0))])]
    topology = Topology(two)
    assert sorted(len(owners) for owners in topology.owners) == [1, 1, 2]
    (ring,) = topology.dissolved({0, 1})
    corners = np.concatenate([topology.line(*piece)[:-1] for piece in ring])
    assert {tuple(c) for c in corners} == {(0, 0), (0, 1), (1, 1), (2, 1), (2, 0), (1, 0)}


def test_a_point_matters_as_much_as_the_bump_it_makes() -> None:
    weights = areas(np.array([[0, 0], [1, 0.001], [2, 0], [3, 1], [4, 0]], float))
    assert np.isinf(weights[[0, -1]]).all()
    assert weights[1] < weights[2] <= weights[3]


def test_a_county_is_found_by_a_point_in_it() -> None:
    lake = SQUARE[::-1] * 0.2 + 0.4
    finder = CountyFinder([County("Ring County", "WI", [SQUARE, lake])])
    found = finder.find(0.1, 0.1)
    assert found is not None
    assert found.name == "Ring County"
    assert finder.find(0.5, 0.5) is None
    assert finder.find(3, 3) is None


def test_a_package_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "us-atlas-3.0.1.tgz").write_bytes(b"something else")
    with pytest.raises(SystemExit, match="is not the file this was written for"):
        packages.read("us-atlas-3.0.1.tgz", "states-albers-10m.json", tmp_path)


def test_the_built_places_are_whole() -> None:
    with gzip.open(FIXTURES / "places.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["time_zone"] for row in rows} <= available_timezones()
    assert {row["state"] for row in rows} == set(STATES) - {"FM", "MH", "PW"}
    assert sum(not row["county"] for row in rows if row["kind"] != "state") == 0
    assert len({row["key"] for row in rows if row["kind"] == "zip"}) > 41_000


def test_what_is_built_stays_small() -> None:
    assert (FIXTURES / "places.csv.gz").stat().st_size < 2_500_000
    assert sum((FIXTURES / name).stat().st_size for name in ("basemap.npz", "states.json")) < 1_200_000
