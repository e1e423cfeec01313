"""Build the outlines that maps are drawn from.

    python -m scripts.build_basemap [--packages DIRECTORY]

fixtures/basemap.npz   coast, state and county lines of the whole country from the Census (1:500,000), to 300 metres:
                       what a map of a town or a state shows. Each line is kept once, cut where others meet it, and
                       every point carries how much it matters (the triangle it spans), so that a map may leave out
                       what nobody can see at its scale and neighbours still fit. The land of the neighbour countries,
                       coarser (Natural Earth), so that Windsor and Juárez do not lie in the sea.
fixtures/states.json   one SVG path a state in the usual projection of the whole country, Alaska and Hawaii inset
                       (us-atlas), with Puerto Rico and the Virgin Islands added in the corner.
"""

import argparse
import heapq
import json
import math
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from programs import albers
from programs.basemap import ABROAD, COAST, COUNTY, GRID, STATE
from scripts import packages
from scripts.outlines import STATE_OF_FIPS, County, counties

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
METRES = 300  # a bump smaller than this is left out
SMALLEST = METRES**2 / 2  # square metres: the area of its triangle
EARTH = 6_371_000.0
ABROAD_SMALLEST = 8 * SMALLEST
NEIGHBOURS = {
    "124": "Canada",
    "484": "Mexico",
    "192": "Cuba",
    "044": "Bahamas",
    "214": "Dominican Rep.",
    "332": "Haiti",
}
ARCTIC = 60.0  # degrees north: islands beyond are on no map of ours
LONGEST_STEP = 6.0  # degrees: what a step of 16 bits can hold
MAX_INK = 6.0  # square units: the same for the map of the country, 975 units wide and half as many pixels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def areas(points: Floats) -> Floats:
    """How much each point matters: the area of the smallest triangle it forms while lesser points go (Visvalingam).

    A line's two ends matter without end.
    """
    n = len(points)
    weight = np.full(n, np.inf)
    xs, ys = points[:, 0].tolist(), points[:, 1].tolist()
    before, after = list(range(-1, n - 1)), list(range(1, n + 1))

    def area(i: int) -> float:
        a, b = before[i], after[i]
        return abs((xs[i] - xs[a]) * (ys[b] - ys[a]) - (xs[b] - xs[a]) * (ys[i] - ys[a])) / 2

    queue = [(area(i), i) for i in range(1, n - 1)]
    heapq.heapify(queue)
    now = {i: a for a, i in queue}
    least = 0.0
    while queue:
        a, i = heapq.heappop(queue)
        if now.get(i) != a:
            continue
        del now[i]
        weight[i] = least = max(least, a)
        left, right = before[i], after[i]
        after[left], before[right] = right, left
        for j in (left, right):
            if j in now:
                now[j] = area(j)
                heapq.heappush(queue, (now[j], j))
    return weight


