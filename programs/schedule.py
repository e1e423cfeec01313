"""Session blocks against a person's free hours, and how many hours a week a program really takes.

Times are minutes of the week from Monday 00:00. Tracks are alternatives: a program fits if all required
sessions of one of its tracks do.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from programs.choices import AgeGroup, Day, Daypart

DAY = 24 * 60
WEEK = 7 * DAY
IOP_HOURS, IOP_HOURS_TEENS, DAY_PROGRAM_HOURS = 9, 6, 20
FREE = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)-([01]\d|2[0-3])([0-5]\d)-([01]\d|2[0-4])([0-5]\d)")


@dataclass(frozen=True)
class Span:
    """Minutes of the week: free hours in the person's own time zone, or a session in the program's."""

    start: int
    end: int


class Block(Protocol):
    """A weekly session: a `SessionBlock`, or as much of one as a list reads."""

    @property
    def track(self) -> str: ...
    @property
    def weekday(self) -> int: ...
    @property
    def starts(self) -> dt.time: ...
    @property
    def ends(self) -> dt.time: ...
    @property
    def is_required(self) -> bool: ...


@dataclass(frozen=True)
class Fit:
    """How a program's sessions lie in a free week: "fits", "collides" (with these blocks), or "unknown"."""

    verdict: str
    collisions: tuple[Block, ...] = ()


def parse_free(text: str) -> Span:
    """`mon-0900-1200` as minutes of the week. Raises ValueError."""
    found = FREE.fullmatch(text)
    if not found:
        raise ValueError(text)
    day, *clock = found.groups()
    hour, minute, end_hour, end_minute = map(int, clock)
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if not start < end <= DAY:
        raise ValueError(text)
    midnight = Day.values.index(day) * DAY
    return Span(midnight + start, midnight + end)


def format_free(span: Span) -> str:
    """The inverse of `parse_free`."""
    day, start = divmod(span.start, DAY)
    end = span.end - day * DAY
    return f"{Day.values[day]}-{start // 60:02}{start % 60:02}-{end // 60:02}{end % 60:02}"


def starts_in(daypart: str, day: Any, minute: Any) -> Any:
    """Whether what starts at this minute of this day is in a part of the day; numbers or arrays."""
    return {
        Daypart.MORNING: minute < 12 * 60,
        Daypart.AFTERNOON: (minute >= 12 * 60) & (minute < 17 * 60),
        Daypart.EVENING: minute >= 17 * 60,
        Daypart.WEEKEND: day >= 5,
    }[Daypart(daypart)]


def times(blocks: Iterable[Block]) -> set[str]:
    """The days and the parts of the day in which required sessions start, as the filters name them."""
    starts = [(block.weekday, block.starts.hour * 60 + block.starts.minute) for block in required(blocks)]
    parts = {part for part in Daypart.values for start in starts if starts_in(part, *start)}
    return parts | {Day.values[day] for day, _minute in starts}


def merge(free: Iterable[Span]) -> list[Span]:
    """Touching spans as one, over two weeks, so that a Sunday night runs into Monday morning."""
    week = sorted((span.start, span.end) for span in free)
    merged: list[Span] = []
    for start, end in week + [(start + WEEK, end + WEEK) for start, end in week]:
        if merged and start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(end, merged[-1].end))
        else:
            merged.append(Span(start, end))
    return merged


def outside(free: Iterable[Span], boxes: Iterable[Span]) -> list[Span]:
    """What is left of the free hours without these boxes."""
    left = []
    ordered = sorted(boxes, key=lambda box: box.start)
    for span in free:
        start = span.start
        for box in ordered:
            if box.start < span.end and box.end > start:
                left.append(Span(start, box.start))
                start = box.end
        left.append(Span(start, span.end))
    return [span for span in left if span.start < span.end]


@cache
def zones() -> set[str]:
    """Every time zone there is. They are files, so they are looked through once."""
    return available_timezones()


def shift(own_zone: str, zone: str, *, on: dt.date) -> int:
    """Minutes to add to a program's clock time to get the person's; 0 where a zone is not known."""
    if own_zone == zone or not {own_zone, zone} <= zones():
        return 0
    noon = dt.datetime.combine(on, dt.time(12))
    theirs, ours = (noon.replace(tzinfo=ZoneInfo(name)).utcoffset() for name in (own_zone, zone))
    return int((ours - theirs).total_seconds() // 60) if ours is not None and theirs is not None else 0


def minutes(block: Block) -> Span:
    start = block.weekday * DAY + block.starts.hour * 60 + block.starts.minute
    return Span(start, block.weekday * DAY + block.ends.hour * 60 + block.ends.minute)


def required(blocks: Iterable[Block]) -> list[Block]:
    """The sessions a person must attend; when none is marked so, all of them."""
    everything = list(blocks)
    return [block for block in everything if block.is_required] or everything


AnyBlock = TypeVar("AnyBlock", bound=Block)


def tracks(blocks: Iterable[AnyBlock]) -> dict[str, list[AnyBlock]]:
    """Blocks by track, each in the order of the week."""
    ordered = sorted(blocks, key=lambda block: (block.track, block.weekday, block.starts))
    return {track: list(found) for track, found in groupby(ordered, key=lambda block: block.track)}


def fit(blocks: Iterable[Block], free: Sequence[Span], *, shift: int = 0) -> Fit:
    """Whether one track's required sessions all lie in the free hours; else what collides in the best track."""
    by_track = tracks(required(blocks))
    if not by_track:
        return Fit("unknown")
    open_hours = merge(free)
    collisions = min(
        ([block for block in track if not _is_free(minutes(block), open_hours, shift)] for track in by_track.values()),
        key=len,
    )
    return Fit("collides", tuple(collisions)) if collisions else Fit("fits")


def _is_free(session: Span, open_hours: Sequence[Span], shift: int) -> bool:
    start = (session.start + shift) % WEEK
    end = start + session.end - session.start
    return any(span.start <= start and end <= span.end for span in open_hours)


def weekly_hours(blocks: Iterable[Block]) -> tuple[float, float] | None:
    """Hours a week of required sessions, least and most over the tracks; None without a schedule."""
    sums = [
        sum(span.end - span.start for span in map(minutes, track)) / 60 for track in tracks(required(blocks)).values()
    ]
    return (min(sums), max(sums)) if sums else None


def hours_flag(blocks: Iterable[Block], *, ages: Sequence[str]) -> str:
    """ "under" below the hours of an intensive outpatient program, "day-program" from 20, else ""."""
    hours = weekly_hours(blocks)
    if hours is None:
        return ""
    least = IOP_HOURS_TEENS if set(ages) == {AgeGroup.CHILDREN} else IOP_HOURS
    if hours[1] < least:
        return "under"
    return "day-program" if hours[0] >= DAY_PROGRAM_HOURS else ""
