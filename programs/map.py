"""The map beside the list, drawn on the server as SVG: no tiles, no third party, no script needed.

`draw` takes the answers of a search and gives what `components/map.html` renders. Programs on the page are numbered pins
that lead to their cards; the rest are clusters, links that zoom in. Whoever cannot use the map has all of it in the list.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, ngettext
from numpy.typing import NDArray

from programs import albers, basemap, geo
from programs.basemap import Window
from programs.choices import STATES
from programs.geo import Point
from programs.map_labels import Ring, Town, home_spot, labelled_towns, rings_around
from programs.map_markers import Marker, Pin, Sheet
from programs.models.place import Place

__all__ = ["Map", "Pin", "around", "draw"]

# Zoom levels: miles from the middle of the map to its upper edge. Level 0 is the whole country.
LEVELS = (math.inf, 600.0, 300.0, 160.0, 80.0, 40.0, 20.0, 10.0, 5.0, 2.5)
COUNTRY, FINEST = 0, len(LEVELS) - 1
FINEST_FIRST_LOOK = 7  # nobody needs less than ten miles around before asking for it
REACH = 100  # miles: farther programs do not make the first look coarser
MIDDLE_OF_COUNTRY = Point(39.8, -98.6)
SIZE = (440, 560)
SMALL_SIZE = (760, 300)  # one program's map

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Map:
    """What the template draws, in pixels of the picture."""

    width: int
    height: int
    name: str
    outlines: basemap.Outlines | None  # None: the whole country, `states`
    states: str
    rings: tuple[Ring, ...]
    towns: tuple[Town, ...]
    home: tuple[int, int] | None
    clusters: tuple[Marker, ...]
    pins: tuple[Marker, ...]
    beyond: int  # programs that this map does not show
    beyond_href: str
    elsewhere: tuple[tuple[str, str, str], ...]  # islands not drawn: name, how many programs there, a search in them
    zoom_in: str  # "" at the end of the scale
    zoom_out: str

    @property
    def states_scale(self) -> str:
        """From the units of the states' paths to pixels."""
        return f"{self.width / albers.WIDTH:.5f}"

    @property
    def rings_text(self) -> str:
        return gettext("Rings show %(miles)s.") % {"miles": ", ".join(ring.label for ring in self.rings)}

    @property
    def beyond_text(self) -> str:
        words = ngettext(
            "%(beyond)s more program lies outside this map.",
            "%(beyond)s more programs lie outside this map.",
            self.beyond,
        )
        return words % {"beyond": f"{self.beyond:,}"}

    @property
    def total(self) -> int:
        """Every program is in exactly one pin, cluster, or beyond the edge."""
        return sum(marker.count for marker in (*self.pins, *self.clusters)) + self.beyond


def draw(
    pins: Sequence[Pin],
    others: Floats | Sequence[Sequence[float]] = (),
    *,
    query: QueryDict,
    home: Place | None = None,
    radius: float | None = None,
    size: tuple[int, int] = SIZE,
) -> Map:
    """A map of these programs: `pins` are on this page of the list, `others` (latitude, longitude) elsewhere in it.

    The component wants `{% include "components/map.html" with map=map only %}` inside an element with id "map".
    `query` is the page's own query string: its `z` (level) and `c` (latitude,longitude) choose the window, and links to
    other windows keep everything else in it. Without them the map holds the pins around `home`, the state if `home` is
    one, or the whole country. Positions that are not on the globe count as beyond the edge.
    """
    asked = WindowForm(query).chosen()
    rest = np.asarray(others, np.float64).reshape(-1, 2)
    window = _window(asked, pins, home=home, radius=radius, size=size)
    links = Links(query, window, home)
    sheet = Sheet(window, size, links.to_cluster)
    numbered = sheet.pins(pins)
    clusters = sheet.clusters(rest, numbered)
    rings = rings_around(window, home, radius, [*numbered, *clusters]) if window else ()
    shown = sum(marker.count for marker in (*numbered, *clusters))
    beyond = len(pins) + len(rest) - shown
    return Map(
        *sheet.size,
        name=_name(len(pins) + len(rest), home),
        outlines=basemap.outlines(window) if window else None,
        states="" if window else "".join(basemap.states().values()),
        rings=rings,
        towns=labelled_towns(window, [*numbered, *clusters], rings) if window else (),
        home=home_spot(window, home),
        clusters=tuple(clusters),
        pins=tuple(numbered),
        beyond=beyond,
        beyond_href=links.out() if beyond else "",
        elsewhere=() if window else _elsewhere(np.vstack([rest, _places(pins)]), links),
        zoom_in=links.into(),
        zoom_out=links.out(),
    )


