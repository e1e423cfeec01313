"""One search as one value: what the person asked, cleaned, and nothing else."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from programs.schedule import Span
from programs.search import sphere

PAGE_SIZE = 20
STATES_BY_VIDEO = "virtual_states"  # no filter, but asked of programs by video wherever there is a place


class Spot(Protocol):
    """Where to search from: a gazetteer's answer. A state has an area but no distances."""

    @property
    def kind(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def latitude(self) -> float: ...
    @property
    def longitude(self) -> float: ...
    @property
    def state(self) -> str: ...
    @property
    def time_zone(self) -> str: ...


@dataclass(frozen=True)
class Query:
    """OR inside a facet, AND between everything.

    `radius` narrows; without it the nearest come first and nothing is left out. `free` orders and labels,
    it does not narrow. `told` False turns to the programs that have not told us what was asked, `video` to those by
    video only.
    `open_data` leaves the sample listings out unless nothing else is there.
    """

    place: Spot | None = None
    radius: float | None = None
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    name: str = ""
    free: tuple[Span, ...] = ()
    max_cost: int | None = None
    sliding: bool = False
    accepting: bool = False
    start_within: int | None = None
    sort: str = ""
    page: int = 1
    page_size: int = PAGE_SIZE
    told: bool = True
    video: bool = False
    open_data: bool = False

    @property
    def has_distance(self) -> bool:
        return self.place is not None and self.place.kind != "state"

    def clock(self, *, by_video: bool) -> str:
        """The time zone that free hours are on. A state may have several: at an address there, the program's own holds."""
        return self.place.time_zone if self.place and (by_video or self.has_distance) else ""

    def without(self, name: str) -> "Query":
        """The same search without one filter."""
        if name in self.facets:
            return replace(self, facets={key: values for key, values in self.facets.items() if key != name})
        off: dict[str, object] = {"sliding": False, "accepting": False, "name": ""}
        return replace(self, **{name: off.get(name)})  # type: ignore[arg-type]


class Named(NamedTuple):
    """Ids of programs; `is_near`: no name holds the text, these are nearly so called."""

    ids: Set[int]
    is_near: bool


class Hit(NamedTuple):
    """One program in an answer. `miles` is None without a place to measure from; `fit` only with free hours."""

    id: int
    rev: int
    miles: float | None = None
    fit: str = ""  # "fits", "collides", "unknown"
    unknown: tuple[str, ...] = ()  # filters it has not told us about, and STATES_BY_VIDEO
    is_sample: bool = False


@dataclass(frozen=True, eq=False)
class Points:
    """Where the hits are, for a map; in no order. Programs without a point are not in it."""

    ids: npt.NDArray[np.uint32]
    xyz: sphere.Floats  # one row each of x, y and z

    def __len__(self) -> int:
        return len(self.ids)

    def besides(self, shown: Set[int]) -> "Points":
        """All but these programs."""
        others = ~np.isin(self.ids, np.fromiter(shown, np.uint32))
        return Points(self.ids[others], self.xyz[:, others])

    def degrees(self) -> tuple[sphere.Floats, sphere.Floats]:
        """Latitudes and longitudes, in step with `ids`."""
        return sphere.degrees(self.xyz)


NO_POINTS = Points(np.zeros(0, np.uint32), np.zeros((3, 0)))


@dataclass(frozen=True)
class Answer:
    """A whole answer. `counts` are disjunctive: a facet ignores its own ticks.

    `count` programs at an address fit, `virtual_count` by video; `hits` is one page of the list that was asked for, of
    `total` programs: those that fit, those that have not told us, or those by video. `counts` and `relief` are of
    programs at an address, or by video where those were asked for.
    """

    count: int
    hits: list[Hit]
    counts: dict[str, dict[str, int]]
    total: int = 0
    not_told: int = 0
    not_told_by: dict[str, int] = field(default_factory=dict)
    virtual_count: int = 0
    virtual_not_told: int = 0
    virtual: list[Hit] = field(default_factory=list)
    outside: list[Hit] = field(default_factory=list)
    relief: list[tuple[str, int]] = field(default_factory=list)  # filter to drop -> programs it would give
    within: dict[int, int] = field(default_factory=dict)  # miles -> programs, when nothing narrows the distance
    nearest: float | None = None  # miles to the nearest program at an address that fits
    points: Points = field(default=NO_POINTS, compare=False)
    page: int = 1
    page_size: int = PAGE_SIZE
    nearly_named: bool = False  # no name holds the text that was asked for

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.page_size))
