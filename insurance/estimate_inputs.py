"""The inputs of an estimate: read strictly, each as the list of values it may have.

A known input has one value. An unknown one (null) has the ends of what is possible; a list [low, high] has its own
ends. An absent input means that the plan has no such term.
"""

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

MOST_DAYS = 1_096  # three years
MOST_MONEY = Decimal(10_000_000_000)
MOST_VISITS = 1_000_000
LONGEST_TEXT = 2_000
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
MONEY = ("allowed", "copay", "ded_ind", "ded_fam", "oop_ind", "oop_fam", "cash_day", "billed")
BOOLEANS = ("copay_after_ded", "ded_applies", "embedded")
COUNTS = ("visit_limit", "copay_every")
KEYS = frozenset({"days", "coins", "years", "review", *MONEY, *BOOLEANS, *COUNTS})

# What a day costs where nobody told. Shown as "typical", never silently used.
TYPICAL_ALLOWED = (Decimal(250), Decimal(650))
TYPICAL_WEEK = (Decimal(250), Decimal(600))  # self-pay, a week of three days
TYPICAL_CASH = tuple((week / 3).quantize(Decimal("0.01")) for week in TYPICAL_WEEK)
# The out-of-pocket limit that the law allows in network, individual and family, 2026.
LEGAL_LIMIT = {"oop_ind": Decimal(10_600), "oop_fam": Decimal(21_200)}


class CaseError(ValueError):
    """An input cannot be used; the message names it."""


class Unknown:
    """The value of an input that is null."""