def around(spot: Point, *, name: str) -> Map:
    """A small map of one place, five miles to its upper edge, with towns and rings: nothing in it is a link."""
    here = Place(kind=Place.Kind.POINT, latitude=spot.latitude, longitude=spot.longitude)
    window = snapped(spot, FINEST - 1, SMALL_SIZE)
    rings = rings_around(window, here, None, [])
    return Map(
        *SMALL_SIZE,
        name=name,
        outlines=basemap.outlines(window),
        states="",
        rings=rings,
        towns=labelled_towns(window, [], rings),
        home=home_spot(window, here),
        clusters=(),
        pins=(),
        beyond=0,
        beyond_href="",
        elsewhere=(),
        zoom_in="",
        zoom_out="",
    )


def _places(pins: Sequence[Pin]) -> Floats:
    return np.array([(pin.latitude, pin.longitude) for pin in pins], np.float64).reshape(-1, 2)


def _elsewhere(points: Floats, links: "Links") -> tuple[tuple[str, str, str], ...]:
    """The islands that the map of the country leaves out and that have programs."""
    latitude, longitude = points.T
    found = []
    for state, (south, north, west, east) in albers.ELSEWHERE.items():
        there = (latitude >= south) & (latitude < north) & (longitude >= west) & (longitude < east)
        if count := int(there.sum()):
            found.append((str(STATES[state]), f"{count:,}", links.to_state(state)))
    return tuple(found)


# --- which window -------------------------------------------------------------------------------


class WindowForm(forms.Form):
    """The two parameters of the map. What is wrong in them is left out: the map is an extra."""

    z = forms.IntegerField(min_value=COUNTRY, max_value=FINEST, required=False)
    c = forms.CharField(max_length=60, required=False)

    def clean_c(self) -> Point | None:
        try:
            latitude, longitude = (float(number) for number in self.cleaned_data["c"].split(","))
        except ValueError:
            return None
        return Point(latitude, longitude) if Point(latitude, longitude).is_valid else None

    def chosen(self) -> tuple[int | None, Point | None]:
        """Level and middle, each None if not given."""
        self.full_clean()
        return self.cleaned_data.get("z"), self.cleaned_data.get("c")


def _window(
    asked: tuple[int | None, Point | None],
    pins: Sequence[Pin],
    *,
    home: Place | None,
    radius: float | None,
    size: tuple[int, int],
) -> Window | None:
    """The window to show; None is the whole country."""
    level, centre = asked
    if level is None and home is None and centre is None:
        return None
    if home and home.kind == Place.Kind.STATE and centre is None:
        first_level, first_centre = _around_state(home, size)
    else:
        first_centre = centre or (home.point if home else MIDDLE_OF_COUNTRY)
        first_level = _level_holding(first_centre, pins, radius)
    level = first_level if level is None else level
    return snapped(centre or first_centre, level, size) if level else None


def snapped(centre: Point, level: int, size: tuple[int, int]) -> Window:
    """The window around nearly this point: neighbours share one, so that its outlines are drawn once."""
    miles = LEVELS[level]
    step = miles / 8 / geo.MILES_PER_DEGREE
    latitude = round(max(-75.0, min(75.0, centre.latitude)) / step) * step
    step /= math.cos(math.radians(latitude))
    longitude = round(centre.longitude / step) * step
    return Window(Point(round(latitude, 5), round(longitude, 5)), miles, *size)


