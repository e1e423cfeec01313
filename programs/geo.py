"""Points on the globe: distances, boxes and unit vectors. Knows no model.

Distances are great-circle miles on a sphere of the earth's mean radius: within 0.5 % of the ellipsoid anywhere,
and the figure every part of the site (SQL, arrays, pages) agrees on.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS = 3958.7613  # miles
MILES_PER_DEGREE = math.radians(1) * EARTH_RADIUS


class Point(NamedTuple):
    """Degrees north and degrees east. Milwaukee: 43.04, -87.91."""

    latitude: float
    longitude: float

    @property
    def is_valid(self) -> bool:
        """On the globe; false for "not a number"."""
        return -90 <= self.latitude <= 90 and -180 <= self.longitude <= 180


class Box(NamedTuple):
    """A span of latitude and one or two of longitude: two where it crosses the date line."""

    south: float
    north: float
    spans: tuple[tuple[float, float], ...]  # (west, east), west ≤ east

    def contains(self, point: Point) -> bool:
        return self.south <= point.latitude <= self.north and any(
            west <= point.longitude <= east for west, east in self.spans
        )


def distance(a: Point, b: Point) -> float:
    """Great-circle miles (haversine: exact for neighbours and for antipodes alike)."""
    lat1, lng1, lat2, lng2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(min(1.0, h)))


def box_around(point: Point, miles: float) -> Box:
    """The smallest box that holds everything within `miles`: the date line splits it, a pole makes it go around."""
    angle = miles / EARTH_RADIUS
    south = point.latitude - math.degrees(angle)
    north = point.latitude + math.degrees(angle)
    if south <= -90 or north >= 90 or angle >= math.pi / 2:
        return Box(max(south, -90.0), min(north, 90.0), ((-180.0, 180.0),))
    # The circle is widest not at its centre's latitude but a little nearer the pole.
    reach = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(point.latitude)))))
    west, east = point.longitude - reach, point.longitude + reach
    if east - west >= 360:
        return Box(south, north, ((-180.0, 180.0),))
    if west < -180:
        return Box(south, north, ((-180.0, east), (west + 360, 180.0)))
    if east > 180:
        return Box(south, north, ((-180.0, east - 360), (west, 180.0)))
    return Box(south, north, ((west, east),))


def unit_vectors(points: Iterable[Sequence[float]]) -> NDArray[np.float64]:
    """Points (latitude, longitude) as rows x, y, z on the unit sphere: one multiplication compares many."""
    lat, lng = np.radians(np.array(list(points), dtype=np.float64).reshape(-1, 2)).T
    return np.column_stack((np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)))


def distances(vectors: NDArray[np.float64], point: Point) -> NDArray[np.float64]:
    """Miles from `point` to each unit vector. From the chord, which stays exact for near neighbours."""
    chord = np.linalg.norm(vectors - unit_vectors([point])[0], axis=1)
    return 2 * EARTH_RADIUS * np.arcsin(np.minimum(1.0, chord / 2))
