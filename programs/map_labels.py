"""What is written on a map: circles of miles around the place asked for, and the towns that find room."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from django.utils.translation import gettext

from programs import geo
from programs.basemap import Floats, Window
from programs.map_markers import BUTTONS, Marker
from programs.models.place import Place

RINGS = (1, 2, 5, 10, 25, 50, 100, 200)
MOST_TOWNS = 14
LETTER = 6.6  # pixels: about the width of a letter in a town's name


@dataclass(frozen=True, slots=True)
class Ring:
    """Everything within some miles of the place asked for."""

    x: int
    y: int
    radius: int
    label: str
    label_at: tuple[int, int] | None  # None: no room for it


@dataclass(frozen=True, slots=True)
class Town:
    x: int
    y: int
    name: str
    label_x: int
    anchor: str

    @property
    def baseline(self) -> int:
        return self.y + 4


def home_spot(window: Window | None, home: Place | None) -> tuple[int, int] | None:
    """Where the dot of the place asked for goes; a state has none."""
    if window is None or home is None or home.kind == Place.Kind.STATE:
        return None
    x, y = window.project(np.array([home.longitude]), np.array([home.latitude]))
    inside = 0 <= x[0] <= window.width and 0 <= y[0] <= window.height
    return (round(float(x[0])), round(float(y[0]))) if inside else None


def rings_around(window: Window, home: Place | None, radius: float | None, markers: list[Marker]) -> tuple[Ring, ...]:
    """Three circles of round miles that fit the window, and the radius that was asked for."""
    at = home_spot(window, home)
    if at is None:
        return ()
    fitting = [miles for miles in RINGS if window.miles * 0.12 <= miles <= window.miles]
    if radius and radius <= window.miles * 1.2:
        fitting = sorted({*fitting, round(radius)})
    rings = []
    for miles in fitting[-3:]:
        reach = round(miles * window.pixels_per_mile)
        label = gettext("%(miles)s mi") % {"miles": miles}
        rings.append(Ring(*at, reach, label, _label_on_ring(window, at, reach, markers)))
    return tuple(rings)


def _label_on_ring(window: Window, at: tuple[int, int], reach: int, markers: list[Marker]) -> tuple[int, int] | None:
    """The first spot on the ring, from its foot on, where its miles can be read."""
    for degrees in (90, 70, 110, 50, 130, 30, 150, 270, 250, 290, 0, 180):
        x = round(at[0] + reach * math.cos(math.radians(degrees)))
        y = round(at[1] + reach * math.sin(math.radians(degrees)))
        inside = 20 <= x <= window.width - 20 and 12 <= y <= window.height - 12
        if inside and not any(marker.covers(x, y, 16) for marker in markers):
            return x, y
    return None


@lru_cache(maxsize=256)
def _towns(window: Window) -> tuple[tuple[int, int, str], ...]:
    """The largest towns in a window, largest first: more than there is room for."""
    corners = [window.at(x, y) for x in (0, window.width) for y in (0, window.height)]
    west, east = window.at(0, 0).longitude, window.at(window.width, 0).longitude
    spans = ((west, east),) if west <= east else ((west, 180.0), (-180.0, east))
    box = geo.Box(min(p.latitude for p in corners), max(p.latitude for p in corners), spans)
    rows = Place.objects.cities().inside(box).filter(population__gt=0).largest_first()
    towns = []
    for name, latitude, longitude in rows.values_list("name", "latitude", "longitude")[: 3 * MOST_TOWNS]:
        x, y = window.project(np.array([longitude]), np.array([latitude]))
        towns.append((round(float(x[0])), round(float(y[0])), name))
    return tuple(towns)


def labelled_towns(window: Window, markers: list[Marker], rings: Iterable[Ring]) -> tuple[Town, ...]:
    """The largest towns whose names find room, to the right or left of their dot, beside pins and other names."""
    taken = [(m.x - m.radius - 2, m.y - m.radius - 2, m.x + m.radius + 2, m.y + m.radius + 2) for m in markers]
    taken += [(at[0] - 18, at[1] - 10, at[0] + 18, at[1] + 8) for ring in rings if (at := ring.label_at)]
    taken.append((window.width - BUTTONS[0], 0, window.width, BUTTONS[1]))
    spaces = np.array(taken, float)  # left, top, right, bottom
    shown: list[Town] = []
    for x, y, name in _towns(window):
        long = len(name) * LETTER
        for anchor, start in (("start", x + 7), ("end", x - 7 - long)):
            left, top, right, bottom = min(start, x - 4), y - 8, max(start + long, x + 4), y + 8
            inside = left >= 4 and right <= window.width - 4 and top >= 2 and bottom <= window.height - 2
            if inside and not _meets(spaces, left, top, right=right, bottom=bottom):
                shown.append(Town(x, y, name, x + 7 if anchor == "start" else x - 7, anchor))
                spaces = np.vstack((spaces, (left, top, right, bottom)))
                break
        if len(shown) == MOST_TOWNS:
            break
    return tuple(shown)


def _meets(spaces: Floats, left: float, top: float, *, right: float, bottom: float) -> bool:
    """Whether a rectangle covers part of any other."""
    apart = (spaces[:, 0] >= right) | (spaces[:, 2] <= left) | (spaces[:, 1] >= bottom) | (spaces[:, 3] <= top)
    return not bool(apart.all())