class Topology:
    """The counties' borders, each stretch between two crossings kept once."""

    def __init__(self, outlines: list[County]) -> None:
        rings = [(i, ring[:-1]) for i, county in enumerate(outlines) for ring in county.rings]
        every = np.concatenate([ring for _, ring in rings])
        self.points, ids = np.unique(np.round(every, 6), axis=0, return_inverse=True)
        ids = ids.reshape(-1)
        lengths = np.array([len(ring) for _, ring in rings])
        cuts = np.cumsum(lengths)[:-1]
        loops = np.split(ids, cuts)
        crossing = self._crossings(loops)
        self.arcs: list[Ints] = []
        self.owners: list[set[int]] = []
        self.rings: list[list[tuple[int, bool]]] = [[] for _ in outlines]  # a county's arcs, and whether turned round
        self._known: dict[tuple[int, ...], int] = {}
        for (county, _), loop in zip(rings, loops, strict=True):
            for piece in self._pieces(loop, crossing):
                arc, turned = self._arc(piece)
                self.owners[arc].add(county)
                self.rings[county].append((arc, turned))

    def _crossings(self, loops: list[Ints]) -> NDArray[np.bool_]:
        """Points where more than two lines meet."""
        pairs = np.concatenate([np.column_stack((loop, np.roll(loop, -1))) for loop in loops])
        edges = np.unique(np.sort(pairs, axis=1), axis=0)
        return np.bincount(edges.ravel(), minlength=len(self.points)) != 2

    @staticmethod
    def _pieces(loop: Ints, crossing: NDArray[np.bool_]) -> list[Ints]:
        at = np.flatnonzero(crossing[loop])
        if not len(at):  # an island: starts anywhere, so at its lowest point
            start = int(np.argmin(loop))
            return [np.concatenate((loop[start:], loop[: start + 1]))]
        turned = np.concatenate((loop[at[0] :], loop[: at[0]], loop[at[0] : at[0] + 1]))
        stops = [*(at - at[0]).tolist(), len(loop)]
        return [turned[a : b + 1] for a, b in pairwise(stops)]

    def _arc(self, piece: Ints) -> tuple[int, bool]:
        back = piece[::-1]
        turned = tuple(back[:2]) + tuple(back[-2:]) < tuple(piece[:2]) + tuple(piece[-2:])
        ids = back if turned else piece
        identity = (*ids[:2].tolist(), *ids[-2:].tolist(), len(ids))
        if identity not in self._known:
            self._known[identity] = len(self.arcs)
            self.arcs.append(ids)
            self.owners.append(set())
        return self._known[identity], turned

    def line(self, arc: int, turned: bool) -> Floats:
        ids = self.arcs[arc]
        return self.points[ids[::-1] if turned else ids]

    def dissolved(self, members: set[int]) -> list[list[tuple[int, bool]]]:
        """The rings around these counties together: the arcs that only one of them owns, joined end to end."""
        start: dict[int, list[tuple[int, bool]]] = defaultdict(list)
        for county in sorted(members):
            for arc, turned in self.rings[county]:
                if len(self.owners[arc] & members) == 1:
                    start[int(self.arcs[arc][-1 if turned else 0])].append((arc, turned))
        rings = []
        while start:
            first = min(start)
            at, ring = first, []
            while at in start:
                arc, turned = start[at].pop()
                if not start[at]:
                    del start[at]
                ring.append((arc, turned))
                at = int(self.arcs[arc][0 if turned else -1])
            rings.append(ring)
        return rings


def build_outlines(folder: Path) -> dict[str, NDArray[np.generic]]:
    """The arrays of basemap.npz; see `programs.basemap` for what each holds."""
    outlines = counties(folder)
    topology = Topology(outlines)
    xy, weights, lengths, kinds = [], [], [], []
    for ids, owners in zip(topology.arcs, topology.owners, strict=True):
        degrees = topology.points[ids].copy()
        if {outlines[o].state for o in owners} == {"AK"}:  # the Aleutians cross the date line: keep them in one piece
            degrees[degrees[:, 0] > 0, 0] -= 360
        metres = np.radians(degrees) * EARTH * [math.cos(math.radians(degrees[:, 1].mean())), 1]
        weight = areas(metres)
        kept = weight >= SMALLEST
        xy.append(np.round(degrees[kept] * GRID).astype(np.int64))
        weights.append(_in_octaves(weight[kept]))
        lengths.append(int(kept.sum()))
        kinds.append(COAST if len(owners) == 1 else STATE if len({outlines[o].state for o in owners}) > 1 else COUNTY)
    rings, owners_of_rings = _state_rings(topology, outlines, xy)
    for points, weight in _abroad(folder):
        rings.append(np.array([len(xy)]))
        owners_of_rings.append("")
        xy.append(points)
        weights.append(weight)
        lengths.append(len(points))
        kinds.append(ABROAD)
    return {
        "starts": np.array([a[0] for a in xy], np.int32),
        "steps": np.concatenate([np.diff(a, axis=0) for a in xy]).T.astype(np.int16),
        "weights": np.concatenate(weights),
        "lengths": np.array(lengths, np.uint16),
        "kinds": np.array(kinds, np.uint8),
        "ring_arcs": np.concatenate(rings).astype(np.int32),
        "ring_lengths": np.array([len(r) for r in rings], np.uint16),
        "ring_states": np.array(owners_of_rings, "U2"),
    }


def _state_rings(topology: Topology, outlines: list[County], xy: list[Ints]) -> tuple[list[Ints], list[str]]:
    """Each state's shore and borders as rings of arcs (~arc: turned round); specks are left out."""
    rings, states = [], []
    for state in sorted(STATE_OF_FIPS.values()):
        members = {i for i, county in enumerate(outlines) if county.state == state}
        for ring in topology.dissolved(members):
            if sum(len(xy[arc]) - 1 for arc, _ in ring) >= 3:
                rings.append(np.array([~arc if turned else arc for arc, turned in ring]))
                states.append(state)
    return rings, states


def _in_octaves(weight: Floats) -> NDArray[np.uint8]:
    """Areas on the scale of basemap.npz: two steps for each doubling."""
    return np.clip(2 * np.log2(np.maximum(weight, SMALLEST) / SMALLEST), 0, 255).astype(np.uint8)


