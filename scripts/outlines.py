"""Census outlines of counties, read from a shapefile: rings of longitude and latitude, and who owns them."""

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from scripts import packages

WHEEL = "plotly_geo-1.0.0-py3-none-any.whl"
COUNTIES = "_plotly_geo/package_data/cb_2016_us_county_500k"

# What the Census calls a county's kind, by its legal code, as people write it after the name.
KINDS = {
    "00": "", "03": "City and Borough", "04": "Borough", "05": "Census Area", "06": "County", "07": "District",
    "10": "Island", "12": "Municipality", "13": "Municipio", "15": "Parish", "25": "city",
}  # fmt: skip
STATE_OF_FIPS = dict(
    pair.split(":")
    for pair in (
        "01:AL 02:AK 04:AZ 05:AR 06:CA 08:CO 09:CT 10:DE 11:DC 12:FL 13:GA 15:HI 16:ID 17:IL 18:IN 19:IA 20:KS 21:KY "
        "22:LA 23:ME 24:MD 25:MA 26:MI 27:MN 28:MS 29:MO 30:MT 31:NE 32:NV 33:NH 34:NJ 35:NM 36:NY 37:NC 38:ND 39:OH "
        "40:OK 41:OR 42:PA 44:RI 45:SC 46:SD 47:TN 48:TX 49:UT 50:VT 51:VA 53:WA 54:WV 55:WI 56:WY 60:AS 66:GU 69:MP "
        "72:PR 78:VI"
    ).split()
)


@dataclass(frozen=True)
class County:
    name: str  # "Milwaukee County"
    state: str
    rings: list[np.ndarray]  # each (n, 2): longitude, latitude; closed


def counties(folder: Path) -> list[County]:
    """Every county, parish, borough and municipio of the states and territories."""
    rings = _rings(packages.read(WHEEL, f"{COUNTIES}.shp", folder))
    rows = _rows(packages.read(WHEEL, f"{COUNTIES}.dbf", folder))
    return [
        County(f"{row['NAME']} {KINDS[row['LSAD']]}".strip(), STATE_OF_FIPS[row["STATEFP"]], shape)
        for row, shape in zip(rows, rings, strict=True)
    ]


def _rings(shp: bytes) -> list[list[np.ndarray]]:
    """The polygons of a .shp file, one list of rings a record."""
    shapes, at = [], 100
    while at < len(shp):
        (words,) = struct.unpack_from(">i", shp, at + 4)
        n_parts, n_points = struct.unpack_from("<2i", shp, at + 8 + 36)
        starts = [*struct.unpack_from(f"<{n_parts}i", shp, at + 8 + 44), n_points]
        points = np.frombuffer(shp, "<f8", 2 * n_points, at + 8 + 44 + 4 * n_parts).reshape(-1, 2)
        shapes.append([points[a:b] for a, b in pairwise(starts)])
        at += 8 + 2 * words
    return shapes


def _rows(dbf: bytes) -> list[dict[str, str]]:
    """The attribute table beside it."""
    count, header, width = struct.unpack_from("<IHH", dbf, 4)
    columns = [(dbf[i : i + 11].rstrip(b"\0").decode(), dbf[i + 16]) for i in range(32, header - 1, 32)]
    rows = []
    for n in range(count):
        at, row = header + n * width + 1, {}
        for name, length in columns:
            row[name] = dbf[at : at + length].decode("utf-8").strip()
            at += length
        rows.append(row)
    return rows


class CountyFinder:
    """Which county a point lies in."""

    def __init__(self, outlines: list[County]) -> None:
        self.outlines = outlines
        self.boxes = np.array(
            [[f(np.concatenate(c.rings)[:, axis]) for axis in (0, 1) for f in (np.min, np.max)] for c in outlines]
        )

    def find(self, longitude: float, latitude: float) -> County | None:
        b = self.boxes
        near = (b[:, 0] <= longitude) & (longitude <= b[:, 1]) & (b[:, 2] <= latitude) & (latitude <= b[:, 3])
        for i in np.flatnonzero(near):
            if sum(_inside(ring, longitude, latitude) for ring in self.outlines[i].rings) % 2:
                return self.outlines[i]
        return None


def _inside(ring: np.ndarray, x: float, y: float) -> bool:
    """Even-odd rule: how often a line to the east crosses the ring."""
    x0, y0, x1, y1 = ring[:-1, 0], ring[:-1, 1], ring[1:, 0], ring[1:, 1]
    crosses = (y0 > y) != (y1 > y)
    at = x0[crosses] + (y - y0[crosses]) / (y1[crosses] - y0[crosses]) * (x1[crosses] - x0[crosses])
    return bool(np.count_nonzero(at > x) % 2)
