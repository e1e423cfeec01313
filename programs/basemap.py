"""The outlines under a map: shores, state and county lines, as SVG paths for a window on the world.

`fixtures/basemap.npz` (built by `scripts/build_basemap.py`) holds every line once, as arcs between crossings, and with
each point how much it matters. Arrays: `starts` and `steps` (longitude, latitude in 1/5,000 degree), `weights` (twice the
binary logarithm of a point's triangle over `LEAST` square metres), `lengths` and `kinds` of arcs, and the shores of
states as rings of arcs (`ring_arcs`: ~arc is walked backwards; `ring_lengths`, `ring_states`: "" is a neighbour country).
"""

import json
import math
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from programs.geo import EARTH_RADIUS, Point

COAST, STATE, COUNTY, ABROAD = 0, 1, 2, 3
GRID = 5_000  # per degree: 22 metres
LEAST = 300**2 / 2  # square metres: the triangle of a point that weighs 0
METRES_PER_MILE = 1609.344
MAX_INK = 2.0  # square pixels: a bump smaller than this is left out
COUNTY_LINES = 160  # miles: on maps that reach farther county lines are clutter
MARGIN = 12  # pixels drawn beyond the window, so that its edge is never a line
FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Window:
    """What a map shows: its middle, the miles from there to its upper edge, its size in pixels. Web Mercator."""

    centre: Point
    miles: float
    width: int
    height: int

    @property
    def pixels_per_mile(self) -> float:
        """At the middle; a map of one state is true to a few per cent everywhere."""
        return self.height / 2 / self.miles

    @cached_property
    def pixels_per_degree(self) -> float:
        """Of longitude, the same in the whole window."""
        return self.pixels_per_mile * EARTH_RADIUS * math.radians(math.cos(math.radians(self.centre.latitude)))

    @cached_property
    def middle(self) -> float:
        """The centre's latitude, stretched as on the map."""
        return float(mercator(np.array(self.centre.latitude)))

    def project(self, longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
        """Pixels from the upper left corner; longitudes are taken the short way round the globe."""
        return self.place(np.asarray(longitude, float), mercator(np.asarray(latitude, float)))

    def place(self, longitude: Floats, north: Floats) -> tuple[Floats, Floats]:
        """The same for latitudes that are stretched already."""
        east = (longitude - self.centre.longitude + 180) % 360 - 180
        up = north - self.middle
        return self.width / 2 + east * self.pixels_per_degree, self.height / 2 - up * self.pixels_per_degree

    def at(self, x: float, y: float) -> Point:
        """The point under a pixel."""
        longitude = self.centre.longitude + (x - self.width / 2) / self.pixels_per_degree
        north = self.middle - (y - self.height / 2) / self.pixels_per_degree
        return Point(unmercator(north), (longitude + 180) % 360 - 180)


def mercator(latitude: Floats) -> Floats:
    """Degrees of latitude stretched as on the map; the poles are out of reach."""
    clipped = np.clip(latitude, -85, 85)
    return np.degrees(np.log(np.tan(np.pi / 4 + np.radians(clipped) / 2)))


def unmercator(north: float) -> float:
    """Degrees of latitude of a height on the map."""
    return math.degrees(2 * math.atan(math.exp(math.radians(float(north)))) - math.pi / 2)


@dataclass(frozen=True)
class Outlines:
    """SVG path data, in pixels of the window."""

    abroad: str
    land: str
    coast: str
    states: str
    counties: str


class Basemap:
    """The whole country's lines in memory: 4 MB, read once a process."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as file:
            lengths = file["lengths"].astype(np.int64)
            self.ends = np.cumsum(lengths)
            self.begins = self.ends - lengths
            self.kinds = file["kinds"]
            self.weights = file["weights"]
            self.longitude, self.latitude = self._unpacked(file["starts"], file["steps"])
            self.rings = np.split(file["ring_arcs"], np.cumsum(file["ring_lengths"].astype(np.int64))[:-1])
            self.ring_states = file["ring_states"]
        self.north = mercator(self.latitude)
        self.arc_of = np.repeat(np.arange(len(self.begins)), lengths)
        # West, south, east, north of each arc.
        self.boxes = [
            f.reduceat(axis, self.begins) for f in (np.minimum, np.maximum) for axis in (self.longitude, self.north)
        ]

    def _unpacked(self, starts: NDArray[np.int32], steps: NDArray[np.int16]) -> Floats:
        """Longitudes and latitudes of all points; an arc's first step leads from the arc before to its start."""
        full = np.zeros((2, int(self.ends[-1])), np.int64)
        inner = np.ones(full.shape[1], bool)
        inner[self.begins] = False
        full[:, inner] = steps
        walked = np.cumsum(full, axis=1)
        shift = starts.T - walked[:, self.begins]
        return (walked + np.repeat(shift, self.ends - self.begins, axis=1)) / GRID

    def outlines(self, window: Window) -> Outlines:
        """The paths of what lies in the window, as fine as its scale shows."""
        pixel = METRES_PER_MILE / window.pixels_per_mile
        visible = self.weights >= 2 * math.log2(max(MAX_INK * pixel**2 / LEAST, 1))
        visible[self.begins] = visible[self.ends - 1] = True
        west, top = window.place(self.boxes[0], self.boxes[3])
        east, bottom = window.place(self.boxes[2], self.boxes[1])
        near = (
            (east >= -MARGIN) & (west <= window.width + MARGIN) & (bottom >= -MARGIN) & (top <= window.height + MARGIN)
        )
        counties = self._lines(window, visible & (near & (self.kinds == COUNTY))[self.arc_of])
        return Outlines(
            abroad=self._land(window, visible, near, abroad=True),
            land=self._land(window, visible, near),
            coast=self._lines(window, visible & (near & (self.kinds == COAST))[self.arc_of]),
            states=self._lines(window, visible & (near & (self.kinds == STATE))[self.arc_of]),
            counties=counties if window.miles <= COUNTY_LINES else "",
        )

    def bounds(self, state: str) -> tuple[Point, Point] | None:
        """South-west and north-east corners of a state; beyond the date line longitudes run below -180.

        Islands that are specks beside its largest piece count only when they lie in between: else Hawaii would be
        a dot at the edge of an empty sea that reaches to Midway.
        """
        rings = [np.where(ring < 0, ~ring, ring) for ring in self._rings_of(state)]
        if not rings:
            return None
        sizes = np.array([self._size(arcs) for arcs in rings])
        arcs = np.concatenate([arcs for arcs, size in zip(rings, sizes, strict=True) if size >= sizes.max() / 300])
        (west, south), (east, north) = (
            f.reduce(np.array([boxes[arcs] for boxes in pair]), axis=1)
            for f, pair in ((np.minimum, self.boxes[:2]), (np.maximum, self.boxes[2:]))
        )
        return Point(unmercator(south), float(west)), Point(unmercator(north), float(east))

    def _rings_of(self, state: str) -> list[NDArray[np.int32]]:
        return [self.rings[i] for i in np.flatnonzero(self.ring_states == state)]

    def _size(self, arcs: NDArray[np.int32]) -> float:
        """Of the box around a ring, in square degrees as the map stretches them."""
        west, south, east, north = (axis[arcs] for axis in self.boxes)
        return float((east.max() - west.min()) * (north.max() - south.min()))

    def _lines(self, window: Window, chosen: Bools) -> str:
        """Open lines through the chosen points, without the stretches that lie outside the window."""
        at = np.flatnonzero(chosen)
        if not len(at):
            return ""
        x, y = (np.rint(v).astype(np.int64) for v in window.place(self.longitude[at], self.north[at]))
        moved = np.append(True, (np.diff(x) != 0) | (np.diff(y) != 0) | (np.diff(self.arc_of[at]) != 0))
        x, y, arc = x[moved], y[moved], self.arc_of[at][moved]
        shown = (
            (arc[1:] == arc[:-1])
            & (np.maximum(x[1:], x[:-1]) >= -MARGIN)
            & (np.minimum(x[1:], x[:-1]) <= window.width + MARGIN)
            & (np.maximum(y[1:], y[:-1]) >= -MARGIN)
            & (np.minimum(y[1:], y[:-1]) <= window.height + MARGIN)
        )
        kept = np.append(shown, False) | np.append(False, shown)
        starts = ~np.append(False, shown)
        return _path(x[kept].tolist(), y[kept].tolist(), starts[kept].tolist())

    def _land(self, window: Window, visible: Bools, near: Bools, *, abroad: bool = False) -> str:
        """The shores of our states, or of our neighbours, as areas, cut at the window's edge.

        Of an arc that does not reach the window the two ends are enough: between them it stays on one side of it.
        """
        path = ""
        for ring, state in zip(self.rings, self.ring_states, strict=True):
            if (state == "") != abroad:
                continue
            arcs = np.where(ring < 0, ~ring, ring)
            if not near[arcs].any() and not self._surrounds(window, arcs):
                continue
            pieces = []
            for arc, turned in zip(arcs.tolist(), (ring < 0).tolist(), strict=True):
                begin, end = self.begins[arc], self.ends[arc]
                ids = begin + np.flatnonzero(visible[begin:end]) if near[arc] else np.array([begin, end - 1])
                pieces.append(ids[::-1] if turned else ids)
            ids = np.concatenate(pieces)
            polygon = np.column_stack(window.place(self.longitude[ids], self.north[ids]))
            polygon = np.rint(_clipped(polygon, window)).astype(np.int64)
            polygon = polygon[np.any(polygon != np.roll(polygon, 1, axis=0), axis=1)]
            if len(polygon) > 2:
                xs, ys = polygon.T.tolist()
                path += _path(xs, ys, [True] + [False] * (len(polygon) - 1)) + "z"
        return path

    def _surrounds(self, window: Window, arcs: NDArray[np.int64]) -> bool:
        """Whether the ring may hold the whole window, because its box does."""
        west, top = window.place(self.boxes[0][arcs].min(), self.boxes[3][arcs].max())
        east, bottom = window.place(self.boxes[2][arcs].max(), self.boxes[1][arcs].min())
        return bool(west < 0 and top < 0 and east > window.width and bottom > window.height)


def _clipped(polygon: Floats, window: Window) -> Floats:
    """The part of a polygon inside the window (Sutherland and Hodgman's way: one edge after the other)."""
    for axis, limit, sign in (
        (0, -MARGIN, 1),
        (0, window.width + MARGIN, -1),
        (1, -MARGIN, 1),
        (1, window.height + MARGIN, -1),
    ):
        if not len(polygon):
            break
        before = np.roll(polygon, 1, axis=0)
        inside = sign * (polygon[:, axis] - limit) >= 0
        was_inside = np.roll(inside, 1)
        crosses = inside != was_inside
        run = np.where(crosses, polygon[:, axis] - before[:, axis], 1.0)
        share = np.where(crosses, (limit - before[:, axis]) / run, 0.0)[:, None]
        both = np.stack((before + share * (polygon - before), polygon), axis=1)
        polygon = both[np.column_stack((crosses, inside))]
    return polygon


def _path(xs: list[int], ys: list[int], starts: list[bool]) -> str:
    """SVG path data in whole pixels, each point told from the one before."""
    parts: list[str] = []
    px = py = 0
    for x, y, start in zip(xs, ys, starts, strict=True):
        parts.append(f"M{x} {y}l" if start else f"{x - px} {y - py} ")
        px, py = x, y
    return "".join(parts).replace(" -", "-").replace(" M", "M").rstrip()


@cache
def basemap() -> Basemap:
    return Basemap(FIXTURES / "basemap.npz")


@lru_cache(maxsize=128)
def outlines(window: Window) -> Outlines:
    """The outlines of a window, remembered: visitors look at the same towns."""
    return basemap().outlines(window)


@cache
def states() -> dict[str, str]:
    """SVG path data of each state on the map of the whole country (`programs.albers`), in units."""
    paths: dict[str, str] = json.loads((FIXTURES / "states.json").read_text(encoding="ascii"))
    return paths
