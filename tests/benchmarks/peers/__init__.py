"""Other ways to answer the same search, over tables of their own as most sites would lay them out.

Each gives the whole answer: count, every facet's counts, 20 cards, 500 points. `models` and `tables` the tables ·
`orm` GeoDjango, the ORM with a bounding box, the ORM alone · `postgis` one statement by somebody who knows PostGIS.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One search: degrees, miles, and the ticked slugs by facet."""

    latitude: float
    longitude: float
    miles: float
    ticked: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """A peer's answer; `facets` without zeros."""

    count: int
    facets: dict[str, dict[str, int]]
    cards: list[Any]
    points: list[Any]
