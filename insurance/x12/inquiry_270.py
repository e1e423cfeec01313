"""Write a 270: "is this member active on this date, and what is the benefit for this service type?"

The writer is strict where the reader is tolerant: version 005010X279A1, one subscriber or dependent, one service
type. No value can start a new segment: names are transliterated to the X12 character set (and the caller of `write`
is told what changed), identifiers that would have to change are refused.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from insurance.x12.segments import Delimiters

VERSION = "005010X279A1"
WIDTHS = {"last": 60, "first": 35, "middle": 25, "suffix": 10, "organization": 60, "member_id": 80}
CONTROL_LIMIT = 999_999_999
ESCAPES = str.maketrans(
    {
        "ß": "ss", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "Đ": "D",
        "đ": "d", "Ð": "D", "ð": "d", "Þ": "Th", "þ": "th", "\u0131": "i", "\u2018": "'", "\u2019": "'", "“": '"', "”": '"',
        "\u2013": "-", "—": "-", "\u2010": "-", "\u2011": "-",
    }
)  # fmt: skip
# The X12 basic and extended character sets without the marks we use as delimiters, the caret and the tilde.
NOT_X12 = re.compile(r"""[^A-Za-z0-9 !"&'()+,\-./;?=%@\[\]_{}\\|<>#$]""")
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_&+-]*")

Relationship = Literal["01", "19", "34"]
"""The dependent is the subscriber's spouse, child, or another adult."""


@dataclass(frozen=True, slots=True)
class Person:
    """The subscriber (who holds the policy) or a dependent (who is covered by it)."""

    last: str
    first: str = ""
    middle: str = ""
    suffix: str = ""
    member_id: str = ""
    birth_date: date | None = None
    gender: Literal["M", "F", ""] = ""


@dataclass(frozen=True, slots=True)
class ControlNumbers:
    """Numbers of the three envelopes, each from its own database sequence. They wrap after nine digits."""

    isa13: int
    gs06: int
    st02: int


@dataclass(frozen=True, slots=True)
class Sender:
    """Who we are to the clearinghouse, who it is, and whether this is a test ("T") or real ("P")."""

    sender_id: str
    receiver_id: str
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    group_sender: str = ""  # GS02 and GS03, where they differ from ISA06 and ISA08
    group_receiver: str = ""
    originator: str = "9000000001"  # TRN03: a 9 and nine digits
    usage: Literal["T", "P"] = "T"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of which payer, on behalf of which program."""

    payer_code: str
    payer_name: str
    provider_npi: str
    provider_name: str
    subscriber: Person
    service_type: str
    bht03: str
    trn02: str
    dependent: Person | None = None
    relationship: Relationship = "19"
    service_date: date | None = None  # None: the payer's own today


@dataclass(frozen=True, slots=True)
class Notice:
    """A name that could not be sent as typed."""

    field: str
    typed: str
    sent: str


@dataclass(frozen=True, slots=True)
class Written:
    data: bytes
    notices: tuple[Notice, ...]


class QuestionError(ValueError):
    """The question cannot be sent; `errors` says why, by field ("subscriber.last")."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors.items()))
        self.errors = errors


def write(question: Question, sender: Sender, control: ControlNumbers, *, at: datetime) -> Written:
    """The 270 as bytes, and what was transliterated on the way. Raises QuestionError, never truncates."""
    return _Writer(question, sender, control, at).write()


def transliterate(text: str) -> str:
    """Text in the X12 character set: accents dropped, everything else that is foreign made a space."""
    folded = unicodedata.normalize("NFKD", text.translate(ESCAPES))
    bare = "".join(mark for mark in folded if not unicodedata.combining(mark))
    return " ".join(NOT_X12.sub(" ", bare).split())


def is_npi(number: str) -> bool:
    """Ten digits, the first 1 or 2, the last the Luhn check digit over the prefix 80840, as CMS issues them."""
    if not (len(number) == 10 and number.isascii() and number.isdigit() and number[0] in "12"):
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed("80840" + number))]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


