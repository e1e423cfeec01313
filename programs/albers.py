"""The usual map of the whole country: Albers' equal-area projection, Alaska and Hawaii inset, 975 by 610 units.

The constants are those of us-atlas' pre-projected outlines (d3's AlbersUSA at scale 1300), which `states.json` is built
from. Puerto Rico and the Virgin Islands, which that map leaves out, have a box in its lower right corner.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

WIDTH, HEIGHT = 975, 610
SCALE = 1300
CENTRE = (487.5, 305.0)
EDGE = 12  # units: the outer Aleutians, which us-atlas cuts off, stand at the edge of the picture
CORNER_STATES = ("PR", "VI")
CORNER_BOX = (838.0, 548.0, 970.0, 600.0)  # left, top, right, bottom
# Islands too far away for any inset: the map says in words how many programs are there. South, north, west, east.
ELSEWHERE = {"GU": (13.0, 13.8, 144.4, 145.2), "MP": (13.8, 21.0, 144.4, 146.6), "AS": (-15.5, -10.5, -172.0, -167.5)}
CORNER_WEST, CORNER_EAST, CORNER_MIDDLE = -67.3, -64.5, 18.2  # degrees

Floats = NDArray[np.float64]
Projection = Callable[[ArrayLike, ArrayLike], tuple[Floats, Floats]]


def _conic(
    parallels: tuple[float, float], meridian: float, centre: tuple[float, float], *, k: float, at: tuple[float, float]
) -> Projection:
    """Albers' conic on two standard parallels; `centre` (degrees, from the meridian) falls on `at`."""
    s1 = math.sin(math.radians(parallels[0]))
    n = (s1 + math.sin(math.radians(parallels[1]))) / 2
    c = 1 + s1 * (2 * n - s1)
    r0 = math.sqrt(c) / n

    def raw(lam: Floats, phi: Floats) -> tuple[Floats, Floats]:
        r = np.sqrt(c - 2 * n * np.sin(phi)) / n
        return r * np.sin(lam * n), r0 - r * np.cos(lam * n)

    x0, y0 = raw(np.radians(centre[0]), np.radians(centre[1]))

    def project(longitude: ArrayLike, latitude: ArrayLike) -> tuple[Floats, Floats]:
        turned = (np.asarray(longitude, float) - meridian + 540) % 360 - 180  # the Aleutians beyond the date line
        x, y = raw(np.radians(turned), np.radians(np.asarray(latitude, float)))
        return at[0] + k * (x - x0), at[1] - k * (y - y0)

    return project


lower_48 = _conic((29.5, 45.5), -96, (-0.6, 38.7), k=SCALE, at=CENTRE)
alaska = _conic((55, 65), -154, (-2, 58.5), k=SCALE * 0.35, at=(CENTRE[0] - 0.307 * SCALE, CENTRE[1] + 0.201 * SCALE))
hawaii = _conic((8, 18), -157, (-3, 19.9), k=SCALE, at=(CENTRE[0] - 0.205 * SCALE, CENTRE[1] + 0.212 * SCALE))


def corner(longitude: ArrayLike, latitude: ArrayLike) -> tuple[Floats, Floats]:
    """Puerto Rico and the Virgin Islands in their box."""
    left, top, right, bottom = CORNER_BOX
    k = (right - left) / (CORNER_EAST - CORNER_WEST)
    stretch = 1 / math.cos(math.radians(CORNER_MIDDLE))
    x = left + (np.asarray(longitude, float) - CORNER_WEST) * k
    y = (top + bottom) / 2 - (np.asarray(latitude, float) - CORNER_MIDDLE) * k * stretch
    return x, y


def project(longitude: ArrayLike, latitude: ArrayLike) -> tuple[Floats, Floats]:
    """Units from the upper left corner; NaN for what this map does not show (Guam, Samoa, the rest of the world)."""
    lng, lat = np.atleast_1d(np.asarray(longitude, float)), np.atleast_1d(np.asarray(latitude, float))
    x, y = lower_48(lng, lat)
    regions: list[tuple[NDArray[np.bool_], Projection | None]] = [
        ((lat > 50) & ((lng < -125) | (lng > 170)), alaska),
        ((lat < 30) & (lat > 15) & (lng < -150) & (lng > -180), hawaii),
        ((lat < 19.5) & (lat > 17) & (lng > CORNER_WEST - 0.7) & (lng < CORNER_EAST + 0.1), corner),
    ]
    shown = (lat > 24) & (lat < 50) & (lng > -125.5) & (lng < -66)
    for here, projection in regions:
        if projection and here.any():
            x[here], y[here] = projection(lng[here], lat[here])
        shown |= here
    x, y = np.where(regions[0][0], np.maximum(x, EDGE), x), np.where(regions[0][0], np.minimum(y, HEIGHT - EDGE), y)
    x[~shown] = y[~shown] = np.nan
    return x, y
