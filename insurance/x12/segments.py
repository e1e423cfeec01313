"""Cut X12 bytes into segments.

`tokenise` loses nothing: joining the segments gives back the bytes that came in. Senders deviate from the standard all
the time, so every deviation becomes a `Problem` and reading goes on where it safely can.
"""

from dataclasses import dataclass
from enum import StrEnum

MAX_BYTES = 1 << 20
MAX_SEGMENTS = 20_000
ISA_SEPARATORS = 16
ISA_WIDTH = 106
ISA_SEARCH = 512  # an unpadded or overlong ISA still ends well within this
BLANKS = b" \t\r\n"
UTF8_BOM = b"\xef\xbb\xbf"


class Deviation(StrEnum):
    """What can be wrong with a message. The value is the code that staff, logs and `read_271` show."""

    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_SEGMENTS = "TOO_MANY_SEGMENTS"
    NO_ISA = "NO_ISA"
    DELIMITERS = "DELIMITERS"
    DELIMITERS_CLASH = "DELIMITERS_CLASH"
    BOM = "BOM"
    ISA_WIDTH = "ISA_WIDTH"
    ENCODING = "ENCODING"
    EMPTY_SEGMENT = "EMPTY_SEGMENT"
    NO_TERMINATOR = "NO_TERMINATOR"
    SEGMENT_OUTSIDE = "SEGMENT_OUTSIDE"
    IEA_MISSING = "IEA_MISSING"
    IEA_COUNT = "IEA_COUNT"
    IEA_CONTROL = "IEA_CONTROL"
    GS_MISSING = "GS_MISSING"
    GS_FUNCTION = "GS_FUNCTION"
    GS_VERSION = "GS_VERSION"
    GE_MISSING = "GE_MISSING"
    GE_COUNT = "GE_COUNT"
    GE_CONTROL = "GE_CONTROL"
    ST_MISSING = "ST_MISSING"
    ST_VERSION = "ST_VERSION"
    SE_MISSING = "SE_MISSING"
    SE_COUNT = "SE_COUNT"
    SE_CONTROL = "SE_CONTROL"
    NOT_A_RESPONSE = "NOT_A_RESPONSE"
    BHT_MISSING = "BHT_MISSING"
    HL_MISSING = "HL_MISSING"
    HL_NUMBER = "HL_NUMBER"
    HL_PARENT = "HL_PARENT"
    HL_LEVEL = "HL_LEVEL"
    LOOP_UNCLOSED = "LOOP_UNCLOSED"
    NM1_MISSING = "NM1_MISSING"
    NM1_ID_MISSING = "NM1_ID_MISSING"
    TRN_ABSENT = "TRN_ABSENT"
    UNEXPECTED_SEGMENT = "UNEXPECTED_SEGMENT"
    BAD_DATE = "BAD_DATE"
    BAD_NUMBER = "BAD_NUMBER"
    NEGATIVE_NUMBER = "NEGATIVE_NUMBER"
    UNKNOWN_CODE = "UNKNOWN_CODE"
    UNPAIRED_QUANTITY = "UNPAIRED_QUANTITY"