def _abroad(folder: Path) -> Iterator[tuple[Ints, NDArray[np.uint8]]]:
    """The neighbours' land near ours, each piece as one closed line."""
    atlas = json.loads(packages.read("world-atlas-2.0.2.tgz", "countries-10m.json", folder))
    arcs = _arcs(atlas)
    for country in atlas["objects"]["countries"]["geometries"]:
        if country.get("id") not in NEIGHBOURS:
            continue
        for polygon in country["arcs"]:
            degrees = _joined([arcs[i] if i >= 0 else arcs[~i][::-1] for i in polygon[0]])
            metres = np.radians(degrees) * EARTH * [math.cos(math.radians(degrees[:, 1].mean())), 1]
            if degrees[:, 1].min() > ARCTIC or np.ptp(metres, axis=0).prod() < 100 * ABROAD_SMALLEST:
                continue
            weight = areas(metres)
            kept = weight >= ABROAD_SMALLEST
            points, octaves = _short_steps(degrees[kept], _in_octaves(weight[kept]))
            yield np.round(points * GRID).astype(np.int64), octaves


def _short_steps(points: Floats, octaves: NDArray[np.uint8]) -> tuple[Floats, NDArray[np.uint8]]:
    """Points that matter nothing, put into long straight stretches (the 49th parallel)."""
    every: list[Floats] = [points[:1]]
    matter = [octaves[:1]]
    for a, b, octave in zip(points, points[1:], octaves[1:], strict=False):
        parts = max(1, math.ceil(np.abs(b - a).max() / LONGEST_STEP))
        every.append(a + (b - a) * (np.arange(1, parts + 1) / parts)[:, None])
        matter.append(np.array([0] * (parts - 1) + [octave], np.uint8))
    return np.concatenate(every), np.concatenate(matter)


def _arcs(atlas: dict[str, Any]) -> list[Floats]:
    """The lines of a TopoJSON file, whose points are steps on a grid."""
    scale, origin = atlas["transform"]["scale"], atlas["transform"]["translate"]
    return [np.cumsum(arc, axis=0) * scale + origin for arc in atlas["arcs"]]


def build_states(folder: Path) -> dict[str, str]:
    """One path a state: the arcs of us-atlas, made simpler, and the islands in their corner."""
    atlas = json.loads(packages.read("us-atlas-3.0.1.tgz", "states-albers-10m.json", folder))
    arcs = [_simple(arc) for arc in _arcs(atlas)]
    paths = {}
    for state in atlas["objects"]["states"]["geometries"]:
        polygons = state["arcs"] if state["type"] == "MultiPolygon" else [state["arcs"]]
        rings = [
            _joined([arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]) for polygon in polygons for ring in polygon
        ]
        paths[STATE_OF_FIPS[state["id"]]] = _path(rings)
    outlines = counties(folder)
    topology = Topology(outlines)
    for code in albers.CORNER_STATES:
        members = {i for i, county in enumerate(outlines) if county.state == code}
        rings = [_joined([topology.line(*piece) for piece in ring]) for ring in topology.dissolved(members)]
        paths[code] = _path([_simple(np.column_stack(albers.corner(*ring.T))) for ring in rings], specks=True)
    return dict(sorted(paths.items()))


def _simple(points: Floats) -> Floats:
    return points[areas(points) >= MAX_INK]


def _joined(arcs: list[Floats]) -> Floats:
    return np.concatenate([arcs[0], *(arc[1:] for arc in arcs[1:])])


def _path(rings: list[Floats], *, specks: bool = False) -> str:
    """SVG path to a unit; rings too small to see are left out, unless specks are all there is."""
    path = ""
    for ring in rings:
        points = np.round(ring).astype(int)
        points = points[np.append(True, np.any(np.diff(points, axis=0), axis=1))]
        if len(points) > 3 and np.ptp(points[:, 0]) * np.ptp(points[:, 1]) >= (1 if specks else 3):
            steps = " ".join(f"{x} {y}" for x, y in np.diff(points, axis=0)[:-1].tolist())
            path += f"M{points[0][0]} {points[0][1]}l{steps}z".replace(" -", "-")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, help="where the downloaded packages are kept (default: nowhere)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.packages or Path(temporary)
        np.savez_compressed(FIXTURES / "basemap.npz", **build_outlines(folder))
        (FIXTURES / "states.json").write_text(json.dumps(build_states(folder), indent=0) + "\n", encoding="ascii")
    for name in ("basemap.npz", "states.json"):
        print(f"fixtures/{name}: {(FIXTURES / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
