"""The circles on a map: numbered pins that lead to cards, clusters that lead nearer."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from django.utils.translation import gettext, ngettext
from numpy.typing import NDArray

from programs import albers
from programs.basemap import Window
from programs.geo import Point

CELL = 40  # pixels: programs in one cell of this size are drawn as one
PIN = 13  # pixels: a pin's radius; a finger needs 24 across
BUTTONS = (60, 110)  # pixels: what the zoom buttons cover in the upper right corner
ONE_BUTTON = (60, 62)  # on the map of the whole country, which only zooms in
MILES_ACROSS_COUNTRY = 2_900.0
TOUCHING = 1  # pixel that circles may share
ROUNDS = 40  # in which crowded circles move apart, a little each time
ASIDE = np.array([0.8, -0.6])  # which way a circle moves that lies right on another

Floats = NDArray[np.float64]
ClusterLink = Callable[[Point, float], str]  # the middle of a cluster and the miles it reaches → where it leads


class Pin(NamedTuple):
    """A program on this page of the list: pin 3 leads to the card with id "p3"."""

    latitude: float
    longitude: float
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A circle that is a link: a numbered pin, or a cluster with its count."""

    x: int
    y: int
    radius: int
    text: str
    name: str  # what a screen reader says
    href: str
    number: int | None = None  # of the card it points at; None for a cluster
    count: int = 1

    @property
    def baseline(self) -> int:
        return self.y + 5

    def covers(self, x: float, y: float, margin: float = 0) -> bool:
        return math.hypot(x - self.x, y - self.y) < self.radius + margin


class Sheet:
    """The picture's surface: where a point of the globe falls on it."""

    def __init__(self, window: Window | None, size: tuple[int, int], cluster_link: ClusterLink) -> None:
        self.window = window
        self.cluster_link = cluster_link
        # The country is wider than high: its map keeps the width, and the height that goes with it.
        self.size = size if window else (size[0], round(size[0] * albers.HEIGHT / albers.WIDTH))

    def project(self, points: Floats) -> tuple[NDArray[np.intp], Floats]:
        """Which of the points (latitude, longitude) the sheet shows, and the pixels of those."""
        rows = self._candidates(points)
        latitude, longitude = points[rows].T
        if self.window:
            xy = np.column_stack(self.window.project(longitude, latitude))
        else:
            xy = np.column_stack(albers.project(longitude, latitude)) * (self.size[0] / albers.WIDTH)
        inside = ((xy >= 0) & (xy <= self.size)).all(axis=1)  # never so for "not a number"
        return rows[inside], xy[inside]

    def _candidates(self, points: Floats) -> NDArray[np.intp]:
        """Points at the right latitudes: cheap to tell, and seldom many of a whole directory."""
        south, north = -90.0, 90.0
        if self.window:
            south, north = self.window.at(0, self.window.height).latitude, self.window.at(0, 0).latitude
        return np.flatnonzero((points[:, 0] >= south) & (points[:, 0] <= north))

    def pins(self, pins: Sequence[Pin]) -> list[Marker]:
        """A pin for each program; programs at one spot share the pin of the first."""
        points = np.array([(p.latitude, p.longitude) for p in pins], np.float64).reshape(-1, 2)
        groups: list[tuple[float, float, list[Pin]]] = []
        rows, xy = self.project(points)
        for row, (x, y) in zip(rows.tolist(), xy.tolist(), strict=True):
            near = [group for group in groups if math.hypot(group[0] - x, group[1] - y) < PIN * 2]
            if near:
                near[0][2].append(pins[row])
            else:
                groups.append((x, y, [pins[row]]))
        return [_pin(round(x), round(y), group) for x, y, group in groups]

    def clusters(self, points: Floats, pins: list[Marker]) -> list[Marker]:
        """The other programs, those close together as one circle with their number, clear of the pins."""
        rows, xy = self.project(points)
        if not len(rows):
            return []
        group = _grouped(xy)
        counts, centres = np.bincount(group), _means(xy, group)
        reach = np.zeros(len(counts))
        np.maximum.at(reach, group, np.hypot(*(xy - centres[group]).T))
        places = _means(np.where(points[rows] > [90, 100], points[rows] - [0, 360], points[rows]), group)
        spots = self._settled(centres, np.array([_radius(count) for count in counts.tolist()]), pins)
        return [
            self._cluster(count, spot, self._middle(centre, place), spread=pixels / self.pixels_per_mile)
            for count, spot, centre, place, pixels in zip(
                counts.tolist(), spots.tolist(), centres.tolist(), places.tolist(), reach.tolist(), strict=True
            )
        ]

    @property
    def pixels_per_mile(self) -> float:
        return self.window.pixels_per_mile if self.window else self.size[0] / MILES_ACROSS_COUNTRY

    def _middle(self, at: list[float], place: list[float]) -> Point:
        return self.window.at(at[0], at[1]) if self.window else Point(place[0], (place[1] + 180) % 360 - 180)

    def _cluster(self, count: int, at: list[float], middle: Point, *, spread: float) -> Marker:
        name = ngettext("%(count)s more program here. Zoom in.", "%(count)s more programs here. Zoom in.", count)
        href, text = self.cluster_link(middle, spread), f"{count:,}"
        return Marker(round(at[0]), round(at[1]), _radius(count), text, name % {"count": text}, href, count=count)

    def _settled(self, centres: Floats, radii: Floats, pins: list[Marker]) -> Floats:
        """Where the circles go: off the pins, off each other, and inside the picture, clear of its buttons."""
        spots = centres.copy()
        fixed = np.array([(pin.x, pin.y) for pin in pins], np.float64).reshape(-1, 2)
        room = radii[:, None] + np.concatenate([radii, [pin.radius for pin in pins]]) - TOUCHING
        share = np.concatenate([np.full(len(radii), 0.5), np.ones(len(pins))])  # a pin does not give way
        for _ in range(ROUNDS):
            apart = spots[:, None] - np.concatenate([spots, fixed])
            away = np.hypot(*apart.T).T
            overlap = np.maximum(room - away, 0) * share
            np.fill_diagonal(overlap, 0)
            if not overlap.any():
                break
            direction = np.where(away[..., None] > 1, apart / np.maximum(away, 1)[..., None], ASIDE)
            spots = self._inside(spots + (direction * overlap[..., None]).sum(axis=1), radii)
        return self._inside(spots, radii)

    def _inside(self, spots: Floats, radii: Floats) -> Floats:
        width, height = self.size
        buttons = BUTTONS if self.window else ONE_BUTTON
        right = np.where(spots[:, 1] < buttons[1] + radii, width - buttons[0], width)
        return np.column_stack(
            [np.clip(spots[:, 0], radii, right - radii), np.clip(spots[:, 1], radii, height - radii)]
        )


