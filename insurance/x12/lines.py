"""What one 271 is made of: members, the rejections and benefit lines said about them, and the values in a line."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from insurance.x12.segments import Deviation, Problem, Segment

EB_ELEMENTS = 14
DECIMAL = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)")
LONGEST_NUMBER = 18
LARGEST_NUMBER = Decimal(10_000_000_000)

EB01_CODES = frozenset(
    {
        "1", "2", "3", "4", "5", "6", "7", "8", "A", "B", "C", "CB", "D", "E", "F", "G", "H", "I", "J", "K",
        "L", "M", "MC", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y",
    }
)  # fmt: skip
EB06_CODES = frozenset(
    {
        "6", "7", "13", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32", "33", "34",
        "35", "36",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AAA:
    """A rejection. `loop` says of whom: 2100A the payer, 2100B the provider, 2100C or D the member, 2110 one line."""

    loop: str
    code: str
    followup: str
    valid: str
    segment: int


@dataclass(frozen=True, slots=True)
class Name:
    """An NM1: who somebody is, and by which number."""

    entity: str
    last: str
    first: str = ""
    middle: str = ""
    qualifier: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """A TRN. `kind` "2" is our own number given back; "1" is a number of the answering side."""

    kind: str
    number: str
    originator: str


@dataclass(frozen=True, slots=True)
class Reference:
    qualifier: str
    number: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """A DTP: a day (start == end) or a range, and what it is of (346 plan begin, 291 plan, 307 eligibility ...)."""

    qualifier: str
    start: date | None
    end: date | None
    is_range: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """A 2120 loop: another payer, an administrator, a doctor; with the ways to reach them."""

    name: Name
    contacts: tuple[tuple[str, str], ...] = ()  # ("TE", "8005550100")


@dataclass(frozen=True, slots=True)
class Line:
    """One EB segment and everything said below it. `number` counts the EBs of this member from 1."""

    number: int
    segment: int
    elements: tuple[str, ...]  # EB01 to EB14 as received
    code: str
    level: str
    service_types: tuple[str, ...]
    insurance_type: str
    plan: str
    period: str
    amount: Decimal | None
    percent: Decimal | None
    unit: str
    quantity: Decimal | None
    authorization: str
    network: str
    procedure: str
    periods: tuple[Period, ...] = ()
    references: tuple[Reference, ...] = ()
    messages: tuple[str, ...] = ()
    deliveries: tuple[tuple[str, ...], ...] = ()  # HSD01 to HSD08
    places: tuple[tuple[str, str], ...] = ()  # III: ("ZZ", "11")
    entities: tuple[Entity, ...] = ()
    aaa: tuple[AAA, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def is_rejected(self) -> bool:
        """The payer refused just this line, or half of a paired value is missing."""
        return bool(self.aaa) or any(problem.code == Deviation.UNPAIRED_QUANTITY for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Member:
    """A patient the payer answered about: a subscriber (loop 2000C) or a dependent (2000D)."""

    loop: str
    name: Name | None
    subscriber: Name | None  # whose policy it is, for a dependent
    birth_date: date | None = None
    gender: str = ""
    relationship: str = ""
    traces: tuple[Trace, ...] = ()
    references: tuple[Reference, ...] = ()
    periods: tuple[Period, ...] = ()
    aaa: tuple[AAA, ...] = ()  # everything that bears on this member, from 2000A down to single lines
    lines: tuple[Line, ...] = ()

    @property
    def rejections(self) -> tuple[AAA, ...]:
        """Rejections of the whole answer; those inside 2110 concern one line only."""
        return tuple(aaa for aaa in self.aaa if not aaa.loop.startswith("2110"))

    @property
    def member_id(self) -> str:
        names = (self.name, self.subscriber)
        return next((name.number for name in names if name and name.number), "")


def read_name(segment: Segment) -> Name:
    return Name(segment[1], segment[3], segment[4], segment[5], segment[8], segment[9])


def read_period(segment: Segment, number: int, problems: list[Problem]) -> Period:
    """A DTP or a date it cannot make sense of, which is kept as "unknown" with a problem."""
    first, _, second = segment[3].partition("-")
    is_range = segment[2] == "RD8" or bool(second)
    start = read_date(first)
    end = read_date(second) if is_range else start
    if start is None or (is_range and end is None):
        problems.append(Problem(Deviation.BAD_DATE, number, segment.position, f"DTP*{segment[1]}"))
    return Period(segment[1], start, end, is_range)


def read_date(text: str) -> date | None:
    """CCYYMMDD, possibly followed by a time; None if it is no day of the calendar."""
    if not re.fullmatch(r"[0-9]{8}([0-9]{4,6})?", text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


def read_line(segment: Segment, *, number: int, place: int) -> Line:
    """An EB as typed values. What cannot be read stays in `elements`, with a problem instead of a value."""
    problems: list[Problem] = []

    def note(code: Deviation, detail: str) -> None:
        problems.append(Problem(code, place, segment.position, detail))

    def decimal(element: int) -> Decimal | None:
        text = segment[element]
        if not text:
            return None
        if not DECIMAL.fullmatch(text) or len(text) > LONGEST_NUMBER or abs(Decimal(text)) > LARGEST_NUMBER:
            note(Deviation.BAD_NUMBER, f"EB{element:02d}")
            return None
        if text.startswith("-"):
            note(Deviation.NEGATIVE_NUMBER, f"EB{element:02d}")
        return Decimal(text)

    if segment[1] not in EB01_CODES:
        note(Deviation.UNKNOWN_CODE, f"EB01 {segment[1]}")
    if segment[6] and segment[6] not in EB06_CODES:
        note(Deviation.UNKNOWN_CODE, f"EB06 {segment[6]}")
    if bool(segment[9]) != bool(segment[10]):
        note(Deviation.UNPAIRED_QUANTITY, "EB09 and EB10 go together")
    procedure = segment.components(13)
    return Line(
        number=number,
        segment=place,
        elements=tuple(segment[element] for element in range(1, EB_ELEMENTS + 1)),
        code=segment[1],
        level=segment[2],
        service_types=segment.repeats(3),
        insurance_type=segment[4],
        plan=segment[5],
        period=segment[6],
        amount=decimal(7),
        percent=decimal(8),
        unit=segment[9],
        quantity=decimal(10),
        authorization=segment[11],
        network=segment[12],
        procedure="".join(procedure[1:2] or procedure).upper(),  # "HC:H0015:HF", or a bare "H0015"
        problems=tuple(problems),
    )
