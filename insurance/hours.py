"""The helpline's hours: clocks run while it is open, and a promise to call back falls inside them.

`HELPLINE_SCHEDULE` reads "mon-fri 08:00-21:00; sat,sun 09:00-17:00"; unset means always open.
`HELPLINE_HOLIDAYS` lists days closed, as dates. Times are in the site's own time zone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
A_DAY = timedelta(days=1)  # hours past midnight began the day before
FURTHEST = 400  # days looked ahead before a schedule counts as never open
PART = re.compile(r"^([a-z,\-]+)\s+(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})$")


@dataclass(frozen=True)
class Hours:
    """When somebody answers: for each weekday (0 = Monday) its opening and closing times."""

    week: tuple[tuple[tuple[time, time], ...], ...]
    zone: ZoneInfo
    holidays: frozenset[date] = field(default_factory=frozenset)

    def is_open(self, at: datetime) -> bool:
        return any(opens <= at < closes for opens, closes in self._spans(at - A_DAY, days=3))

    def after(self, start: datetime, wait: timedelta) -> datetime:
        """The moment when `wait` of open time has passed since `start`."""
        left = wait
        for opens, closes in self._spans(start - A_DAY, days=FURTHEST + 1):
            begins = max(opens, start)
            if begins >= closes:
                continue
            if closes - begins >= left:
                return begins + left
            left -= closes - begins
        return start + wait

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much open time lies between two moments."""
        spans = self._spans(start - A_DAY, days=(end - start).days + 3)
        return sum(
            (max(timedelta(), min(closes, end) - max(opens, start)) for opens, closes in spans), start=timedelta()
        )

    def _spans(self, start: datetime, *, days: int) -> Iterator[tuple[datetime, datetime]]:
        first = start.astimezone(self.zone).date()
        for ahead in range(days):
            day = first + timedelta(days=ahead)
            if day in self.holidays:
                continue
            for opens, closes in self.week[day.weekday()]:
                end = day if closes > opens else day + timedelta(days=1)
                yield datetime.combine(day, opens, self.zone), datetime.combine(end, closes, self.zone)


def helpline() -> Hours:
    """This site's hours, from the settings."""
    return parse(settings.HELPLINE_SCHEDULE, tuple(settings.HELPLINE_HOLIDAYS), settings.TIME_ZONE)


def opening(now: datetime) -> datetime | None:
    """When somebody answers again; None while somebody does."""
    helpline_hours = helpline()
    return None if helpline_hours.is_open(now) else helpline_hours.after(now, timedelta())


@lru_cache(maxsize=8)
def parse(schedule: str, holidays: tuple[str, ...], zone: str) -> Hours:
    """Read a schedule; a bad one is a sentence at start-up, not a surprise at night."""
    week: list[list[tuple[time, time]]] = [[] for _ in DAYS]
    for part in filter(None, (piece.strip().lower() for piece in schedule.split(";"))):
        found = PART.match(part)
        if not found:
            raise ImproperlyConfigured(f"HELPLINE_SCHEDULE: “{part}” is not like “mon-fri 08:00-21:00”.")
        span = (_clock(found[2]), _clock(found[3]))
        for day in _days(found[1]):
            week[day].append(span)
    if not any(week):
        week = [[(time(0), time(0))] for _ in DAYS]
    try:
        closed = frozenset(date.fromisoformat(day.strip()) for day in holidays if day.strip())
    except ValueError as bad:
        raise ImproperlyConfigured(f"HELPLINE_HOLIDAYS: {bad}. Write dates like 2026-12-25.") from bad
    return Hours(tuple(tuple(sorted(day)) for day in week), ZoneInfo(zone), closed)


def _clock(text: str) -> time:
    hour, minute = map(int, text.split(":"))
    if (hour, minute) == (24, 0):
        return time(0)
    if hour > 23 or minute > 59:
        raise ImproperlyConfigured(f"HELPLINE_SCHEDULE: {text} is not a time of day.")
    return time(hour, minute)


def _days(text: str) -> Iterator[int]:
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise ImproperlyConfigured(f"HELPLINE_SCHEDULE: “{piece}” is not a day or a range of days.")
        start, end = DAYS.index(first), DAYS.index(last or first)
        yield from (day % 7 for day in range(start, (end if end >= start else end + 7) + 1))
