"""Distances equal geopy's great circle, everywhere on the globe; radius and order follow them."""

import numpy as np
import pytest
from geopy.distance import great_circle
from hypothesis import assume, example, given
from hypothesis import strategies as st

from programs import geo
from programs.search import sphere
from programs.search.index import CELLS, NO_CELL, cell_of, cells_of
from programs.search.record import NOWHERE
from programs.search.table import place_vector

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


@given(latitudes, longitudes, latitudes, longitudes)
@example(51.9, 179.9, 51.9, -179.9)  # across the date line
@example(90, 0, 89.9, 123)
@example(43.05, -87.9, 43.0501, -87.9001)
@example(21.3, -157.8, -14.3, -170.7)
def test_miles_equal_the_great_circle(lat1, lng1, lat2, lng2) -> None:
    apart = np.subtract(sphere.vector(lat1, lng1), sphere.vector(lat2, lng2))

    assert sphere.miles(float(apart @ apart)) == pytest.approx(
        great_circle((lat1, lng1), (lat2, lng2)).miles, rel=1e-3, abs=1e-4
    )


@given(latitudes, longitudes)
def test_one_place_lies_in_the_cell_it_has_among_many(latitude, longitude) -> None:
    assume(all(abs(degrees * CELLS - round(degrees * CELLS)) > 1e-6 for degrees in (latitude, longitude)))
    place = sphere.vector(latitude, longitude)

    assert cell_of(*place) == cells_of(np.array(place)[:, np.newaxis])[0]


def test_a_place_that_is_none_has_no_cell() -> None:
    assert cell_of(*place_vector(NOWHERE, NOWHERE, NOWHERE)) == NO_CELL


@given(latitudes, longitudes, st.floats(1, 100), st.floats(0, 360))
@example(90, 0, 100, 0)
@example(-89.9, 10, 50, 180)
@example(0, 180, 100, 90)
def test_boxes_hold_everything_within_the_radius(latitude, longitude, radius, bearing) -> None:
    there = great_circle(miles=radius * 0.9999).destination((latitude, longitude), bearing)
    boxes = sphere.boxes(latitude, longitude, radius)

    assert any(
        south <= there.latitude <= north and west <= there.longitude <= east for south, north, west, east in boxes
    )


thousandths = st.integers(0, 100_000).map(lambda number: number / 1000)


@given(thousandths, thousandths)
def test_chords_order_as_miles_do(one, other) -> None:
    assert (sphere.chord2(one) <= sphere.chord2(other)) == (one <= other)
    assert sphere.miles(sphere.chord2(one)) == pytest.approx(one, abs=1e-6)
    assert sphere.chord2(2 * geo.EARTH_RADIUS * 4) == pytest.approx(4.0)