def _level_holding(centre: Point, pins: Sequence[Pin], radius: float | None) -> int:
    """The finest level that shows the pins within reach; else the nearest one; without pins, the radius.

    Where a few lie far out, those near are shown apart rather than all of them in a heap.
    """
    miles = sorted(geo.distance(centre, Point(p.latitude, p.longitude)) for p in pins)
    within = [m for m in miles if m <= REACH]
    most = within[: math.ceil(len(within) * 3 / 4)]
    if most and within[-1] > 3 * most[-1]:
        within = most
    reach = within[-1] if within else miles[0] if miles else radius or 25.0
    return min(FINEST_FIRST_LOOK, _finest(reach * SIZE[1] / SIZE[0]))


def _finest(miles: float) -> int:
    """The finest level whose height holds these miles with a little to spare."""
    return max((level for level, reach in enumerate(LEVELS) if reach >= miles * 1.1), default=COUNTRY)


def _around_state(home: Place, size: tuple[int, int]) -> tuple[int, Point]:
    corners = basemap.basemap().bounds(home.state)
    if corners is None:
        return FINEST_FIRST_LOOK, home.point
    (south, west), (north, east) = corners
    middle = Point((south + north) / 2, ((west + east) / 2 + 180) % 360 - 180)
    across = (east - west) * geo.MILES_PER_DEGREE * math.cos(math.radians(middle.latitude)) * size[1] / size[0]
    level = _finest(max(across, (north - south) * geo.MILES_PER_DEGREE) / 2)
    return max(level, 1), middle


class Links:
    """Links to other windows on the same search."""

    def __init__(self, query: QueryDict, window: Window | None, home: Place | None) -> None:
        self._search = _without(query, "z", "c")
        self._search_elsewhere = _without(query, "z", "c", "page", "radius", "near")
        self.level = LEVELS.index(window.miles) if window else COUNTRY
        self.middle = window.centre if window else home.point if home else MIDDLE_OF_COUNTRY

    def to(self, level: int, centre: Point) -> str:
        """The same search, another window."""
        middle = f"&c={_text(centre)}" if level != COUNTRY else ""
        return f"?{self._search}z={level}{middle}#map"

    def into(self) -> str:
        return self.to(max(self.level + 1, 2), self.middle) if self.level < FINEST else ""

    def out(self) -> str:
        return self.to(self.level - 1, self.middle) if self.level > COUNTRY else ""

    def to_state(self, state: str) -> str:
        return f"?{self._search_elsewhere}near={state}"

    def to_cluster(self, centre: Point, spread: float) -> str:
        """Nearer, until its programs come apart; if nothing takes them apart, a search from where they are."""
        if self.level == FINEST or (spread < 0.05 and self.level >= FINEST - 1):
            return f"?{self._search_elsewhere}near={_text(centre)}"
        level = min(FINEST, max(self.level + 1, 2, _finest(spread) if spread >= 0.05 else FINEST))
        return self.to(level, centre)


def _without(query: QueryDict, *names: str) -> str:
    """The query string without these parameters, ready for another one: "payer=medicaid&"."""
    left = query.copy()
    for name in names:
        left.pop(name, None)
    return f"{left.urlencode(safe=',')}&" if left else ""


def _text(point: Point) -> str:
    return f"{point.latitude:.4f},{point.longitude:.4f}"


def _name(count: int, home: Place | None) -> str:
    if home is None:
        return ngettext("Map of %(count)s program", "Map of %(count)s programs", count) % {"count": f"{count:,}"}
    words = ngettext("Map of %(count)s program near %(place)s", "Map of %(count)s programs near %(place)s", count)
    return words % {"count": f"{count:,}", "place": home.label}