# A message with one of these may have lost or mixed up its middle: nothing in it may be shown as a benefit.
FATAL = frozenset(
    {
        Deviation.EMPTY, Deviation.TOO_LARGE, Deviation.TOO_MANY_SEGMENTS, Deviation.NO_ISA, Deviation.DELIMITERS,
        Deviation.IEA_MISSING, Deviation.IEA_COUNT, Deviation.IEA_CONTROL, Deviation.GS_MISSING,
        Deviation.GE_MISSING, Deviation.GE_COUNT, Deviation.GE_CONTROL, Deviation.ST_MISSING,
        Deviation.SE_MISSING, Deviation.SE_COUNT, Deviation.SE_CONTROL, Deviation.SEGMENT_OUTSIDE,
        Deviation.NOT_A_RESPONSE, Deviation.HL_MISSING, Deviation.HL_PARENT,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """One deviation. `segment` counts as a 999 does (ST is 1); `position` counts in the whole file (ISA is 1)."""

    code: Deviation
    segment: int | None = None
    position: int | None = None
    detail: str = ""

    @property
    def is_fatal(self) -> bool:
        return self.code in FATAL


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The four characters the sender chose; `repetition` is "" where the sender named none (as in 4010)."""

    element: str = "*"
    repetition: str = "^"
    component: str = ":"
    terminator: str = "~"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its bytes as received, and its elements. `segment[1]` is the first element, "" if absent."""

    raw: bytes
    end: bytes
    elements: tuple[str, ...]
    delimiters: Delimiters
    position: int

    @property
    def id(self) -> str:
        return self[0]

    def __getitem__(self, number: int) -> str:
        return self.elements[number].strip() if number < len(self.elements) else ""

    def repeats(self, number: int) -> tuple[str, ...]:
        """Element split on the repetition separator; on "^" too, which some senders use without naming it."""
        value = self[number]
        separator = self.delimiters.repetition or "^"
        return tuple(part.strip() for part in value.split(separator) if part.strip()) if value else ()

    def components(self, number: int) -> tuple[str, ...]:
        value = self[number]
        return tuple(part.strip() for part in value.split(self.delimiters.component)) if value else ()


@dataclass(frozen=True, slots=True)
class Tokens:
    """A message as segments. `bytes(tokens)` is exactly what was read."""

    head: bytes
    segments: tuple[Segment, ...]
    tail: bytes
    problems: tuple[Problem, ...]

    def __bytes__(self) -> bytes:
        return b"".join([self.head, *(part for s in self.segments for part in (s.raw, s.end)), self.tail])


def tokenise(data: bytes) -> Tokens:
    """Segments of any bytes at all, in time linear in their length; never raises."""
    if len(data) > MAX_BYTES:
        return Tokens(data, (), b"", (Problem(Deviation.TOO_LARGE, detail=f"{len(data)} bytes"),))
    head = UTF8_BOM if data.startswith(UTF8_BOM) else b""
    start = _skip_blanks(data, len(head))
    if start == len(data):
        return Tokens(data, (), b"", (Problem(Deviation.EMPTY),))
    if not data.startswith(b"ISA", start):
        return Tokens(data, (), b"", (Problem(Deviation.NO_ISA),))
    return _Tokeniser(data, head).run()


class _Tokeniser:
    """One pass over the bytes. Delimiters are read anew from each ISA, as two interchanges may differ."""

    def __init__(self, data: bytes, head: bytes) -> None:
        self.data, self.head = data, head
        self.delimiters = Delimiters()
        self.segments: list[Segment] = []
        self.problems = [Problem(Deviation.BOM, position=1)] if head else []
        self.is_utf8 = True

    def run(self) -> Tokens:
        position, size = len(self.head), len(self.data)
        while (start := _skip_blanks(self.data, position, self.delimiters)) < size:
            if len(self.segments) == MAX_SEGMENTS:
                return self._refuse(Deviation.TOO_MANY_SEGMENTS)
            end = self._end_of_isa(start) if self._is_isa(start) else self._find_terminator(start)
            if end is None:
                return self._refuse(Deviation.DELIMITERS)
            position = self._keep(position, start, end)
        return Tokens(self.head, tuple(self.segments), self.data[position:], tuple(self.problems))

    def _is_isa(self, start: int) -> bool:
        following = self.data[start + 3 : start + 4]
        return self.data.startswith(b"ISA", start) and not following.isalnum()

    def _end_of_isa(self, start: int) -> int | None:
        """Where this ISA's terminator stands, having taken over its delimiters; None if they are unusable."""
        separators = _separators(self.data, start)
        if len(separators) < ISA_SEPARATORS or len(self.data) <= separators[-1] + 2:
            return None
        end = separators[-1] + 2
        delimiters = Delimiters(
            element=chr(self.data[start + 3]),
            repetition=_repetition(self.data[separators[10] + 1 : separators[11]]),
            component=chr(self.data[end - 1]),
            terminator=chr(self.data[end]),
        )
        if not _are_usable(delimiters):
            return None
        position = len(self.segments) + 1
        if end - start + 1 != ISA_WIDTH:
            self.problems.append(
                Problem(Deviation.ISA_WIDTH, position=position, detail=f"{end - start + 1} characters")
            )
        if delimiters.repetition in (delimiters.component, delimiters.element, delimiters.terminator):
            self.problems.append(Problem(Deviation.DELIMITERS_CLASH, position=position))
        self.delimiters = delimiters
        return end

    def _find_terminator(self, start: int) -> int:
        end = self.data.find(self.delimiters.terminator.encode(), start)
        return len(self.data) if end == -1 else end

    def _keep(self, position: int, start: int, end: int) -> int:
        number = len(self.segments) + 1
        after = end + 1 if end < len(self.data) else end
        if after == end:
            self.problems.append(Problem(Deviation.NO_TERMINATOR, position=number))
        if start == end:
            self.problems.append(Problem(Deviation.EMPTY_SEGMENT, position=number))
        elements = tuple(self._text(self.data[start:end], number).split(self.delimiters.element))
        segment = Segment(self.data[position:end], self.data[end:after], elements, self.delimiters, number)
        self.segments.append(segment)
        return after

    def _text(self, raw: bytes, number: int) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            if self.is_utf8:
                self.problems.append(Problem(Deviation.ENCODING, position=number, detail="read as Latin-1"))
            self.is_utf8 = False
            return raw.decode("latin-1")

    def _refuse(self, code: Deviation) -> Tokens:
        problem = Problem(code, position=len(self.segments) + 1)
        return Tokens(self.data, (), b"", (*self.problems, problem))


def _skip_blanks(data: bytes, position: int, delimiters: Delimiters | None = None) -> int:
    """Past line breaks and indentation, which senders put after terminators; a tab may be a separator, though."""
    separator = delimiters.element if delimiters else ""
    while position < len(data) and data[position] in BLANKS and chr(data[position]) != separator:
        position += 1
    return position


def _separators(data: bytes, start: int) -> list[int]:
    separator, position = data[start + 3 : start + 4], start + 3
    found: list[int] = []
    while separator and position != -1 and len(found) < ISA_SEPARATORS:
        found.append(position)
        position = data.find(separator, position + 1, start + ISA_SEARCH)
    return found


def _repetition(isa11: bytes) -> str:
    """ISA11 as a separator. In 4010 it is the letter U and means something else."""
    mark = isa11.decode("latin-1").strip()
    return mark if len(mark) == 1 and mark.isascii() and not mark.isalnum() else ""


def _are_usable(delimiters: Delimiters) -> bool:
    marks = (delimiters.element, delimiters.component, delimiters.terminator)
    return len(set(marks)) == len(marks) and all(
        mark.isascii() and not mark.isalnum() and mark != " " and mark != "\0" for mark in marks
    )
