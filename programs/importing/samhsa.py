"""SAMHSA's National Directories understood: a row of codes becomes what a listing says.

A code that is there is a yes. A question (category) that was answered without the code reads "not
reported to SAMHSA". A question without any answer, or never asked, stays unknown. See `samhsa_codes`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from django.db import models

from programs.choices import STATES, CareLevel, Format, Ownership, SmokingPolicy, Vocabulary
from programs.importing.samhsa_codes import CODE_KEY, DENIALS, ONLY_IN_YEAR, Side, categories
from programs.models import Organization, Program
from programs.models.program import FACET_COLUMNS, SAMHSA_FACETS

IDENTITY: Final = ("name1", "name2", "street1", "street2", "city", "state", "zip")
REQUIRED: Final = frozenset({"name1", "street1", "city", "state", "zip", "phone", "service_code_info"})
PHONE_COLUMNS: Final = {
    "phone": "main",
    "intake1": "intake",
    "intake2": "intake",
    "intake1a": "intake",
    "intake2a": "intake",
}
IOP: Final = "OIT"
# States whose ZIP codes begin with zeros, which spreadsheets drop.
LEADING_ZEROS: Final = {"CT": 1, "MA": 1, "ME": 1, "NH": 1, "NJ": 1, "RI": 1, "VT": 1, "PR": 2, "VI": 2}
KEYPAD: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")


class UnusableRowError(Exception):
    """Why one row is rejected, in a sentence."""


@dataclass(frozen=True, slots=True)
class CodedValues:
    """What the codes of one row say: slugs by column, and the "facet:value" tokens that were not reported."""

    arrays: Mapping[str, tuple[str, ...]]
    not_offered: tuple[str, ...]


class CodeReader:
    """Turns `service_code_info` of one directory into slugs.

    Each code is one bit, so a row is one integer; per column, equal bits mean equal answers, and those
    are remembered. `only` keeps the values named in it ("therapy:emdr").
    """

    def __init__(self, side: Side, *, only: frozenset[str] | None = None) -> None:
        self.side = side
        self.bits: dict[str, int] = {}
        self._groups: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.questions: dict[str, int] = {}
        self._asked = set(categories(side))
        for code, category in {**categories(side), **_vocabulary_codes(side)}.items():
            self.bits[code] = bit = 1 << len(self.bits)
            self.questions[category] = self.questions.get(category, 0) | bit
        self._ones = {vocabulary: self._slug_of_bit(vocabulary) for vocabulary in (Ownership, SmokingPolicy)}
        self._columns = [
            _Column(facet, FACET_COLUMNS[facet], self._values(facet, vocabulary, only))
            for facet, vocabulary in SAMHSA_FACETS.items()
        ]

    def mask(self, service_code_info: str) -> int:
        """The row's codes as bits; codes that this directory does not have are left out."""
        return self.parse(service_code_info)[0]

    def parse(self, service_code_info: str) -> tuple[int, list[str]]:
        """The row's codes as bits, and the codes that this directory does not have."""
        mask = 0
        unknown: list[str] = []
        for group in service_code_info.split("*"):
            if (found := self._groups.get(group)) is None:
                codes = group.split()
                bits = sum({self.bits[code] for code in codes if code in self.bits})
                found = bits, tuple(code for code in codes if code not in self.bits)
                self._groups[group] = found
            mask |= found[0]
            unknown += found[1]
        return mask, unknown

    def read(self, mask: int) -> CodedValues:
        arrays: dict[str, tuple[str, ...]] = {}
        not_offered: list[str] = []
        for column in self._columns:
            yes, no = column.read(mask)
            arrays[column.name] = yes
            not_offered += no
        return CodedValues(arrays, tuple(not_offered))

    def one(self, mask: int, vocabulary: type[Ownership] | type[SmokingPolicy]) -> str:
        """The one value of a vocabulary that is no facet; "" if none was told."""
        relevant, slugs = self._ones[vocabulary]
        return slugs[found & -found] if (found := mask & relevant) else ""

    def told(self, mask: int, code: str) -> bool | None:
        """Yes, not reported, or (the question unanswered) unknown."""
        category = categories(self.side).get(code)
        return bool(mask & self.bits[code]) if category and mask & self.questions[category] else None

    def _values(
        self, facet: str, vocabulary: type[Vocabulary], only: frozenset[str] | None
    ) -> list[tuple[str, int, int, int]]:
        """(slug, bits that say yes, bits that say the question was answered, bits that say no)."""
        values = []
        for member in vocabulary:
            token = f"{facet}:{member.value}"
            if token == f"level:{CareLevel.IOP}" or (only is not None and token not in only):
                continue
            codes = [code.split("/") for code in member.samhsa if code.startswith(f"{self.side}/")]
            answered = 0
            for _, category, code in codes:
                answered |= self.questions[category] if code in self._asked else 0
            denied = self._bits_of(code for code, tokens in DENIALS.items() if token in tokens)
            if codes:
                values.append((member.value, self._bits_of(member.samhsa), answered, denied))
        return values

    def _slug_of_bit(self, vocabulary: type[Vocabulary]) -> tuple[int, dict[int, str]]:
        slugs = {self._bits_of([code]): member.value for member in vocabulary for code in member.samhsa}
        slugs.pop(0, None)  # codes of the sister directory
        return sum(slugs), slugs

    def _bits_of(self, codes: Iterable[str]) -> int:
        mask = 0
        for code in codes:
            side, _, letters = code.split("/")
            mask |= self.bits[letters] if side == self.side else 0
        return mask


