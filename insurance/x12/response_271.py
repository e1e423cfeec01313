"""Read what comes back: a 271 (the answer), a 999 (your 270 has a fault) or a TA1 (your envelope has a fault).

`read` accepts any bytes and never raises. Loops are built from the HL segments' parent numbers, not from their
order, because real senders get the order wrong. Every line is kept, whether we understand it or not.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from insurance.x12.envelope import Envelope, TransactionSet, inner, read_envelope
from insurance.x12.lines import (
    AAA,
    Entity,
    Line,
    Member,
    Name,
    Period,
    Reference,
    Trace,
    read_date,
    read_line,
    read_name,
    read_period,
)
from insurance.x12.segments import Deviation, Problem, Segment, tokenise

Kind = Literal["271", "999", "TA1", "unreadable"]
VERSION = "005010X279A1"
LOOPS = {"20": "2000A", "21": "2000B", "22": "2000C", "23": "2000D"}
NAMED_LOOPS = {"2000A": "2100A", "2000B": "2100B", "2000C": "2100C", "2000D": "2100D"}
DEEPEST_LEVEL = 4
MOST_INHERITED = 30  # rejections, and dates, of one level that count for those below it; the guide allows nine
# AK9 and IK5: A accepted, E accepted with errors, P partly accepted. TA1: A accepted, E accepted with errors.
ACCEPTED = frozenset("AEP")


@dataclass(frozen=True, slots=True)
class Transaction:
    """One 271: who answered, to whom, about which members."""

    control: str
    bht03: str
    created: date | None
    payer: Name | None
    provider: Name | None
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A 999 or TA1 about something we sent: accepted or not, and where the fault is."""

    kind: Literal["999", "TA1"]
    control: str  # the group or interchange number of ours that it is about
    accepted: bool
    faults: tuple[str, ...] = ()  # "EQ segment 14, element 1, code 7, value ZZ"


