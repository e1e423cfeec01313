"""The arithmetic: programs as columns and a query in, the whole answer out. Knows no database.

Each filter in force is judged once for every candidate: yes, no, or not told us. A program with every
filter at yes is a hit. One that fails a single filter counts for that filter's own options (that makes the
counts disjunctive) and for what dropping the filter would give.
"""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from programs import schedule
from programs.choices import Day
from programs.search import sphere
from programs.search.query import NO_POINTS, STATES_BY_VIDEO, Answer, Hit, Named, Points, Query, Spot
from programs.search.record import (
    ACCEPTING,
    DEAD,
    EPOCH,
    NO_STATE,
    NOT_ACCEPTING,
    SAMPLE,
    STATE_NUMBER,
    UP_TO,
    VIRTUAL,
    ZONES,
)
from programs.search.table import Mask, Rows, Table
from programs.search.vocabulary import BIT, FACETS, SPAN, WIDTH, is_payment_type, payers

RINGS = (5, 10, 25, 50, 100)
CLOCKED = ("when", "day")
NO_ROWS: Rows = np.zeros(0, np.int64)
NOBODY: Mask = np.zeros(0, bool)
VERDICTS = ("fits", "unknown", "collides")
# Of each facet its values, and where their bits are.
OPTIONS = [
    (name, tuple(facet.values), first := SPAN[name][0] * 8, first + len(facet.values)) for name, facet in FACETS.items()
]
Keys = list[npt.NDArray[np.generic]]
Numbers = npt.NDArray[np.uint8]


class Asked(NamedTuple):
    """One filter's verdict on every candidate: which say yes, and a way to ask rows that do not for their no.

    The rest has not told us. Only rows that do not say yes, and failed nothing so far, are ever asked for their no.
    """

    name: str
    yes: Mask
    no: Callable[[Rows], Mask]


class Judged(NamedTuple):
    """All filters' verdicts on the candidates: programs at an address, and from place `video_from` on those by video only.

    `squared` are their squared chords from the place, if it has any; not a number for one without a distance.
    """

    rows: Rows
    squared: sphere.Floats | None
    asked: Sequence[Asked]
    video_from: int

    def misses(self) -> Numbers:
        """How many filters each candidate does not say yes to."""
        missed = np.full(len(self.rows), len(self.asked), np.uint8)
        for one in self.asked:
            missed -= one.yes.view(np.uint8)
        return missed

    def hits(self, missed: Numbers) -> "Judged":
        """Programs that say yes to everything."""
        return self._only(np.flatnonzero(missed == 0)) if self.asked else self

    def maybe(self, missed: Numbers) -> "Judged":
        """Programs that fail nothing but have not told us something that was asked."""
        failed = np.zeros(len(self.rows), bool)
        for one in self.asked:
            (silent,) = (~(one.yes | failed)).nonzero()
            failed[silent] = one.no(self.rows[silent])
        return self._only(((missed > 0) & ~failed).nonzero()[0])

    def parted(self) -> tuple["Judged", "Judged"]:
        """Those at an address, and those by video."""
        return self._taken(slice(self.video_from), self.video_from), self._taken(slice(self.video_from, None), 0)

    def _only(self, places: Rows) -> "Judged":
        return self._taken(places, int(places.searchsorted(self.video_from)))

    def _taken(self, wanted: Rows | slice, video_from: int) -> "Judged":
        squared = None if self.squared is None else self.squared[wanted]
        asked = [Asked(one.name, one.yes[wanted], one.no) for one in self.asked]
        return Judged(self.rows[wanted], squared, asked, video_from)