class _Writer:
    def __init__(self, question: Question, sender: Sender, control: ControlNumbers, at: datetime) -> None:
        self.question, self.sender, self.control, self.at = question, sender, control, at
        self.errors: dict[str, str] = {}
        self.notices: list[Notice] = []

    def write(self) -> Written:
        body = self._body()
        st02 = f"{self._wrapped(self.control.st02):04d}"
        count = len(body) + 2
        segments = [
            self._isa(),
            self._gs(),
            ["ST", "270", st02, VERSION],
            *body,
            ["SE", str(count), st02],
            ["GE", "1", str(self._wrapped(self.control.gs06))],
            ["IEA", "1", f"{self._wrapped(self.control.isa13):09d}"],
        ]
        if self.errors:
            raise QuestionError(self.errors)
        return Written("".join(_joined(elements) for elements in segments).encode("ascii"), tuple(self.notices))

    def _isa(self) -> list[str]:
        sender, marks = self.sender, Delimiters()
        qualifiers = {"sender_qualifier": sender.sender_qualifier, "receiver_qualifier": sender.receiver_qualifier}
        for field, qualifier in qualifiers.items():
            if not re.fullmatch(r"[A-Z0-9]{2}", qualifier):
                self.errors[f"sender.{field}"] = "must be two letters or digits"
        if sender.usage not in ("T", "P"):
            self.errors["sender.usage"] = "must be T or P"
        return [
            "ISA", "00", " " * 10, "00", " " * 10,
            sender.sender_qualifier,
            self._identifier("sender.sender_id", sender.sender_id, 15).ljust(15),
            sender.receiver_qualifier,
            self._identifier("sender.receiver_id", sender.receiver_id, 15).ljust(15),
            f"{self.at:%y%m%d}", f"{self.at:%H%M}", marks.repetition, "00501",
            f"{self._wrapped(self.control.isa13):09d}", "0", sender.usage, marks.component,
        ]  # fmt: skip

    def _gs(self) -> list[str]:
        sender = self.sender
        return [
            "GS", "HS",
            self._identifier("sender.group_sender", sender.group_sender or sender.sender_id, 15),
            self._identifier("sender.group_receiver", sender.group_receiver or sender.receiver_id, 15),
            f"{self.at:%Y%m%d}", f"{self.at:%H%M}", str(self._wrapped(self.control.gs06)), "X", VERSION,
        ]  # fmt: skip

    def _body(self) -> list[list[str]]:
        question = self.question
        bht03 = self._identifier("bht03", question.bht03, 50)
        payer_code = self._identifier("payer_code", question.payer_code, 80)
        payer = self._name("payer_name", question.payer_name, WIDTHS["organization"])
        provider = self._name("provider_name", question.provider_name, WIDTHS["organization"])
        if not is_npi(question.provider_npi):
            self.errors["provider_npi"] = "is not a valid National Provider Identifier"
        return [
            ["BHT", "0022", "13", bht03, f"{self.at:%Y%m%d}", f"{self.at:%H%M}"],
            ["HL", "1", "", "20", "1"],
            ["NM1", "PR", "2", payer, "", "", "", "", "PI", payer_code],
            ["HL", "2", "1", "21", "1"],
            ["NM1", "1P", "2", provider, "", "", "", "", "XX", question.provider_npi],
            ["HL", "3", "2", "22", "1" if question.dependent else "0"],
            *self._members(),
        ]

    def _members(self) -> list[list[str]]:
        question = self.question
        subscriber = self._person("subscriber", question.subscriber, "IL")
        if not question.subscriber.member_id and question.subscriber.birth_date is None:
            self.errors["subscriber.member_id"] = "give a member ID, or a name with the date of birth"
        if question.dependent is None:
            return [self._trace(), *subscriber, *self._asked()]
        if question.relationship not in ("01", "19", "34"):
            self.errors["relationship"] = "is not a relationship a 270 can carry"
        dependent = self._person("dependent", question.dependent, "03")
        insured = ["INS", "N", question.relationship]
        return [*subscriber, ["HL", "4", "3", "23", "0"], self._trace(), *dependent, insured, *self._asked()]

    def _trace(self) -> list[str]:
        originator = self.sender.originator
        if not re.fullmatch(r"9[0-9]{9}", originator):
            self.errors["sender.originator"] = "must be a 9 and nine digits"
        return ["TRN", "1", self._identifier("trn02", self.question.trn02, 50), originator]

    def _person(self, role: str, person: Person, code: str) -> list[list[str]]:
        last = self._name(f"{role}.last", person.last, WIDTHS["last"])
        others = [
            self._name(f"{role}.{part}", getattr(person, part), WIDTHS[part], is_required=False)
            for part in ("first", "middle")
        ]
        suffix = self._name(f"{role}.suffix", person.suffix, WIDTHS["suffix"], is_required=False)
        name = ["NM1", code, "1", last, *others, "", suffix]
        if person.member_id:
            name += ["MI", self._identifier(f"{role}.member_id", person.member_id, WIDTHS["member_id"])]
        return [name, *self._birth(role, person)]

    def _birth(self, role: str, person: Person) -> list[list[str]]:
        if person.gender not in ("M", "F", ""):
            self.errors[f"{role}.gender"] = "a 270 carries M, F or nothing"
        if person.birth_date is None:
            return []
        if person.birth_date > self.at.date():
            self.errors[f"{role}.birth_date"] = "is in the future"
        return [["DMG", "D8", _day(person.birth_date), person.gender]]

    def _asked(self) -> list[list[str]]:
        service_type = self.question.service_type
        if not re.fullmatch(r"[A-Z0-9]{1,2}", service_type):
            self.errors["service_type"] = "must be one service type code"
        asked_on = self.question.service_date
        when = [["DTP", "291", "D8", _day(asked_on)]] if asked_on else []
        return [*when, ["EQ", service_type]]

    def _name(self, field: str, typed: str, width: int, *, is_required: bool = True) -> str:
        sent = transliterate(typed)
        if is_required and not sent:
            self.errors[field] = "has no letter that can be sent" if typed.strip() else "is missing"
        if len(sent) > width:
            self.errors[field] = f"is longer than {width} characters"
        if sent != typed.strip():
            self.notices.append(Notice(field, typed, sent))
        return sent

    def _identifier(self, field: str, typed: str, width: int) -> str:
        """An ID as typed without outer blanks. Changing one silently would ask about somebody else."""
        sent = typed.strip()
        if len(sent) > width:
            self.errors[field] = f"is longer than {width} characters"
        elif not IDENTIFIER.fullmatch(sent):
            self.errors[field] = "has characters that cannot be sent" if sent else "is missing"
        return sent

    def _wrapped(self, number: int) -> int:
        if number < 1:
            self.errors["control"] = "numbers start at 1"
        return (number - 1) % CONTROL_LIMIT + 1


def _day(day: date) -> str:
    """CCYYMMDD; `strftime` would not pad a year before 1000."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def _joined(elements: list[str]) -> str:
    marks = Delimiters()
    text = marks.element.join(elements)
    return (text if elements[0] == "ISA" else text.rstrip(marks.element)) + marks.terminator
