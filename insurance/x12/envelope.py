"""Open the envelopes of a message.

X12 is a stack of paper envelopes: an interchange (ISA ... IEA) holds groups (GS ... GE), a group holds transaction sets
(ST ... SE), and each closing segment repeats a number and a count from its opening one. All are compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from insurance.x12.segments import Deviation, Problem, Segment, Tokens


@dataclass(frozen=True, slots=True)
class TransactionSet:
    """The segments from ST to SE, both included, and the GS they came under."""

    segments: tuple[Segment, ...]
    group: Segment | None

    @property
    def kind(self) -> str:
        return self.segments[0][1]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the envelopes held: transaction sets, interchange acknowledgements (TA1), and what was wrong."""

    sets: tuple[TransactionSet, ...]
    acknowledgements: tuple[Segment, ...]
    problems: tuple[Problem, ...]


def read_envelope(tokens: Tokens) -> Envelope:
    """Transaction sets of a message, with every count and control number compared."""
    reader = _EnvelopeReader()
    for segment in tokens.segments:
        reader.take(segment)
    reader.finish()
    return Envelope(tuple(reader.sets), tuple(reader.acknowledgements), (*tokens.problems, *reader.problems))


@dataclass(slots=True)
class _EnvelopeReader:
    """Opens and closes the three envelopes; what an inner one leaves open is reported when the outer one closes."""

    sets: list[TransactionSet] = field(default_factory=list)
    acknowledgements: list[Segment] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    isa: Segment | None = None
    gs: Segment | None = None
    body: list[Segment] = field(default_factory=list)  # from ST on, while a set is open
    groups: int = 0
    sets_in_group: int = 0

    def take(self, segment: Segment) -> None:
        match segment.id:
            case "ISA":
                self._close_interchange(None)
                self.isa, self.groups = segment, 0
            case "IEA":
                self._close_interchange(segment)
            case "GS":
                self._close_group(None)
                self.gs, self.sets_in_group, self.groups = segment, 0, self.groups + 1
            case "GE":
                self._close_group(segment)
            case "ST":
                self._open_set(segment)
            case "SE":
                self._close_set(segment)
            case _:
                self._take_inner(segment)

    def finish(self) -> None:
        self._close_interchange(None)

    def _take_inner(self, segment: Segment) -> None:
        if self.body:
            self.body.append(segment)
        elif segment.id == "TA1" and self.gs is None and self.isa is not None:
            self.acknowledgements.append(segment)
        elif segment.id:
            self._report(Deviation.SEGMENT_OUTSIDE, segment, segment.id)

    def _open_set(self, segment: Segment) -> None:
        self._close_set(None)
        if self.gs is None:
            self._report(Deviation.GS_MISSING, segment)
        self.body = [segment]
        self.sets_in_group += 1

    def _close_set(self, se: Segment | None) -> None:
        if not self.body:
            if se is not None:
                self._report(Deviation.ST_MISSING, se)
            return
        body, st = self.body, self.body[0]
        if se is None:
            self._report(Deviation.SE_MISSING, body[-1])
        else:
            body.append(se)
            self._compare(se, count=(Deviation.SE_COUNT, len(body)), control=(Deviation.SE_CONTROL, st[2]))
        self.sets.append(TransactionSet(tuple(body), self.gs))
        self.body = []

    def _close_group(self, ge: Segment | None) -> None:
        self._close_set(None)
        if ge is not None and self.gs is None:
            self._report(Deviation.GS_MISSING, ge)
        elif ge is not None and self.gs is not None:
            count = (Deviation.GE_COUNT, self.sets_in_group)
            self._compare(ge, count=count, control=(Deviation.GE_CONTROL, self.gs[6]))
        elif self.gs is not None:
            self._report(Deviation.GE_MISSING, self.gs)
        self.gs = None

    def _close_interchange(self, iea: Segment | None) -> None:
        self._close_group(None)
        if iea is not None and self.isa is None:
            self._report(Deviation.SEGMENT_OUTSIDE, iea, "IEA")
        elif iea is not None and self.isa is not None:
            count = (Deviation.IEA_COUNT, self.groups)
            self._compare(iea, count=count, control=(Deviation.IEA_CONTROL, self.isa[13]))
        elif self.isa is not None:
            self._report(Deviation.IEA_MISSING, self.isa)
        self.isa = None

    def _compare(self, closing: Segment, *, count: tuple[Deviation, int], control: tuple[Deviation, str]) -> None:
        if _number(closing[1]) != count[1]:
            self._report(count[0], closing, f"says {closing[1]}, is {count[1]}")
        if not _same_control(closing[2], control[1]):
            self._report(control[0], closing, f"says {closing[2]}, opened as {control[1]}")

    def _report(self, code: Deviation, segment: Segment, detail: str = "") -> None:
        within = segment.position - self.body[0].position + 1 if self.body else None
        self.problems.append(Problem(code, within, segment.position, detail))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _same_control(closing: str, opening: str) -> bool:
    """Control numbers are the same if equal as numbers: some senders pad one side only."""
    if closing == opening:
        return True
    numbers = _number(closing), _number(opening)
    return numbers[0] is not None and numbers[0] == numbers[1]


def inner(segments: tuple[Segment, ...]) -> Iterator[tuple[int, Segment]]:
    """Segments of a transaction set with their 999-style number, without ST and SE."""
    for number, segment in enumerate(segments, start=1):
        if segment.id not in ("ST", "SE"):
            yield number, segment