@dataclass(frozen=True, slots=True)
class Response:
    """Everything a payer or clearinghouse sent back in one body."""

    kind: Kind
    problems: tuple[Problem, ...]
    transactions: tuple[Transaction, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(member for transaction in self.transactions for member in transaction.members)

    @property
    def is_malformed(self) -> bool:
        return self.kind == "unreadable" or any(problem.is_fatal for problem in self.problems)

    @property
    def is_refused(self) -> bool:
        """Whether an acknowledgement in it refuses something we sent."""
        return any(not acknowledgement.accepted for acknowledgement in self.acknowledgements)

    @property
    def is_rejected(self) -> bool:
        """Refused as a whole: a failed acknowledgement, or an AAA above the benefit lines, whatever else is there."""
        return self.is_refused or (bool(self.members) and all(member.rejections for member in self.members))

    @property
    def verdict(self) -> Literal["read", "rejected", "malformed"]:
        if self.is_malformed:
            return "malformed"
        return "rejected" if self.is_rejected else "read"


def read(data: bytes) -> Response:
    """A response of any bytes at all."""
    envelope = read_envelope(tokenise(data))
    problems = list(envelope.problems)
    acknowledgements = [_read_ta1(segment) for segment in envelope.acknowledgements]
    transactions = []
    for transaction_set in envelope.sets:
        if transaction_set.kind == "271":
            transactions.append(_Reader271(transaction_set, problems).read())
        elif transaction_set.kind == "999":
            acknowledgements.append(_read_999(transaction_set))
        else:
            st = transaction_set.segments[0]
            problems.append(Problem(Deviation.NOT_A_RESPONSE, 1, st.position, f"ST*{transaction_set.kind}"))
    kind = _kind(envelope, is_answered=bool(transactions))
    return Response(kind, tuple(problems), tuple(transactions), tuple(acknowledgements))


def _kind(envelope: Envelope, *, is_answered: bool) -> Kind:
    if is_answered:
        return "271"
    if any(transaction_set.kind == "999" for transaction_set in envelope.sets):
        return "999"
    return "TA1" if envelope.acknowledgements else "unreadable"


def _read_ta1(segment: Segment) -> Acknowledgement:
    note = (f"note {segment[5]}",) if segment[5] not in ("", "000") else ()
    return Acknowledgement("TA1", segment[1], segment[4] in ("A", "E"), note)


def _read_999(transaction_set: TransactionSet) -> Acknowledgement:
    """Accepted if the group verdict (AK9) and that of each set (IK5) say so. A 999 that says neither is a refusal."""
    control, verdicts, faults, where = "", set(), [], ""
    for _, segment in inner(transaction_set.segments):
        match segment.id:
            case "AK1":
                control = segment[2]
            case "AK9" | "IK5":
                verdicts.add(segment[1])
            case "IK3":
                where = f"{segment[1]} segment {segment[2]}"
                faults.append(f"{where}, code {segment[4]}")
            case "IK4":
                faults.append(f"{where}, element {segment[1]}, code {segment[3]}, value {segment[4]}")
    return Acknowledgement("999", control, bool(verdicts) and verdicts <= ACCEPTED, tuple(faults))


@dataclass(slots=True)
class _Level:
    """One HL and what stands under it, being read."""

    loop: str
    parent: str
    segment: int
    name: Name | None = None
    birth_date: date | None = None
    gender: str = ""
    relationship: str = ""
    traces: list[Trace] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    periods: list[Period] = field(default_factory=list)
    aaa: list[AAA] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


class _Reader271:
    """Reads one transaction set segment by segment, always knowing which level, line and 2120 loop is open."""

    def __init__(self, transaction_set: TransactionSet, problems: list[Problem]) -> None:
        self.segments, self.group, self.problems = transaction_set.segments, transaction_set.group, problems
        self.levels: dict[str, _Level] = {}
        self.level: _Level | None = None
        self.line: _LineReader | None = None
        self.is_in_2120 = False
        self.bht: Segment | None = None

    def read(self) -> Transaction:
        for number, segment in inner(self.segments):
            self._take(number, segment)
        self._close_line()
        self._check()
        members = tuple(self._members())
        return Transaction(
            control=self.segments[0][2],
            bht03=self.bht[3] if self.bht else "",
            created=read_date(self.bht[4]) if self.bht else None,
            payer=self._named("2000A"),
            provider=self._named("2000B"),
            members=members,
        )

    def _take(self, number: int, segment: Segment) -> None:
        if segment.id == "BHT":
            self.bht = segment
        elif segment.id == "HL":
            self._open_level(number, segment)
        elif self.level is None:
            self._report(Deviation.UNEXPECTED_SEGMENT, number, segment, segment.id)
        elif segment.id == "EB":
            self._close_line()
            line = read_line(segment, number=len(self.level.lines) + 1, place=number)
            self.line = _LineReader(line, self.level)
        elif self.line is not None:
            if not self.line.take(number, segment, self.problems):
                self._report(Deviation.UNEXPECTED_SEGMENT, number, segment, segment.id)
        else:
            self._take_in_level(self.level, number, segment)

    def _open_level(self, number: int, segment: Segment) -> None:
        self._close_line()
        loop = LOOPS.get(segment[3], "")
        if not loop:
            self._report(Deviation.HL_LEVEL, number, segment, segment[3])
        key = segment[1]
        if not key or key in self.levels:
            self._report(Deviation.HL_NUMBER, number, segment, key)
            key = f"{key}#{number}"
        if segment[2] and (segment[2] not in self.levels or segment[2] == key):
            self._report(Deviation.HL_PARENT, number, segment, segment[2])
        self.level = self.levels[key] = _Level(loop, segment[2], number)

    def _close_line(self) -> None:
        if self.line is None:
            return
        line = self.line.finish()
        if self.line.is_in_2120:
            self.problems.append(Problem(Deviation.LOOP_UNCLOSED, line.segment, None, "LS without LE"))
        self.problems.extend(line.problems)
        self.line.level.lines.append(line)
        self.line = None

    def _take_in_level(self, level: _Level, number: int, segment: Segment) -> None:
        match segment.id:
            case "NM1":
                level.name = read_name(segment)
            case "TRN":
                level.traces.append(Trace(segment[1], segment[2], segment[3]))
            case "AAA" if len(level.aaa) < MOST_INHERITED:
                loop = NAMED_LOOPS.get(level.loop, "") if level.name else level.loop
                level.aaa.append(_read_aaa(segment, loop=loop, number=number))
            case "REF":
                level.references.append(Reference(segment[1], segment[2], segment[3]))
            case "DMG":
                level.birth_date, level.gender = read_date(segment[2]), segment[3]
            case "INS":
                level.relationship = segment[2]
            case "DTP" if len(level.periods) < MOST_INHERITED:
                level.periods.append(read_period(segment, number, self.problems))
            case "N3" | "N4" | "PER" | "PRV" | "HI" | "MPI":
                pass  # addresses, contacts, specialties, diagnoses, military data: kept in the raw answer, unused here
            case _:
                self._report(Deviation.UNEXPECTED_SEGMENT, number, segment, segment.id)

    def _check(self) -> None:
        st = self.segments[0]
        if self.bht is None:
            self._report(Deviation.BHT_MISSING, 1, st)
        if not any(level.loop == "2000A" for level in self.levels.values()):
            self._report(Deviation.HL_MISSING, 1, st, "no payer level")
        if st[3] != VERSION:
            self._report(Deviation.ST_VERSION, 1, st, st[3] or "missing")
        if self.group is not None:
            self._check_group(self.group)

    def _check_group(self, group: Segment) -> None:
        if group[1] != "HB":
            self.problems.append(Problem(Deviation.GS_FUNCTION, None, group.position, group[1]))
        if group[8] != VERSION:
            self.problems.append(Problem(Deviation.GS_VERSION, None, group.position, group[8] or "missing"))

    def _members(self) -> Iterable[Member]:
        """Everybody the answer is about. A subscriber who only carries a dependent's policy is not one of them.

        Where the payer stopped before any member, its rejection still has to reach somebody: the lowest level.
        """
        parents = {level.parent for level in self.levels.values()}
        for key, level in self.levels.items():
            is_lowest = key not in parents
            is_patient = level.loop == "2000D" or (level.loop == "2000C" and (is_lowest or level.lines))
            if is_patient or (is_lowest and any(each.aaa for each in (level, *self._above(level)))):
                yield self._member(level)

    def _member(self, level: _Level) -> Member:
        above = list(self._above(level))
        if level.loop in ("2000C", "2000D"):
            self._check_member(level)
        inherited = [aaa for ancestor in reversed(above) for aaa in ancestor.aaa]
        in_lines = [aaa for line in level.lines for aaa in line.aaa]
        subscriber = next((ancestor.name for ancestor in above if ancestor.loop == "2000C"), None)
        return Member(
            loop=level.loop,
            name=level.name if level.loop in ("2000C", "2000D") else None,
            subscriber=subscriber,
            birth_date=level.birth_date,
            gender=level.gender,
            relationship=level.relationship,
            traces=tuple(level.traces),
            references=tuple(level.references),
            periods=(*level.periods, *(period for ancestor in above for period in ancestor.periods)),
            aaa=(*inherited, *level.aaa, *in_lines),
            lines=tuple(level.lines),
        )

    def _check_member(self, level: _Level) -> None:
        position = self.segments[level.segment - 1].position
        if level.name is None:
            self.problems.append(Problem(Deviation.NM1_MISSING, level.segment, position, level.loop))
        if not any(trace.kind == "2" for trace in level.traces):
            self.problems.append(Problem(Deviation.TRN_ABSENT, level.segment, position, level.loop))

    def _above(self, level: _Level) -> Iterable[_Level]:
        """Ancestors, nearest first: at most three, as a 271 has four levels. So a ring of parents ends too."""
        for _ in range(DEEPEST_LEVEL - 1):
            parent = self.levels.get(level.parent)
            if parent is None:
                return
            yield parent
            level = parent

    def _named(self, loop: str) -> Name | None:
        return next((level.name for level in self.levels.values() if level.loop == loop), None)

    def _report(self, code: Deviation, number: int, segment: Segment, detail: str = "") -> None:
        self.problems.append(Problem(code, number, segment.position, detail))


def _read_aaa(segment: Segment, *, loop: str, number: int) -> AAA:
    return AAA(loop=loop, code=segment[3], followup=segment[4], valid=segment[1], segment=number)


@dataclass(slots=True)
class _LineReader:
    """One EB being read, with the segments below it up to the next EB or HL."""

    line: Line
    level: _Level
    is_in_2120: bool = False
    periods: list[Period] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    deliveries: list[tuple[str, ...]] = field(default_factory=list)
    places: list[tuple[str, str]] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    aaa: list[AAA] = field(default_factory=list)

    def take(self, number: int, segment: Segment, problems: list[Problem]) -> bool:
        """Whether the segment has a place here."""
        if segment.id in ("LS", "LE", "NM1", "PER", "N3", "N4", "PRV"):
            self._take_2120(number, segment, problems)
            return True
        if segment.id == "DTP":
            self.periods.append(read_period(segment, number, problems))
            return True
        handler = self._handlers().get(segment.id)
        if handler is not None:
            handler(number, segment)
        return handler is not None

    def finish(self) -> Line:
        return replace(
            self.line,
            periods=tuple(self.periods),
            references=tuple(self.references),
            messages=tuple(self.messages),
            deliveries=tuple(self.deliveries),
            places=tuple(self.places),
            entities=tuple(self.entities),
            aaa=tuple(self.aaa),
        )

    def _handlers(self) -> dict[str, Callable[[int, Segment], None]]:
        loop = {"2000C": "2110C", "2000D": "2110D"}.get(self.level.loop, "2110")
        return {
            "MSG": lambda _, s: self.messages.append(s[1]),
            "REF": lambda _, s: self.references.append(Reference(s[1], s[2], s[3])),
            "HSD": lambda _, s: self.deliveries.append(tuple(s[element] for element in range(1, 9))),
            "III": lambda _, s: self.places.append((s[1], s[2])),
            "AAA": lambda number, s: self.aaa.append(_read_aaa(s, loop=loop, number=number)),
        }

    def _take_2120(self, number: int, segment: Segment, problems: list[Problem]) -> None:
        match segment.id:
            case "LS":
                self.is_in_2120 = True
            case "LE":
                self.is_in_2120 = False
            case "NM1":
                name = read_name(segment)
                if not name.number:
                    problems.append(Problem(Deviation.NM1_ID_MISSING, number, segment.position, "2120"))
                self.entities.append(Entity(name))
            case "PER" if self.entities:
                contacts = tuple((segment[at], segment[at + 1]) for at in (3, 5, 7) if segment[at + 1])
                last = self.entities[-1]
                self.entities[-1] = replace(last, contacts=(*last.contacts, *contacts))
