"""The arithmetic: programs as columns and a query in, the whole answer out. Knows no database.

Each filter in force is judged once for every candidate: yes, no, or not told us. A program with every
filter at yes is a hit. One that fails a single filter counts for that filter's own options (that makes the
counts disjunctive) and for what dropping the filter would give.
"""

import datetime as dt
from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from programs import schedule
from programs.choices import Day
from programs.search import sphere
from programs.search.query import NO_POINTS, Answer, Hit, Points, Query
from programs.search.record import (
    ACCEPTING,
    DEAD,
    EPOCH,
    NOT_ACCEPTING,
    SAMPLE,
    STATE_NUMBER,
    VIRTUAL,
    ZONES,
)
from programs.search.table import Mask, Rows, Table
from programs.search.vocabulary import BIT, FACETS, START, WIDTH, is_payment_type, payers

RINGS = (5, 10, 25, 50, 100)
VERDICTS = ("fits", "unknown", "collides")
Keys = list[npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Asked:
    """One filter's verdict on every candidate."""

    name: str
    yes: Mask
    unknown: Mask


@dataclass(frozen=True)
class Judged:
    """All filters' verdicts on the candidate rows. `squared` are their squared chords from the place, if it has any."""

    rows: Rows
    squared: sphere.Floats | None
    asked: Sequence[Asked]

    def misses(self) -> npt.NDArray[np.uint8]:
        """How many filters each candidate does not say yes to."""
        missed = np.zeros(len(self.rows), np.uint8)
        for one in self.asked:
            missed += ~one.yes
        return missed

    def only(self, wanted: Mask) -> "Judged":
        squared = None if self.squared is None else self.squared[wanted]
        return Judged(
            self.rows[wanted], squared, [Asked(one.name, one.yes[wanted], one.unknown[wanted]) for one in self.asked]
        )


class Search:
    """One query against one table on one day."""

    def __init__(self, table: Table, query: Query, *, today: dt.date, named: Set[int] | None = None) -> None:
        self.table, self.query, self.today = table, query, today
        self.day = (today - EPOCH).days
        self.named = None if named is None else np.fromiter(named, np.uint32)
        self.hides_samples = query.open_data and table.has_real

    def answer(self) -> Answer:
        """Count, order, page and describe everything at once."""
        judged = self.judge(self._candidates())
        missed = judged.misses()
        hits = judged.only(missed == 0)
        maybe = self._maybe(judged, missed)
        listed = hits if self.query.told else maybe
        fits = self._fits(listed.rows)
        order = self._order(listed, fits)
        virtual = self._virtual()
        outside, relief = self._beyond(judged, missed) if not len(hits.rows) else ([], [])
        return Answer(
            count=len(hits.rows),
            hits=self._hits(listed, fits, order[self._page()]),
            counts=self._counts(judged, missed, hits.rows),
            not_told=len(maybe.rows),
            not_told_by={one.name: int(one.unknown.sum()) for one in maybe.asked if one.unknown.any()},
            virtual_count=len(virtual.rows),
            virtual=self._some(virtual),
            outside=outside,
            relief=relief,
            within=self._within(hits),
            points=self._points(listed.rows),
            page=self.query.page,
            page_size=self.query.page_size,
        )

    # --- who is looked at -------------------------------------------------------------------------------
    def _candidates(self) -> Rows:
        place, radius = self.query.place, self.query.radius
        if place is not None and self.query.has_distance and radius is not None:
            rows = self.table.near(place.latitude, place.longitude, radius)
        else:
            rows = self.table.everything()
        unwanted = VIRTUAL | DEAD | (SAMPLE if self.hides_samples else 0)
        keep = self.table.flags[rows] & unwanted == 0
        if place is not None and not self.query.has_distance:
            keep &= self.table.state[rows] == STATE_NUMBER.get(place.state, -1)
        return rows[keep]

    def _squared(self, rows: Rows) -> sphere.Floats | None:
        place = self.query.place
        if place is None or not self.query.has_distance:
            return None
        apart = self.table.xyz[rows] - sphere.vector(place.latitude, place.longitude)
        squared: sphere.Floats = np.einsum("ij,ij->i", apart, apart)
        return squared

    def judge(self, rows: Rows, *, gate: bool = True) -> Judged:
        """Every filter in force, asked of every row; with `gate`, rows outside the radius are left out first."""
        squared = self._squared(rows)
        if gate and squared is not None and self.query.radius is not None:
            inside = squared <= sphere.chord2(self.query.radius)
            rows, squared = rows[inside], squared[inside]
        return Judged(rows, squared, [*self._facets(rows), *self._numbers(rows), *self._openings(rows)])

    def _facets(self, rows: Rows) -> list[Asked]:
        asked = [self._facet(rows, name, values) for name, values in self.query.facets.items() if values]
        return asked + self._sliding(rows)

    def _facets_by_video(self, rows: Rows) -> list[Asked]:
        """The same for programs by video, which meet on the clock of the person's place."""
        by_clock = ("when", "day") if self.query.place else ()
        asked = [
            self._meets(rows, name, values) if name in by_clock else self._facet(rows, name, values)
            for name, values in self.query.facets.items()
            if values
        ]
        return asked + self._sliding(rows)

    def _meets(self, rows: Rows, name: str, values: Sequence[str]) -> Asked:
        """Whether a required session starts then; the record's own bits are on the program's clock."""
        blocks, place = self.table.sessions.of(rows)
        start = self._on_their_clock(rows, blocks, place)
        day, minute = start // schedule.DAY, start % schedule.DAY
        then = np.zeros(len(start), bool)
        for value in values:
            then |= day == Day.values.index(value) if name == "day" else schedule.starts_in(value, day, minute)
        yes = np.zeros(len(rows), bool)
        yes[place[then]] = True
        return Asked(name, yes, self.table.sessions.count[rows] == 0)

    def _on_their_clock(self, rows: Rows, blocks: npt.NDArray[np.void], place: Rows) -> npt.NDArray[np.int64]:
        """When sessions start, in minutes of the week of the person's place; `place` are their rows' places in `rows`."""
        zone = self.query.place.time_zone if self.query.place else ""
        shifts = np.array([schedule.shift(own, zone, on=self.today) for own in ZONES])
        starts: npt.NDArray[np.int64] = blocks["start"].astype(np.int64) + shifts[self.table.zone[rows[place]]]
        return starts % schedule.WEEK

    def _sliding(self, rows: Rows) -> list[Asked]:
        return [self._bits(rows, "sliding", [BIT["sliding", "1"]])] if self.query.sliding else []

    def _facet(self, rows: Rows, name: str, values: Sequence[str]) -> Asked:
        if name != "payer" or all(map(is_payment_type, values)):
            return self._bits(rows, name, [BIT[name, value] for value in values])
        kinds = [BIT[name, value] for value in values if is_payment_type(value)]
        yes, no = self.table.any_yes(rows, kinds), self.table.all_no(rows, kinds)
        for value in values:
            if not is_payment_type(value) and (payer := payers.find(value)):
                has, has_not = self._payer(rows, payer.id, payer.type)
                yes, no = yes | has, no & has_not
        return Asked(name, yes, ~yes & ~no)

    def _payer(self, rows: Rows, payer: int, type_: str) -> tuple[Mask, Mask]:
        """A payer by name: its own acceptances; a program that says no to its whole kind says no to it."""
        bit = self.table.payer_bit.get(payer)
        bits = [] if bit is None else [bit]
        yes, no = self.table.any_yes(rows, bits), np.zeros(len(rows), bool)
        if bits:
            no |= self.table.all_no(rows, bits)
        if type_:
            no |= self.table.all_no(rows, [BIT["payer", type_]])
        return yes, no & ~yes

    def _bits(self, rows: Rows, name: str, bits: Sequence[int]) -> Asked:
        yes = self.table.any_yes(rows, bits)
        return Asked(name, yes, ~yes & ~self.table.all_no(rows, bits))

    def _numbers(self, rows: Rows) -> list[Asked]:
        asked = []
        if self.query.max_cost is not None:
            cost = self.table.cost[rows]
            asked.append(Asked("max_cost", (cost >= 0) & (cost <= self.query.max_cost), cost < 0))
        if self.named is not None:
            is_named = np.isin(self.table.ids[rows], self.named)
            asked.append(Asked("q", is_named, np.zeros(len(rows), bool)))
        return asked

    def _openings(self, rows: Rows) -> list[Asked]:
        """Openings are believed for a week only; after that they are not told."""
        if not self.query.accepting and self.query.start_within is None:
            return []
        flags, start = self.table.flags[rows], self.table.start[rows].astype(np.int64)
        fresh = self.table.told_until[rows] >= self.day
        asked = []
        if self.query.accepting:
            yes = fresh & (flags & ACCEPTING != 0)
            asked.append(Asked("accepting", yes, ~yes & ~(fresh & (flags & NOT_ACCEPTING != 0))))
        if self.query.start_within is not None:
            known = fresh & (start >= self.day)
            asked.append(Asked("start_within", known & (start <= self.day + self.query.start_within), ~known))
        return asked

    def _maybe(self, judged: Judged, missed: npt.NDArray[np.uint8]) -> Judged:
        """Programs that fail nothing but have not told us something that was asked."""
        could = missed > 0
        for one in judged.asked:
            could &= one.yes | one.unknown
        return judged.only(could)

    # --- what is counted --------------------------------------------------------------------------------
    def _counts(self, judged: Judged, missed: npt.NDArray[np.uint8], hits: Rows) -> dict[str, dict[str, int]]:
        totals = self.table.totals(hits)
        extra = {one.name: judged.rows[(missed == 1) & ~one.yes] for one in judged.asked}
        counts = {}
        for facet in FACETS.values():
            first = START[facet.name]
            found = totals[first * 8 : (first + facet.width) * 8]
            if len(rows := extra.get(facet.name, ())):
                found = found + self.table.totals(rows, first, first + facet.width)
            counts[facet.name] = dict(zip(facet.values, found.tolist(), strict=False))
        counts["payer"].update(self._payer_counts(totals, extra.get("payer")))
        sliding = int(totals[BIT["sliding", "1"]])
        if len(rows := extra.get("sliding", ())):
            sliding += int(self.table.any_yes(rows, [BIT["sliding", "1"]]).sum())
        counts["sliding"] = {"1": sliding}
        counts["accepting"] = {"1": self._accepting(hits) + self._accepting(extra.get("accepting", hits[:0]))}
        return counts

    def _payer_counts(self, totals: npt.NDArray[np.int64], extra: Rows | None) -> dict[str, int]:
        """Payers that some program here takes, and those that were asked for."""
        named = totals[WIDTH * 8 :]
        if extra is not None and len(extra):
            named = named + self.table.totals(extra, WIDTH)
        by_id, asked = payers.current().by_id, self.query.facets.get("payer", ())
        counts = dict.fromkeys((slug for slug in asked if not is_payment_type(slug)), 0)
        for payer, bit in self.table.payer_bit.items():
            count = int(named[bit - WIDTH * 8])
            if count and payer in by_id and not is_payment_type(by_id[payer].slug):
                counts[by_id[payer].slug] = count
        return counts

    def _accepting(self, rows: Rows) -> int:
        table = self.table
        return int(((table.told_until[rows] >= self.day) & (table.flags[rows] & ACCEPTING != 0)).sum())

    def _within(self, hits: Judged) -> dict[int, int]:
        if hits.squared is None or self.query.radius is not None:
            return {}
        return {ring: int((hits.squared <= sphere.chord2(ring)).sum()) for ring in RINGS}

    def _beyond(self, judged: Judged, missed: npt.NDArray[np.uint8]) -> tuple[list[Hit], list[tuple[str, int]]]:
        """For an empty answer: the nearest outside the radius, and which filter to drop for how many programs."""
        relief = {one.name: int(((missed == 1) & ~one.yes).sum()) for one in judged.asked}
        outside: list[Hit] = []
        if self.query.radius is not None and self.query.has_distance:
            unwanted = VIRTUAL | DEAD | (SAMPLE if self.hides_samples else 0)
            rows = self.table.everything()
            far = self.judge(rows[self.table.flags[rows] & unwanted == 0], gate=False)
            far = far.only(far.misses() == 0)
            relief["radius"] = len(far.rows)
            outside = self._some(far)
        helps = [(name, count) for name, count in relief.items() if count]
        return outside, sorted(helps, key=lambda pair: -pair[1])

    # --- what is shown ----------------------------------------------------------------------------------
    def _virtual(self) -> Judged:
        """Programs by video only that may treat people in the place's state (without a place: all of them)."""
        rows = self.table.virtual_rows()
        if self.hides_samples:
            rows = rows[self.table.flags[rows] & SAMPLE == 0]
        place = self.query.place
        if place is not None:
            bit = np.uint64(1 << STATE_NUMBER[place.state]) if place.state in STATE_NUMBER else np.uint64(0)
            rows = rows[self.table.licensed[rows] & bit != 0]
        judged = Judged(rows, None, [*self._facets_by_video(rows), *self._numbers(rows), *self._openings(rows)])
        return judged.only(judged.misses() == 0)

    def _fits(self, rows: Rows) -> npt.NDArray[np.int8] | None:
        """For each row, its place in VERDICTS; None when no free hours were given."""
        if not self.query.free:
            return None
        table, free = self.table, schedule.merge(self.query.free)
        blocks, place = table.sessions.of(rows)
        verdicts = np.full(len(rows), VERDICTS.index("unknown"), np.int8)
        if not len(blocks):
            return verdicts
        start = self._on_their_clock(rows, blocks, place)
        end = start + blocks["end"] - blocks["start"]
        starts, ends = np.array([span.start for span in free]), np.array([span.end for span in free])
        span = np.searchsorted(starts, start, side="right") - 1
        free_then = (span >= 0) & (ends[span] >= end)
        first = np.flatnonzero(np.r_[True, (np.diff(place) != 0) | (np.diff(blocks["track"].astype(np.int16)) != 0)])
        track_fits = np.logical_and.reduceat(free_then, first)
        verdicts[place] = VERDICTS.index("collides")
        verdicts[place[first][track_fits]] = VERDICTS.index("fits")
        return verdicts

    def _order(self, listed: Judged, fits: npt.NDArray[np.int8] | None) -> Rows:
        """Places in `listed` in the order asked, as far as the page needs. Nothing commercial is in any order."""
        table, rows = self.table, listed.rows
        keys: Keys = [table.ids[rows], -table.fresh[rows].astype(np.int32)]
        if listed.squared is not None:
            keys.append(np.where(np.isnan(listed.squared), np.inf, listed.squared))
        if self.query.sort == "cost":
            cost = table.cost[rows]
            keys.append(np.where(cost < 0, np.iinfo(np.int32).max, cost))
        elif self.query.sort == "start":
            start = table.start[rows]
            known = (start >= self.day) & (table.told_until[rows] >= self.day)
            keys.append(np.where(known, start, np.iinfo(np.uint16).max))
        elif not self.query.sort and fits is not None:
            keys.append(fits)
        return _first(keys, self.query.page * self.query.page_size)

    def _page(self) -> slice:
        first = (self.query.page - 1) * self.query.page_size
        return slice(first, first + self.query.page_size)

    def _some(self, listed: Judged) -> list[Hit]:
        fits = self._fits(listed.rows)
        return self._hits(listed, fits, self._order(listed, fits)[: self.query.page_size])

    def _hits(self, listed: Judged, fits: npt.NDArray[np.int8] | None, order: Rows) -> list[Hit]:
        table, rows = self.table, listed.rows[order]
        squared = listed.squared[order].tolist() if listed.squared is not None else [np.nan] * len(order)
        return [
            Hit(
                id=id_,
                rev=rev,
                miles=None if np.isnan(square) else sphere.miles(square),
                fit="" if fits is None else VERDICTS[fits[at]],
                unknown=tuple(one.name for one in listed.asked if one.unknown[at]),
            )
            for id_, rev, square, at in zip(
                table.ids[rows].tolist(), table.rev[rows].tolist(), squared, order.tolist(), strict=True
            )
        ]

    def _points(self, rows: Rows) -> Points:
        xyz = self.table.xyz[rows]
        has_point = ~np.isnan(xyz[:, 0])
        return Points(self.table.ids[rows][has_point], xyz[has_point]) if len(rows) else NO_POINTS


def _first(keys: Keys, wanted: int) -> Rows:
    """The order by the last key, then the one before, and so on, of the first `wanted` (or a few more).

    Sorting everything would cost more than the search: each key in turn takes what is surely among the first
    and leaves what ties at the edge to the next.
    """
    tied, sure = np.arange(len(keys[-1])), []
    for key in reversed(keys):
        if len(tied) <= 4 * wanted:
            break
        values = key[tied]
        edge = np.partition(values, wanted - 1)[wanted - 1]
        ahead = tied[values < edge]
        sure.append(ahead)
        wanted -= len(ahead)
        tied = tied[values == edge]
    chosen = np.concatenate([*sure, tied])
    return chosen[np.lexsort([key[chosen] for key in keys])]
