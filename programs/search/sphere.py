"""Squared chords: distances on the globe as the search compares them, without a sine for each program.

The chord between two unit vectors grows with the distance along the ground, so it orders programs and marks
a radius exactly; miles are worked out only for what is shown.
"""

import math

import numpy as np
from numpy.typing import NDArray

from programs import geo

Floats = NDArray[np.float64]


def vector(latitude: float, longitude: float) -> tuple[float, float, float]:
    """A point as a unit vector."""
    lat, lng = math.radians(latitude), math.radians(longitude)
    return math.cos(lat) * math.cos(lng), math.cos(lat) * math.sin(lng), math.sin(lat)


def chord2(miles: float) -> float:
    """The squared straight line through the globe between points so many miles apart."""
    return float((2 * math.sin(min(miles / geo.EARTH_RADIUS, math.pi) / 2)) ** 2)


def miles(squared: float) -> float:
    """Back from a squared chord to miles along the ground; exact for neighbours and antipodes alike."""
    return 2 * geo.EARTH_RADIUS * math.asin(min(1.0, math.sqrt(squared) / 2))


def degrees(vectors: Floats) -> tuple[Floats, Floats]:
    """Unit vectors, one row each of x, y and z, back to latitudes and longitudes."""
    return np.degrees(np.arcsin(vectors[2])), np.degrees(np.arctan2(vectors[1], vectors[0]))


def boxes(latitude: float, longitude: float, radius: float) -> list[tuple[float, float, float, float]]:
    """(south, north, west, east) boxes that hold a circle, a hair wider than it: two across the date line."""
    box = geo.box_around(geo.Point(latitude, longitude), radius * 1.00001 + 0.001)
    return [(box.south, box.north, west, east) for west, east in box.spans]