UNKNOWN = Unknown()
Choices = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Every input with the values it may have. Plan years are (days, deductible, limit), inputs of their own."""

    choices: dict[str, Choices]
    years: tuple[int, ...]  # days in each plan year, as given in `years`; empty without it
    review: bool = False
    notes: frozenset[str] = field(default=frozenset())

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(key for key, values in self.choices.items() if len(values) > 1)


def read_inputs(case: Mapping[str, Any]) -> Inputs:
    """The inputs of a case. Raises CaseError for the first one that makes no sense."""
    for key in case:
        if key not in KEYS:
            raise CaseError(f"{str(key)[:40]}: is not an input")
    return _Reading({key: literal(key, value) for key, value in case.items()}).inputs()


class _Reading:
    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.notes: set[str] = set()
        self.choices: dict[str, Choices] = {}

    def inputs(self) -> Inputs:
        for key in ("days", "allowed"):
            if key not in self.values and not (key == "days" and "years" in self.values):
                raise CaseError(f"{key}: is needed")
        years = self._years()
        if "days" in self.values:
            self._days(is_replaced=bool(years))
        self._known_and_ranges()
        self._bound_unknowns(sum(years) or max(self.choices["days"]))
        if years:
            for key in ("days", "ded_ind", "oop_ind"):
                self.choices.pop(key, None)
        review = self.values.get("review", False)
        if not isinstance(review, bool):
            raise CaseError("review: must be True or False")
        return Inputs(self.choices, years, review, frozenset(self.notes))

    def _days(self, *, is_replaced: bool) -> None:
        values = self._span("days", self.values["days"], whole("days", least=1, most=MOST_DAYS))
        if values is UNKNOWN and not is_replaced:
            raise CaseError("days: must be known")
        if values is not UNKNOWN:
            self.choices["days"] = values

    def _known_and_ranges(self) -> None:
        readers: dict[str, Callable[[Any], Any]] = {key: money(key) for key in MONEY}
        readers |= {"visit_limit": whole("visit_limit", least=0, most=MOST_VISITS)}
        readers |= {"copay_every": whole("copay_every", least=1, most=MOST_DAYS)}
        readers |= {"coins": self._fraction} | {key: boolean(key) for key in BOOLEANS}
        for key, reader in readers.items():
            if key in self.values:
                self.choices[key] = self._span(key, self.values[key], reader)

    def _span(self, key: str, value: Any, reader: Callable[[Any], Any]) -> Any:
        """(value,), or the ends of a list, or UNKNOWN."""
        if value is None:
            return UNKNOWN
        if not isinstance(value, list | tuple):
            return (reader(value),)
        if not value:
            raise CaseError(f"{key}: an empty list says nothing")
        ends = [reader(each) for each in value]
        low, high = min(ends), max(ends)
        return (low,) if low == high else (low, high)

    def _bound_unknowns(self, days: int) -> None:
        allowed = self._fill("allowed", TYPICAL_ALLOWED)
        whole_price = max(max(allowed) * days, Decimal(1))
        billed = self._fill("billed", (min(allowed), max(2 * max(allowed), TYPICAL_ALLOWED[1])))
        is_out_of_network = bool(billed) and max(billed) > min(allowed)
        for key, legal in LEGAL_LIMIT.items():
            self._fill(key, (Decimal(0), whole_price if is_out_of_network else legal))
        self._fill("coins", (Decimal(0), Decimal(1)))
        self._fill("copay", (Decimal(0), max(allowed)))
        self._fill("cash_day", TYPICAL_CASH)
        for key in ("ded_ind", "ded_fam"):
            self._fill(key, (Decimal(0), whole_price))
        for key in BOOLEANS:
            self._fill(key, (False, True))
        self._fill("copay_every", (1, days))
        limit = self._fill("visit_limit", (0, days))
        if limit:  # the dearest number of visits may lie between the ends
            self.choices["visit_limit"] = tuple(range(min(limit[0], days), min(limit[-1], days) + 1))
        for key, values in self.choices.items():
            if key.startswith("years"):
                self.choices[key] = (Decimal(0), whole_price) if values is UNKNOWN else values

    def _fill(self, key: str, ends: Choices) -> Choices:
        if self.choices.get(key) is UNKNOWN:
            self.choices[key] = ends
            if key in ("allowed", "billed", "cash_day"):
                self.notes.add(f"TYPICAL_{key.upper()}")
        return self.choices.get(key, ())

    def _fraction(self, value: Any) -> Decimal:
        number = decimal("coins", value)
        if number > 100:
            raise CaseError("coins: more than 100 percent")
        if number > 1:
            self.notes.add("NORMALIZED_PERCENT")
            number /= 100
        return number

    def _years(self) -> tuple[int, ...]:
        if "years" not in self.values:
            return ()
        years = self.values["years"]
        if not isinstance(years, list | tuple) or not years:
            raise CaseError("years: must be a list of (days, deductible, out-of-pocket)")
        days = []
        for number, year in enumerate(years):
            if not isinstance(year, list | tuple) or len(year) != 3:
                raise CaseError("years: each must be (days, deductible, out-of-pocket)")
            days.append(whole("years", least=0, most=MOST_DAYS)(year[0]))
            for name, value in (("ded_ind", year[1]), ("oop_ind", year[2])):
                self.choices[f"years[{number}].{name}"] = self._span("years", value, money("years"))
        if not 1 <= sum(days) <= MOST_DAYS:
            raise CaseError(f"years: days must add up to 1 to {MOST_DAYS}")
        return tuple(days)


def literal(key: str, value: Any) -> Any:
    """A value or the Python literal in a string: "36", "True", "None", "[(15, 0, 500)]"."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if len(text) <= LONGEST_TEXT and NUMBER.fullmatch(text):
        return text
    if len(text) > LONGEST_TEXT or not text.startswith(("[", "(", "None", "True", "False")):
        raise CaseError(f"{key}: cannot be understood")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError) as error:
        raise CaseError(f"{key}: cannot be understood") from error


def decimal(key: str, value: Any) -> Decimal:
    """A number that is none of: negative, infinite, not a number, a truth value."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise CaseError(f"{key}: must be a number")
    # Python writes out no whole number of more than 4,300 digits, and counts with none of more than a million.
    too_long = isinstance(value, int) and value.bit_length() > LONGEST_TEXT
    text = "" if too_long else str(value).strip()
    if len(text) > LONGEST_TEXT or not NUMBER.fullmatch(text):
        raise CaseError(f"{key}: must be a number")
    number = Decimal(text)
    if number < 0:
        raise CaseError(f"{key}: must not be negative")
    return abs(number)


def money(key: str) -> Callable[[Any], Decimal]:
    def reader(value: Any) -> Decimal:
        number = decimal(key, value)
        if number > MOST_MONEY:
            raise CaseError(f"{key}: more than {MOST_MONEY:,} dollars")
        return number

    return reader


def whole(key: str, *, least: int, most: int) -> Callable[[Any], int]:
    def reader(value: Any) -> int:
        number = decimal(key, value)
        if not least <= number <= most or number != int(number):
            raise CaseError(f"{key}: must be a whole number from {least} to {most}")
        return int(number)

    return reader


def boolean(key: str) -> Callable[[Any], bool]:
    def reader(value: Any) -> bool:
        if not isinstance(value, bool):
            raise CaseError(f"{key}: must be True or False")
        return value

    return reader