class Search:
    """One query against one table on one day."""

    def __init__(self, table: Table, query: Query, *, today: dt.date, named: Named | None = None) -> None:
        self.table, self.query, self.today = table, query, today
        self.day = (today - EPOCH).days
        self.named = None if named is None else np.fromiter(named.ids, np.uint32)
        self.nearly_named = named is not None and named.is_near
        self.hides_samples = query.open_data and table.has_real

    def answer(self) -> Answer:
        """Count, order, page and describe everything at once."""
        judged = self._judge(*self._area(self.query.radius), *self._by_video())
        missed = judged.misses()
        here, others = judged.parted()
        asked = others if self.query.video else here
        missed_there = missed[judged.video_from :] if self.query.video else missed[: judged.video_from]
        hits, virtual = judged.hits(missed).parted()
        maybe, virtual_maybe = judged.maybe(missed).parted()
        by_video = virtual if self.query.told else virtual_maybe
        listed = by_video if self.query.video else hits if self.query.told else maybe
        fits = self._fits(listed.rows)
        order = self._order_asked(listed, fits)
        known = virtual if self.query.video else hits
        is_empty = not len(known.rows) and not len(listed.rows)
        outside, relief = self._beyond(asked, missed_there) if is_empty else ([], [])
        return Answer(
            count=len(hits.rows),
            hits=self._hits(listed, fits, order[self._page()]),
            counts=self._counts(asked, missed_there == 1, known.rows),
            total=len(listed.rows),
            not_told=len(maybe.rows),
            not_told_by={
                one.name: silent for one in maybe.asked if (silent := len(one.yes) - int(np.count_nonzero(one.yes)))
            },
            virtual_count=len(virtual.rows),
            virtual_not_told=len(virtual_maybe.rows),
            virtual=self._some(by_video),
            outside=outside,
            relief=relief,
            within=self._within(hits),
            nearest=self._nearest(hits),
            points=NO_POINTS if self.query.video else self._points(listed.rows),
            page=self.query.page,
            page_size=self.query.page_size,
            nearly_named=self.nearly_named,
        )

    # --- who is looked at -------------------------------------------------------------------------------
    def _area(self, radius: float | None) -> tuple[Rows, sphere.Floats | None]:
        """The programs at an address in the area asked, and their squared chords, if it has distances."""
        table, place = self.table, self.query.place
        if place is None or not self.query.has_distance:
            rows = table.everything()
            keep = self._wanted(rows)
            if place is not None:
                keep &= table.state[rows] == STATE_NUMBER.get(place.state, -1)
            return rows[keep], None
        rows = table.everything() if radius is None else table.near(place.latitude, place.longitude, radius)
        squared = self._squared(rows, place)
        keep = self._wanted(rows)
        if radius is not None:
            keep &= squared <= sphere.chord2(radius)
        return rows[keep], squared[keep]

    def _wanted(self, rows: Rows) -> Mask:
        unwanted = VIRTUAL | DEAD | (SAMPLE if self.hides_samples else 0)
        wanted: Mask = self.table.flags[rows] & unwanted == 0
        return wanted

    def _squared(self, rows: Rows, place: Spot) -> sphere.Floats:
        apart = self.table.xyz.take(rows, axis=1)
        apart -= np.array(sphere.vector(place.latitude, place.longitude))[:, np.newaxis]
        squared: sphere.Floats = np.einsum("ij,ij->j", apart, apart)
        return squared

    def _by_video(self) -> tuple[Rows, Mask]:
        """Programs by video only that may treat people in the place's state, or have not told us whose they may.

        Those that have told are marked. Without a place: all of them, and whom they may treat is not asked.
        """
        place = self.query.place
        rows, told = self.table.by_video(STATE_NUMBER.get(place.state, NO_STATE) if place else None)
        if self.hides_samples:
            real = self.table.flags[rows] & SAMPLE == 0
            rows, told = rows[real], told[real]
        return rows, told

    def _judge(
        self, rows: Rows, squared: sphere.Floats | None, by_video: Rows = NO_ROWS, states_told: Mask = NOBODY
    ) -> Judged:
        """Every filter in force, asked of every program at an address and by video."""
        video_from, rows = len(rows), np.concatenate([rows, by_video])
        if squared is not None:
            squared = np.concatenate([squared, np.full(len(by_video), np.nan)])
        asked = [*self._facets(rows, video_from), *self._numbers(rows), *self._openings(rows)]
        if not states_told.all():
            told = np.concatenate([np.ones(video_from, bool), states_told])
            asked.append(Asked(STATES_BY_VIDEO, told, lambda rows: np.zeros(len(rows), bool)))
        return Judged(rows, squared, asked, video_from)

    def _facets(self, rows: Rows, video_from: int) -> list[Asked]:
        asked = [self._facet(rows, name, values) for name, values in self.query.facets.items() if values]
        if self.query.place:
            asked = [self._on_the_clock(one, rows, video_from) if one.name in CLOCKED else one for one in asked]
        return asked + ([self._facet(rows, "sliding", ["1"])] if self.query.sliding else [])

    def _on_the_clock(self, asked: Asked, rows: Rows, video_from: int) -> Asked:
        """Programs by video meet on the clock of the person's place; the record's own bits are on the program's."""

        def no(rows: Rows) -> Mask:
            by_video = self.table.flags[rows] & VIRTUAL != 0
            return np.where(by_video, self.table.sessions.count[rows] > 0, asked.no(rows))

        asked.yes[video_from:] = self._starts(rows[video_from:], asked.name, self.query.facets[asked.name])
        return asked._replace(no=no)

    def _starts(self, rows: Rows, name: str, values: Sequence[str]) -> Mask:
        blocks, place = self.table.sessions.of(rows)
        start = self._on_their_clock(rows, blocks, place)
        day, minute = start // schedule.DAY, start % schedule.DAY
        then = np.zeros(len(start), bool)
        for value in values:
            then |= day == Day.values.index(value) if name == "day" else schedule.starts_in(value, day, minute)
        yes = np.zeros(len(rows), bool)
        yes[place[then]] = True
        return yes

    def _on_their_clock(self, rows: Rows, blocks: npt.NDArray[np.void], place: Rows) -> npt.NDArray[np.int64]:
        """When sessions start, in minutes of the week of the person's place; `place` are their rows' places in `rows`."""
        here, by_video = self.query.clock(by_video=False), self.query.clock(by_video=True)
        zones = self.table.zone[rows[place]]
        shifts = _shifts(here, self.today)[zones]
        if here != by_video:
            is_by_video = self.table.flags[rows[place]] & VIRTUAL != 0
            shifts = np.where(is_by_video, _shifts(by_video, self.today)[zones], shifts)
        starts: npt.NDArray[np.int64] = blocks["start"].astype(np.int64) + shifts
        return starts % schedule.WEEK

    def _facet(self, rows: Rows, name: str, values: Sequence[str]) -> Asked:
        bits = [BIT[name, value] for value in values if (name, value) in BIT]
        no = partial(self.table.all_no, bits=bits)
        if len(bits) < len(values):  # payers by name
            found = [payer for value in values if (name, value) not in BIT and (payer := payers.find(value))]
            named = [(self.table.payer_bit.get(payer.id), BIT.get((name, payer.type))) for payer in found]
            no = partial(self._no_payer, bits=bits, named=named)
            bits = bits + [bit for bit, _type in named if bit is not None]
        return Asked(name, self.table.any_yes(rows, bits), no)

    def _no_payer(self, rows: Rows, *, bits: list[int], named: list[tuple[int | None, int | None]]) -> Mask:
        """No to all these payers, of rows that take none of them. By name: refused, or a no to its whole kind."""
        no = self.table.all_no(rows, bits)
        for bit, kind in named:
            refused = np.zeros(len(rows), bool) if kind is None else self.table.all_no(rows, [kind])
            no &= refused if bit is None else refused | self.table.all_no(rows, [bit])
        return no

    def _numbers(self, rows: Rows) -> list[Asked]:
        asked = []
        if (most := self.query.max_cost) is not None:
            cost = self.table.cost[rows]
            asked.append(Asked("max_cost", (cost >= 0) & (cost <= most), partial(self._costs_more, most=most)))
        if (named := self.named) is not None:
            is_named = np.isin(self.table.ids[rows], named)
            asked.append(Asked("q", is_named, lambda rows: ~np.isin(self.table.ids[rows], named)))
        return asked

    def _costs_more(self, rows: Rows, *, most: int) -> Mask:
        """What tells its highest price only may cost less."""
        more: Mask = (self.table.cost[rows] > most) & (self.table.flags[rows] & UP_TO == 0)
        return more

    def _openings(self, rows: Rows) -> list[Asked]:
        """Openings are believed for a week only; after that they are not told."""
        asked = []
        if self.query.accepting:
            asked.append(Asked("accepting", self._says(rows, ACCEPTING), partial(self._says, flag=NOT_ACCEPTING)))
        if (days := self.query.start_within) is not None:
            start, last = self._start(rows), self.day + days
            asked.append(Asked("start_within", (start > 0) & (start <= last), lambda rows: self._start(rows) > last))
        return asked

    def _says(self, rows: Rows, flag: int) -> Mask:
        says: Mask = (self.table.told_until[rows] >= self.day) & (self.table.flags[rows] & flag != 0)
        return says

    def _start(self, rows: Rows) -> npt.NDArray[np.uint16]:
        """The day of the next start; 0 where it is not told, over, or told too long ago."""
        start = self.table.start[rows]
        return np.where((start >= self.day) & (self.table.told_until[rows] >= self.day), start, np.uint16(0))

    # --- what is counted --------------------------------------------------------------------------------
    def _counts(self, judged: Judged, nearly: Mask, hits: Rows) -> dict[str, dict[str, int]]:
        """For each option, how many programs it alone would give in its filter: hits, and those that miss just that."""
        totals = self.table.totals(hits)
        accepting = int(np.count_nonzero(self._says(hits, ACCEPTING)))
        for one in judged.asked:
            rows = judged.rows[nearly & ~one.yes]
            if one.name == "accepting":
                accepting += int(np.count_nonzero(self._says(rows, ACCEPTING)))
            if one.name in SPAN and len(rows):
                first, last = SPAN[one.name]
                totals[first * 8 : last and last * 8] += self.table.totals(rows, first, last)
        found = totals.tolist()
        counts = {name: dict(zip(values, found[first:last], strict=True)) for name, values, first, last in OPTIONS}
        counts["payer"] |= self._payer_counts(found[WIDTH * 8 :])
        if self.query.video and self.query.place:
            counts |= {name: self._clock_counts(judged, nearly, hits, name) for name in CLOCKED}
        return counts | {"sliding": {"1": found[BIT["sliding", "1"]]}, "accepting": {"1": accepting}}

    def _clock_counts(self, judged: Judged, nearly: Mask, hits: Rows, name: str) -> dict[str, int]:
        """Those of times, for programs by video: on the clock of the person's place."""
        own = [judged.rows[nearly & ~one.yes] for one in judged.asked if one.name == name]
        rows = np.concatenate([hits, *own])
        return {value: int(np.count_nonzero(self._starts(rows, name, [value]))) for value in FACETS[name].values}

    def _payer_counts(self, found: list[int]) -> dict[str, int]:
        """Payers that some program here takes, and those that were asked for."""
        asked = self.query.facets.get("payer", ())
        counts = dict.fromkeys((slug for slug in asked if not is_payment_type(slug)), 0)
        slugs = payers.current().slugs
        taken = zip(self.table.payer_bit, found, strict=False)
        return counts | {slugs[payer]: count for payer, count in taken if count and payer in slugs}

    def _within(self, hits: Judged) -> dict[int, int]:
        if hits.squared is None or self.query.radius is not None:
            return {}
        return {ring: int(np.count_nonzero(hits.squared <= sphere.chord2(ring))) for ring in RINGS}

    def _nearest(self, hits: Judged) -> float | None:
        if hits.squared is None or not len(hits.rows):
            return None
        squared = float(np.fmin.reduce(hits.squared))  # those without a distance aside
        return None if math.isnan(squared) else sphere.miles(squared)

    def _beyond(self, judged: Judged, missed: npt.NDArray[np.uint8]) -> tuple[list[Hit], list[tuple[str, int]]]:
        """For an empty answer: the nearest outside the radius, and which filter to drop for how many programs."""
        filters = [one for one in judged.asked if one.name != STATES_BY_VIDEO]
        relief = {one.name: int(np.count_nonzero((missed == 1) & ~one.yes)) for one in filters}
        outside: list[Hit] = []
        if self.query.radius is not None and self.query.has_distance and not self.query.video:
            far = self._judge(*self._area(None))
            far = far.hits(far.misses())
            relief["radius"] = len(far.rows)
            outside = self._hits(far, self._fits(far.rows), self._order(far)[: self.query.page_size])
        helps = [(name, count) for name, count in relief.items() if count]
        return outside, sorted(helps, key=lambda pair: -pair[1])

    # --- what is shown ----------------------------------------------------------------------------------
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

    def _order_asked(self, listed: Judged, fits: npt.NDArray[np.int8] | None) -> Rows:
        """Places in `listed` in the order asked, as far as the page needs. Nothing commercial is in any order."""
        if self.query.sort == "cost":
            cost = self.table.cost[listed.rows]
            return self._order(listed, np.where(cost < 0, np.iinfo(np.int32).max, cost))
        if self.query.sort == "start":
            return self._order(listed, self._start(listed.rows) - np.uint16(1))  # not told: 65535, the last
        return self._order(listed, None if self.query.sort else fits)

    def _order(self, listed: Judged, first: npt.NDArray[np.generic] | None = None) -> Rows:
        """By this key if there is one, then the nearest, then the newest word of it, then the identifier."""
        table, rows = self.table, listed.rows
        keys: Keys = [table.ids[rows], -table.fresh[rows].astype(np.int32)]
        if listed.squared is not None:
            keys.append(np.where(np.isnan(listed.squared), np.inf, listed.squared))
        if first is not None:
            keys.append(first)
        return _first(keys, self.query.page * self.query.page_size)

    def _page(self) -> slice:
        first = (self.query.page - 1) * self.query.page_size
        return slice(first, first + self.query.page_size)

    def _some(self, listed: Judged) -> list[Hit]:
        if not len(listed.rows):
            return []
        fits = self._fits(listed.rows)
        return self._hits(listed, fits, self._order_asked(listed, fits)[: self.query.page_size])

    def _hits(self, listed: Judged, fits: npt.NDArray[np.int8] | None, order: Rows) -> list[Hit]:
        table, rows = self.table, listed.rows[order]
        squared = listed.squared[order].tolist() if listed.squared is not None else [math.nan] * len(order)
        verdicts = [""] * len(order) if fits is None else [VERDICTS[fit] for fit in fits[order].tolist()]
        silent = [(one.name, (~one.yes[order]).tolist()) for one in listed.asked]
        made_up = (table.flags[rows] & SAMPLE != 0).tolist()
        unknown = [tuple([name for name, is_silent in silent if is_silent[at]]) for at in range(len(order))]
        miles = [None if math.isnan(square) else sphere.miles(square) for square in squared]
        found = zip(table.ids[rows].tolist(), table.rev[rows].tolist(), miles, verdicts, unknown, made_up, strict=True)
        return list(map(Hit._make, found))

    def _points(self, rows: Rows) -> Points:
        if not len(rows):
            return NO_POINTS
        ids, xyz = self.table.ids[rows], self.table.xyz.take(rows, axis=1)
        has_point = ~np.isnan(xyz[0])
        return Points(ids, xyz) if has_point.all() else Points(ids[has_point], xyz[:, has_point])


@lru_cache(maxsize=64)
def _shifts(zone: str, on: dt.date) -> npt.NDArray[np.int64]:
    """Minutes from each of ZONES to this one. Asking the time zones themselves costs more than a search."""
    return np.array([schedule.shift(own, zone, on=on) for own in ZONES])


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