def _pin(x: int, y: int, group: list[Pin]) -> Marker:
    first, *more = group
    if not more:
        return Marker(x, y, PIN, str(first.number), f"{first.number}. {first.name}", f"#p{first.number}", first.number)
    name = gettext("%(count)s programs at one spot: %(names)s") % {
        "count": len(group),
        "names": "; ".join(f"{pin.number}. {pin.name}" for pin in group),
    }
    text = f"{first.number}+{len(more)}"
    name = f"{text}, {name}"  # who speaks to the device says what stands there (WCAG 2.5.3)
    return Marker(x, y, PIN + 4, text, name, f"#p{first.number}", first.number, count=len(group))


def _radius(count: int) -> int:
    return round(12 + 3 * math.log10(count))


def _means(values: Floats, group: NDArray[np.intp]) -> Floats:
    """The mean of each group's rows; groups are numbered from 0."""
    return np.column_stack([np.bincount(group, weights=axis) for axis in values.T]) / np.bincount(group)[:, None]


def _grouped(xy: Floats) -> NDArray[np.intp]:
    """Each point's group: its cell of the grid, joined with cells whose circles would overlap."""
    column, row = (xy // CELL).astype(np.intp).T
    cell = row * (int(column.max()) + 1) + column
    counts = np.bincount(cell)
    used = np.flatnonzero(counts)
    weights = counts[used]
    centres = np.column_stack([np.bincount(cell, weights=axis)[used] for axis in xy.T]) / weights[:, None]
    group = np.arange(len(used))
    for _ in range(4):  # joining moves and grows circles, so that others touch
        sizes: Floats = np.bincount(group, weights=weights).astype(np.float64)
        middles = np.column_stack([np.bincount(group, weights=axis * weights) for axis in centres.T]) / sizes[:, None]
        absorbed: NDArray[np.intp] = _absorbed(sizes, middles)[group]
        joined = np.unique(absorbed, return_inverse=True)[1].reshape(-1)
        if joined.max() == group.max():
            break
        group = joined
    group_of_cell = np.zeros(len(counts), np.intp)
    group_of_cell[used] = group
    return group_of_cell[cell]


def _absorbed(sizes: Floats, middles: Floats) -> NDArray[np.intp]:
    """For each circle the one that takes it up: itself, or a larger one that it overlaps."""
    radii = 12 + 3 * np.log10(sizes)
    overlaps = np.hypot(*(middles[:, None] - middles[None]).T) < radii[:, None] + radii[None]
    into = np.full(len(sizes), -1)
    for one in np.argsort(-sizes, kind="stable").tolist():
        if into[one] < 0:
            into[overlaps[one] & (into < 0)] = one
    return into
