"""Read a 270, strictly: a real payer refuses what deviates, and so does this one."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
GUIDE = "005010X279A1"
MISSING, INVALID_VALUE = "1", "7"  # IK403


class UnreadableError(ValueError):
    """Not X12 at all."""


class InterchangeError(ValueError):
    """The ISA or IEA has a fault: answered with a TA1 carrying this note code."""

    def __init__(self, note: str, isa: list[str]) -> None:
        super().__init__(note)
        self.note, self.isa = note, isa


class Element(NamedTuple):
    """The element at fault, as an IK4 names it."""

    number: int
    code: str
    value: str


class SyntaxFaultError(ValueError):
    """The group or transaction has a fault: answered with a 999 naming segment, position and IK3 code."""

    def __init__(self, message: "Message", segment: str, at: tuple[int, str], element: Element | None = None) -> None:
        super().__init__(f"{segment} {at}")
        self.message, self.segment, self.element = message, segment, element
        self.position, self.code = at


@dataclass
class Message:
    """The segments of one interchange, each a list of elements (element 0 is the segment's id)."""

    isa: list[str]
    segments: list[list[str]]

    def find(self, name: str) -> list[str]:
        return next((segment for segment in self.segments if segment[0] == name), [name])


@dataclass
class Person:
    nm1: list[str] = field(default_factory=list)
    dmg: list[str] = field(default_factory=list)
    ins: list[str] = field(default_factory=list)

    @property
    def last(self) -> str:
        return element(self.nm1, 3)

    @property
    def first(self) -> str:
        return element(self.nm1, 4)

    @property
    def member_id(self) -> str:
        return element(self.nm1, 9)

    @property
    def birth(self) -> str:
        return element(self.dmg, 2)


@dataclass
class Inquiry:
    """One question about one patient."""

    message: Message
    payer: list[str]
    provider: list[str]
    subscriber: Person
    dependent: Person | None
    bht03: str
    trace: list[str]
    service_type: str

    @property
    def member(self) -> str:
        """The member ID as this payer compares it: without dashes, blanks or case."""
        return normalise(self.subscriber.member_id)

    @property
    def patient(self) -> Person:
        return self.dependent or self.subscriber


def normalise(member_id: str) -> str:
    return "".join(mark for mark in member_id if mark.isalnum()).upper()


def element(segment: list[str], number: int) -> str:
    return segment[number] if number < len(segment) else ""


def read(body: bytes) -> Inquiry:
    message = _split(body)
    _check_interchange(message)
    _check_group(message)
    _check_set(message)
    return _understand(message)


def _split(body: bytes) -> Message:
    text = body.decode("latin-1").removeprefix("\xef\xbb\xbf").lstrip()
    if not text.startswith("ISA") or len(text) < 106:
        raise UnreadableError("the body does not start with an ISA segment")
    separator, terminator = text[3], text[105]
    if separator.isalnum() or terminator.isalnum() or separator == terminator:
        raise UnreadableError("the ISA segment names no usable delimiters")
    chunks = [chunk.strip("\r\n\t ") for chunk in text[106:].split(terminator)]
    segments = [chunk.split(separator) for chunk in chunks if chunk]
    isa = text[:105].split(separator)
    return Message(isa, segments)


def _check_interchange(message: Message) -> None:
    isa = message.isa
    if len(isa) != 17 or any(len(value) != width for value, width in zip(isa[1:], ISA_WIDTHS, strict=True)):
        raise InterchangeError("024", [*isa, *[""] * 17][:17])
    if isa[12] != "00501":
        raise InterchangeError("017", isa)
    iea = message.segments[-1] if message.segments else []
    if not iea or iea[0] != "IEA":
        raise InterchangeError("023", isa)
    if element(iea, 2) != isa[13]:
        raise InterchangeError("001", isa)
    groups = sum(segment[0] == "GS" for segment in message.segments)
    if element(iea, 1) != str(groups) or groups != 1:
        raise InterchangeError("021", isa)


def _check_group(message: Message) -> None:
    gs, ge = message.segments[0], message.segments[-2]
    if gs[0] != "GS" or element(gs, 1) != "HS":
        raise SyntaxFaultError(message, "GS", (1, "1"))
    if element(gs, 8) != GUIDE:
        raise SyntaxFaultError(message, "GS", (1, "2"))
    if ge[0] != "GE":
        raise SyntaxFaultError(message, "GE", (len(message.segments), "3"))
    if element(ge, 2) != element(gs, 6):
        raise SyntaxFaultError(message, "GE", (len(message.segments), "4"))
    if element(ge, 1) != "1":
        raise SyntaxFaultError(message, "GE", (len(message.segments), "5"))


def _check_set(message: Message) -> None:
    body = message.segments[1:-2]
    st, se = (body[0], body[-1]) if body else ([""], [""])
    if st[:2] != ["ST", "270"] or element(st, 3) != GUIDE:
        raise SyntaxFaultError(message, "ST", (1, "8"), Element(3, INVALID_VALUE, element(st, 3)))
    if se[0] != "SE" or element(se, 1) != str(len(body)):
        raise SyntaxFaultError(message, "SE", (len(body), "8"), Element(1, INVALID_VALUE, element(se, 1)))
    if element(se, 2) != st[2]:
        raise SyntaxFaultError(message, "SE", (len(body), "8"), Element(2, INVALID_VALUE, element(se, 2)))
    for position, segment in enumerate(body, start=1):
        if not segment[0].isalnum() or len(segment[0]) > 3:
            raise SyntaxFaultError(message, segment[0][:3], (position, "1"))


def _understand(message: Message) -> Inquiry:
    body = message.segments[1:-2]
    levels = _levels(message, body)
    asked = levels.get("23") or levels["22"]
    eq = next((segment for segment in asked if segment[0] == "EQ"), None)
    if eq is None:
        raise SyntaxFaultError(message, "EQ", (len(body), "3"))
    service_type = element(eq, 1).split(message.isa[11])[0]  # asked for several, this payer answers the first
    if not (service_type.isalnum() and len(service_type) <= 2) and not element(eq, 2):
        fault = Element(1, INVALID_VALUE if service_type else MISSING, service_type[:10])
        raise SyntaxFaultError(message, "EQ", (body.index(eq) + 1, "8"), fault)
    return Inquiry(
        message=message,
        payer=_named(levels["20"]),
        provider=_named(levels["21"]),
        subscriber=_person(levels["22"]),
        dependent=_person(levels["23"]) if "23" in levels else None,
        bht03=element(message.find("BHT"), 3),
        trace=next((segment for segment in asked if segment[0] == "TRN"), ["TRN", "1", "", ""]),
        service_type=service_type,
    )


def _levels(message: Message, body: list[list[str]]) -> dict[str, list[list[str]]]:
    """Segments by HL level; each level must be there once, below the one before."""
    starts = [number for number, segment in enumerate(body) if segment[0] == "HL"]
    levels: dict[str, list[list[str]]] = {}
    for order, (start, end) in enumerate(pairwise([*starts, len(body)]), start=1):
        hl = body[start]
        parent = "" if order == 1 else str(order - 1)
        if element(hl, 1) != str(order) or element(hl, 2) != parent or element(hl, 3) in levels:
            raise SyntaxFaultError(message, "HL", (start + 1, "8"), Element(2, INVALID_VALUE, element(hl, 2)))
        levels[element(hl, 3)] = body[start + 1 : end]
    if list(levels) not in (["20", "21", "22"], ["20", "21", "22", "23"]):
        raise SyntaxFaultError(message, "HL", (len(body), "3"))
    if not all(_named(segments)[1:] for segments in levels.values()):
        raise SyntaxFaultError(message, "NM1", (len(body), "3"))
    return levels


def _named(segments: list[list[str]]) -> list[str]:
    return next((segment for segment in segments if segment[0] == "NM1"), ["NM1"])


def _person(segments: list[list[str]]) -> Person:
    person = Person()
    for segment in segments:
        if segment[0] in ("NM1", "DMG", "INS"):
            setattr(person, segment[0].lower(), segment)
    return person
