"""A program is said to fit only if it does; hours are counted and flagged."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from programs import schedule
from programs.schedule import DAY, WEEK, Span
from programs.search.answer import VERDICTS, Search
from programs.search.query import Query
from programs.search.record import SESSION
from programs.search.table import Sessions


@dataclass(frozen=True)
class Block:
    weekday: int
    starts: dt.time
    ends: dt.time
    track: str = ""
    is_required: bool = True


def clock(minute: int) -> dt.time:
    return dt.time(minute // 60, minute % 60)


@st.composite
def blocks(draw):
    start = draw(st.integers(0, DAY - 2))
    end = draw(st.integers(start + 1, DAY - 1))
    return Block(
        draw(st.integers(0, 6)), clock(start), clock(end), draw(st.sampled_from(["", "b"])), draw(st.booleans())
    )


@st.composite
def spans(draw):
    day, start = draw(st.integers(0, 6)) * DAY, draw(st.integers(0, DAY - 1))
    return Span(day + start, day + draw(st.integers(start + 1, DAY)))


weeks = st.lists(blocks(), max_size=6)
free_hours = st.lists(spans(), min_size=1, max_size=8)
shifts = st.sampled_from([0, 60, -60, 180, -300, 17 * 60])


def free_minutes(free) -> set[int]:
    return {minute for span in free for minute in range(span.start, span.end)}


def minutes_of(block, shift: int) -> set[int]:
    span = schedule.minutes(block)
    return {(minute + shift) % WEEK for minute in range(span.start, span.end)}


@given(weeks, free_hours, shifts)
def test_it_fits_exactly_when_every_minute_of_one_track_is_free(week, free, shift) -> None:
    found = schedule.fit(week, free, shift=shift)

    open_minutes = free_minutes(free)
    required = [block for block in week if block.is_required] or week
    fits = [
        all(minutes_of(block, shift) <= open_minutes for block in required if block.track == track)
        for track in {block.track for block in required}
    ]
    assert found.verdict == ("unknown" if not week else "fits" if any(fits) else "collides")
    for block in found.collisions:
        assert not minutes_of(block, shift) <= open_minutes


@given(st.lists(weeks, min_size=1, max_size=5), free_hours)
def test_the_search_s_verdicts_are_the_same(programs, free) -> None:
    packed, counts = [], []
    for week in programs:
        required = schedule.required(week)
        tracks = sorted({block.track for block in required})
        ordered = sorted(required, key=lambda block: block.track)
        rows = [(tracks.index(one.track), *(lambda s: (s.start, s.end))(schedule.minutes(one))) for one in ordered]
        packed += rows
        counts.append(len(rows))
    first = np.cumsum([0, *counts[:-1]]).astype(np.uint32)
    table = type("Columns", (), {})()
    table.sessions = Sessions(first, np.array(counts, np.uint16), np.array(packed, SESSION))
    table.zone = np.zeros(len(programs), np.uint8)
    table.has_real = True
    search = Search(table, Query(free=tuple(free)), today=dt.date(2026, 11, 23))

    verdicts = [VERDICTS[code] for code in search._fits(np.arange(len(programs)))]

    assert verdicts == [schedule.fit(week, free).verdict for week in programs]


@given(spans())
def test_free_hours_are_written_as_they_are_read(span) -> None:
    assert schedule.parse_free(schedule.format_free(span)) == span


@pytest.mark.parametrize(
    "text", ["", "mon", "mon-0900", "mon-1200-0900", "mon-0900-0900", "mon-0900-2401", "MON-0900-1000"]
)
def test_nonsense_is_no_free_time(text) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        schedule.parse_free(text)


def test_a_night_session_runs_over_midnight_in_another_zone() -> None:
    late_in_honolulu = [Block(6, dt.time(20), dt.time(22))]  # Sunday: Monday 0–2 in Chicago in winter
    shift = schedule.shift("Pacific/Honolulu", "America/Chicago", on=dt.date(2026, 1, 5))

    assert shift == 4 * 60
    assert schedule.fit(late_in_honolulu, [Span(0, 120)], shift=shift).verdict == "fits"
    assert schedule.shift("Pacific/Honolulu", "America/Chicago", on=dt.date(2026, 7, 6)) == 5 * 60
    assert schedule.shift("", "America/Chicago", on=dt.date(2026, 7, 6)) == 0


EVENINGS = [Block(day, dt.time(18), dt.time(21), "Evening") for day in (0, 2, 3)]
MORNINGS = [Block(day, dt.time(9), dt.time(12), "Morning") for day in (0, 1)]
OPTIONAL = [Block(5, dt.time(10), dt.time(11), "Evening", is_required=False)]


def test_hours_are_those_of_a_track_and_of_required_sessions() -> None:
    assert schedule.weekly_hours(EVENINGS + OPTIONAL) == (9.0, 9.0)
    assert schedule.weekly_hours(EVENINGS + MORNINGS) == (6.0, 9.0)
    assert schedule.weekly_hours(OPTIONAL) == (1.0, 1.0)
    assert schedule.weekly_hours([]) is None


@pytest.mark.parametrize(
    ("week", "ages", "flag"),
    [
        (EVENINGS, ["adults"], ""),
        (MORNINGS, ["adults"], "under"),
        (MORNINGS, ["children"], ""),
        (MORNINGS[:1], ["children"], "under"),
        ([Block(day, dt.time(9), dt.time(13)) for day in range(5)], ["adults"], "day-program"),
        ([], ["adults"], ""),
    ],
)
def test_too_few_or_too_many_hours_are_flagged(week, ages, flag) -> None:
    assert schedule.hours_flag(week, ages=ages) == flag
