"""Search done the slow, plain way over model objects: what every fast answer must equal."""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from programs import schedule
from programs.choices import STATES, Day, PaymentType
from programs.models import Program
from programs.search.query import Query
from programs.search.vocabulary import FACETS, type_of_payment

KINDS = {str(kind): str(type_) for kind, type_ in type_of_payment.items()}


@dataclass(frozen=True)
class Spot:
    """A place to search from."""

    kind: str = "zip"
    label: str = "53202, Milwaukee, WI"
    latitude: float = 43.0506
    longitude: float = -87.8968
    state: str = "WI"
    time_zone: str = "America/Chicago"


def miles(spot: Spot, program: Program) -> float | None:
    """Haversine."""
    if program.latitude is None or spot.kind == "state":
        return None
    a, b = math.radians(spot.latitude), math.radians(program.latitude)
    across = math.radians(program.longitude - spot.longitude)
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(across / 2) ** 2
    return 2 * 3958.7613 * math.asin(math.sqrt(h))


def says(program: Program, facet: str, value: str, *, clock: str = "", today: dt.date | None = None) -> bool | None:
    """Yes, no, or not told us. Programs by video meet on the `clock` of the person's time zone, if it is known."""
    if facet in ("when", "day"):
        by_video = program.is_virtual_only and clock and today
        return _schedule_says(program, facet, value, clock=(clock, today) if by_video else None)
    if facet == "payer" and value not in PaymentType.values:
        return _payer_says(program, value)
    if facet == "format" and program.formats == ["virtual"]:
        return value == "virtual"
    prefix, column = FACETS[facet].prefix, FACETS[facet].column
    if value in getattr(program, column):
        return True
    if facet == "payer":
        if any(KINDS.get(found.payer.kind) == value for found in _accepted(program)):
            return True
        if value == PaymentType.SLIDING_FEE and program.sliding_scale is not None:
            return program.sliding_scale
    return False if f"{prefix}:{value}" in program.not_offered else None


def _accepted(program: Program) -> list:
    return [found for found in program.payer_acceptances.all() if found.network != "not-accepted"]


def _payer_says(program: Program, slug: str) -> bool | None:
    from programs.models import Payer

    for found in program.payer_acceptances.all():
        if found.payer.slug == slug:
            return found.network != "not-accepted"
    kind = KINDS.get(Payer.objects.get(slug=slug).kind)
    return False if kind and says(program, "payer", kind) is False else None


def _schedule_says(program: Program, facet: str, value: str, *, clock: tuple[str, dt.date] | None) -> bool | None:
    blocks = schedule.required(program.sessions.all())
    if not blocks:
        return None
    starts = [_start(program, block, clock) for block in blocks]
    if facet == "day":
        return Day.values.index(value) in {start.weekday() for start in starts}
    if value == "weekend":
        return any(start.weekday() >= 5 for start in starts)
    first, last = {"morning": (0, 12), "afternoon": (12, 17), "evening": (17, 24)}[value]
    return any(first <= start.hour < last for start in starts)


def _start(program: Program, block: schedule.Block, clock: tuple[str, dt.date] | None) -> dt.datetime:
    """The start as a moment of a week that begins on Monday, seven days without a change of the clocks."""
    monday = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
    start = dt.datetime.combine(monday + dt.timedelta(days=block.weekday), block.starts, dt.UTC)
    if not clock:
        return start
    theirs, noon = clock[0], dt.datetime.combine(clock[1], dt.time(12))
    ahead = [noon.replace(tzinfo=ZoneInfo(zone)).utcoffset() for zone in (theirs, program.time_zone)]
    return start + ahead[0] - ahead[1]


def _costs_at_most(program: Program, most: int) -> bool | None:
    """By the lower end; where only the higher is told, a program may still cost less."""
    low, high = program.cost_per_week_min, program.cost_per_week_max
    if low is not None:
        return low <= most
    return True if high is not None and high <= most else None