@dataclass(slots=True)
class _Column:
    """One array column: what its codes say, remembered by the bits that matter to it."""

    facet: str
    name: str
    values: list[tuple[str, int, int, int]]
    relevant: int = 0
    seen: dict[int, tuple[tuple[str, ...], list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for _, yes, answered, denied in self.values:
            self.relevant |= yes | answered | denied

    def read(self, mask: int) -> tuple[tuple[str, ...], list[str]]:
        bits = mask & self.relevant
        if (found := self.seen.get(bits)) is None:
            yes, no = [], []
            for slug, says_yes, answered, denied in self.values:
                if bits & says_yes and not bits & denied:
                    yes.append(slug)
                elif bits & (answered | denied):
                    no.append(f"{self.facet}:{slug}")
            found = self.seen[bits] = (tuple(yes), no)
        return found


def _vocabulary_codes(side: Side) -> dict[str, str]:
    """Codes our vocabularies know of other years, beside those of the key."""
    vocabularies: tuple[type[Vocabulary], ...] = (*SAMHSA_FACETS.values(), Ownership, SmokingPolicy)
    codes = [code.split("/") for vocabulary in vocabularies for member in vocabulary for code in member.samhsa]
    return {letters: category for code_side, category, letters in codes if code_side == side}


def beside_substance_use() -> frozenset[str]:
    """What only the mental health directory asks: where a program is in both, the substance-use answers stand."""
    asked = {f"su/{category}/{code}" for code, category in categories("su").items()}
    return frozenset(
        f"{facet}:{member.value}"
        for facet, vocabulary in SAMHSA_FACETS.items()
        for member in vocabulary
        if not asked.intersection(member.samhsa)
    )


# --- a whole file -----------------------------------------------------------------------------------
def tell_side(codes: Iterable[str]) -> Side | None:
    """Which directory these `service_code_info` cells are from: the one that knows their codes. None: neither."""
    seen = Counter(code for cell in codes for code in cell.replace("*", " ").split())
    known = {side: sum(n for code, n in seen.items() if code in categories(side)) for side in CODE_KEY}
    side = max(known, key=lambda each: known[each])
    return side if known[side] and known[side] * 2 > seen.total() else None


def tell_year(codes: Iterable[str]) -> int | None:
    """The survey year, from codes that only one year has."""
    seen = Counter(
        ONLY_IN_YEAR[code] for cell in codes for code in cell.replace("*", " ").split() if code in ONLY_IN_YEAR
    )
    return max(seen, key=lambda year: seen[year]) if seen else None


# --- one row ----------------------------------------------------------------------------------------
def clean(row: Mapping[str, str]) -> dict[str, str]:
    """The cells without needless blanks, and a ZIP code's lost zeros put back.

    Raises `UnusableRowError` for a row that cannot be used; every function below takes a clean row.
    """
    cells = {column: " ".join(cell.split()) for column, cell in row.items()}
    for column in ("name1", "city"):
        if not cells[column]:
            raise UnusableRowError(f"{column} is empty")
    cells["state"] = state = cells["state"].upper()
    if state not in STATES:
        raise UnusableRowError(f"state {state[:20]!r} is not a state or territory")
    cells["zip"] = _whole_zip(cells["zip"], state)
    for column, most in _MOST.items():
        if column in cells and len(cells[column]) > most:
            raise UnusableRowError(f"{column} is longer than {most} characters")
    if len(_name(cells)) > _LONGEST_NAME:
        raise UnusableRowError(f"name1 and name2 make a name longer than {_LONGEST_NAME} characters")
    if _CONTROL.search("".join(cells.values())):
        raise UnusableRowError("a cell holds a control character")
    return cells


def _most(model: type[models.Model], column: str) -> int:
    """How many characters the database takes there."""
    field: Any = model._meta.get_field(column)
    return int(field.max_length)


_LONGEST_NAME: Final = _most(Program, "name")
_MOST: Final[dict[str, int]] = {
    "name1": min(_LONGEST_NAME, _most(Organization, "name")),
    "name2": _LONGEST_NAME,
    "street1": _most(Program, "street"),
    "street2": _most(Program, "street2"),
    "city": _most(Program, "city"),
    **dict.fromkeys(PHONE_COLUMNS, 120),
}
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def _whole_zip(text: str, state: str) -> str:
    """Five digits, from a ZIP+4 or what a spreadsheet makes of a ZIP code: 8105 or 8105.0."""
    text = text.removesuffix(".0")
    if len(text) == 5 and text.isascii() and text.isdigit():
        return text
    if not text.isascii() or not re.fullmatch(r"\d{3,5}(-?\d{4})?", text):
        raise UnusableRowError(f"zip {text[:20]!r} is not a ZIP code")
    code = text[:5] if len(text) == 9 else text.split("-")[0]
    if 5 - len(code) > LEADING_ZEROS.get(state, 0):
        raise UnusableRowError(f"zip {text!r} has {len(code)} digits")
    return code.zfill(5)


def identity(row: Mapping[str, str]) -> str:
    """What makes a row the same row in another year or directory: names and address, however spaced or cased."""
    return "\n".join([row.get(column, "") for column in IDENTITY]).casefold()


def key_of(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()


def content_hash(row: Mapping[str, str]) -> str:
    """Equal for rows that say the same, in whatever format and order of columns they came."""
    return key_of(*[f"{column}\t{cell}" for column, cell in sorted(row.items()) if cell])


def given_point(row: Mapping[str, str]) -> tuple[float, float] | None:
    """The columns latitude and longitude, if the file has them for this row."""
    texts = row.get("latitude", ""), row.get("longitude", "")
    if texts == ("", ""):
        return None
    try:
        latitude, longitude = float(texts[0]), float(texts[1])
    except ValueError:
        raise UnusableRowError("latitude and longitude are not both numbers") from None
    if -15 <= latitude <= 72 and (-180 <= longitude <= -64 or 130 <= longitude <= 180):
        return latitude, longitude
    if -15 <= longitude <= 72 and -180 <= latitude <= -64:
        raise UnusableRowError("latitude and longitude look swapped")
    raise UnusableRowError("latitude and longitude are not in the United States or its territories")


@lru_cache(maxsize=50_000)
def parse_phone(text: str) -> tuple[str, str] | None:
    """("+14145550142", "9") of "414-555-0142 x9"; keypad letters count ("800-555HOPE"). None: no US number."""
    number, _, extension = text.upper().partition(" X")
    if not re.match(r"\W*(1\W+)?[0-9]{3}", number):
        return None  # words, not an area code
    digits = re.sub(r"[^0-9]", "", number.translate(KEYPAD))
    digits = digits.removeprefix("1") if len(digits) == 11 else digits
    if not re.fullmatch(r"[2-9][0-9]{2}[2-9][0-9]{6}", digits):
        return None
    return f"+1{digits}", re.sub(r"[^0-9]", "", extension)[:10]


def phones(row: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(purpose, number, extension) in the order of the columns, each once."""
    found: dict[tuple[str, str, str], None] = {}
    for column, purpose in PHONE_COLUMNS.items():
        if (text := row.get(column)) and (parsed := parse_phone(text)):
            found[purpose, *parsed] = None
    return list(found)


def _name(row: Mapping[str, str]) -> str:
    name1, name2 = row["name1"], row.get("name2", "")
    return f"{name1} – {name2}" if name2 and name2.casefold() != name1.casefold() else name1


def columns(row: Mapping[str, str], reader: CodeReader, mask: int) -> dict[str, Any]:
    """The columns of `Program` that a row speaks of (its place on the map apart)."""
    coded = reader.read(mask)
    return {
        "name": _name(row),
        "street": row["street1"],
        "street2": row.get("street2", ""),
        "city": row["city"],
        "state": row["state"],
        "zip": row["zip"],
        **coded.arrays,
        "formats": (Format.IN_PERSON.value,),  # the directory lists places that people go to
        "not_offered": coded.not_offered,
        "aftercare": reader.told(mask, "ACC"),
        "sliding_scale": reader.told(mask, "SS"),
        "smoking": reader.one(mask, SmokingPolicy),
    }
