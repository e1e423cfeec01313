import math

import pytest
from geopy.distance import great_circle
from hypothesis import given
from hypothesis import strategies as st

from programs import geo
from programs.geo import Point

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
MILWAUKEE, MADISON = Point(43.0389, -87.9065), Point(43.0731, -89.4012)


def test_milwaukee_to_madison_is_75_miles() -> None:
    assert geo.distance(MILWAUKEE, MADISON) == pytest.approx(75.5, abs=0.5)


@given(points, points)
def test_distance_is_geopys_great_circle(a: Point, b: Point) -> None:
    # geopy's mean radius differs by 0.0006 %.
    assert geo.distance(a, b) == pytest.approx(great_circle(a, b).miles, rel=1e-4, abs=1e-6)


@given(points, points)
def test_distances_of_many_equal_the_distance_of_one(a: Point, b: Point) -> None:
    assert geo.distances(geo.unit_vectors([a, b]), a) == pytest.approx([0, geo.distance(a, b)], rel=1e-6, abs=1e-3)


@given(points, st.floats(0.1, 500), st.floats(0, 2 * math.pi), st.floats(0, 1))
def test_a_box_holds_everything_within_its_radius(centre: Point, miles: float, bearing: float, share: float) -> None:
    there = great_circle(miles=miles * share).destination(centre, math.degrees(bearing))
    point = Point(there.latitude, there.longitude)
    if geo.distance(centre, point) < miles * 0.9999:
        assert geo.box_around(centre, miles).contains(point)


def test_a_box_across_the_date_line_has_two_spans() -> None:
    box = geo.box_around(Point(51.88, 179.9), 50)
    assert box.contains(Point(51.88, -179.9))
    assert box.contains(Point(51.88, 179.2))
    assert not box.contains(Point(51.88, 0))


@pytest.mark.parametrize("latitude", [90, 89.9, -90])
def test_a_box_at_a_pole_goes_around_the_world(latitude: float) -> None:
    assert geo.box_around(Point(latitude, 20), 50).spans == ((-180.0, 180.0),)


@pytest.mark.parametrize(
    "point", [Point(math.nan, 0), Point(0, math.nan), Point(91, 0), Point(0, 181), Point(math.inf, 0)]
)
def test_what_is_not_on_the_globe_is_not_a_point(point: Point) -> None:
    assert not point.is_valid