def asked(program: Program, query: Query, today: dt.date) -> dict[str, bool | None]:
    """The program's answer to each filter in force."""
    answers: dict[str, bool | None] = {}
    for facet, values in query.facets.items():
        if not values:
            continue
        clock = query.place.time_zone if query.place else ""
        found = [says(program, facet, value, clock=clock, today=today) for value in values]
        answers[facet] = True if True in found else None if None in found else False
    if query.place and program.is_virtual_only and not program.virtual_states:
        answers["virtual_states"] = None
    if query.sliding:
        answers["sliding"] = says(program, "payer", "sliding-fee")
    if query.max_cost is not None:
        answers["max_cost"] = _costs_at_most(program, query.max_cost)
    fresh = (query.accepting or query.start_within is not None) and (today - _told_on(program)).days <= 7
    if query.accepting:
        answers["accepting"] = program.accepting_new if fresh else None
    if query.start_within is not None:
        start = program.next_start_on
        answers["start_within"] = (
            (start - today).days <= query.start_within if start and start >= today and fresh else None
        )
    return answers


def _told_on(program: Program) -> dt.date:
    told = [found.confirmed_on for found in program.confirmations.all() if found.topic == "availability"]
    return max(told, default=dt.date.min)


def hits(programs: list[Program], query: Query, today: dt.date, *, virtual: bool = False) -> list[Program]:
    """Programs known to match, unordered."""
    return [
        program
        for program in programs
        if _in_area(program, query, virtual=virtual) and set(asked(program, query, today).values()) <= {True}
    ]


def not_told(programs: list[Program], query: Query, today: dt.date, *, virtual: bool = False) -> list[Program]:
    found = []
    for program in programs:
        if not _in_area(program, query, virtual=virtual):
            continue
        answers = set(asked(program, query, today).values())
        if False not in answers and None in answers:
            found.append(program)
    return found


def _in_area(program: Program, query: Query, *, virtual: bool = False) -> bool:
    if program.status != "published" or program.is_virtual_only != virtual:
        return False
    if query.place is None:
        return True
    if virtual:
        return query.place.state in program.virtual_states or (
            query.place.state in STATES and not program.virtual_states
        )
    if query.place.kind == "state":
        return program.state == query.place.state
    if query.radius is None:
        return True
    away = miles(query.place, program)
    return away is not None and away <= query.radius


def facet_counts(
    programs: list[Program], query: Query, today: dt.date, facet: str, values: Iterable[str]
) -> dict[str, int]:
    """How many programs there would be with each of these options alone in its facet: of the list that was asked for."""
    others = hits(programs, _asking(query, facet, None), today, virtual=query.video)
    alone = Query(place=query.place)
    return {value: len(hits(others, _asking(alone, facet, value), today, virtual=query.video)) for value in values}


def nearest(programs: list[Program], query: Query, today: dt.date) -> float | None:
    """Miles to the nearest program that fits."""
    away = [miles(query.place, program) for program in hits(programs, query, today)] if query.place else []
    return min((one for one in away if one is not None), default=None)


def _asking(query: Query, facet: str, value: str | None) -> Query:
    """The query with this one option in its facet, or with none."""
    if facet in ("sliding", "accepting"):
        return replace(query, **{facet: value is not None})
    return replace(query, facets={**query.facets, facet: () if value is None else (value,)})


def order(program: Program, query: Query, sort: str, today: dt.date) -> tuple[float, ...]:
    """Where the program stands in a list: by what was asked, then distance, then the newest word of it, then id."""
    never = float("inf")
    away = miles(query.place, program) if query.place else 0.0
    if query.place and query.place.kind == "state":
        away = 0.0
    chosen = 0.0
    if sort == "cost":
        told = [cost for cost in (program.cost_per_week_min, program.cost_per_week_max) if cost is not None]
        chosen = min(told, default=never)
    elif sort == "start":
        start = program.next_start_on
        told = start and start >= today and (today - _told_on(program)).days <= 7
        chosen = start.toordinal() if start and told else never
    newest = max((found.confirmed_on.toordinal() for found in program.confirmations.all()), default=0)
    # To the inch: below that the order of two programs is the order of their rounding.
    return chosen, never if away is None else round(away, 5), -newest, program.pk
