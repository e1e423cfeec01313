"""What an episode of treatment may cost the patient: one figure where everything is known, else an honest range.

    estimate(days=36, allowed=300, coins="0.20", ded_ind=1500, oop_ind=6000).total      -> Decimal("3360.00")
    estimate(days=36, allowed=300, coins=None, oop_ind=5000).low, .high, .unknowns      -> None is "unknown"

Every combination of the ends of the unknown inputs is worked out (the total rises or falls steadily with each input,
so the extremes are among them), and the unknowns are ranked by how much the range narrows once one is known. An
estimate is not a guarantee, and not the good-faith estimate that a provider owes a self-pay patient.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import accumulate, product
from math import prod
from typing import Any, NamedTuple

from insurance.adjudication import CENT, Day, PlanYear, Terms, adjudicate, cents
from insurance.estimate_inputs import CaseError, Inputs, read_inputs

RULE_VERSION = "2026-11"
MOST_WORK = 250_000  # days times combinations; about three seconds
TOO_WIDE_RATIO, TOO_WIDE_DOLLARS = 3, 3_000

__all__ = ["CaseError", "Estimate", "Span", "Unknown", "estimate", "self_pay"]


@dataclass(frozen=True, slots=True)
class Span:
    """From `low` to `high` dollars; one figure if they are equal."""

    low: Decimal
    high: Decimal

    @property
    def point(self) -> Decimal | None:
        return self.low if self.low == self.high else None

    def __or__(self, other: "Span") -> "Span":
        return Span(min(self.low, other.low), max(self.high, other.high))


@dataclass(frozen=True, slots=True)
class Unknown:
    """An input nobody told, and by how many dollars the range narrows on average once it is known."""

    key: str
    narrows: Decimal


@dataclass(frozen=True, slots=True)
class Estimate:
    """Dollars for the whole episode. `days` is filled when every input is known."""

    range: Span
    cost_share: Span
    balance_bill: Span
    non_covered: Span
    unknowns: tuple[Unknown, ...] = ()
    under_review: bool = False
    notes: frozenset[str] = field(default=frozenset())
    days: tuple[Day, ...] = ()

    @property
    def low(self) -> Decimal:
        return self.range.low

    @property
    def high(self) -> Decimal:
        return self.range.high

    @property
    def total(self) -> Decimal | None:
        """The one figure; None for a range, and always None while the payer's answer is under review."""
        return None if self.under_review else self.range.point

    @property
    def is_too_wide(self) -> bool:
        """So wide that one more fact should be asked for before a family is shown numbers."""
        width = self.high - self.low
        return width > TOO_WIDE_DOLLARS or (width > 0 and self.high > TOO_WIDE_RATIO * self.low)

    def as_json(self) -> dict[str, Any]:
        """Money as strings with two decimals; what is not one figure is null."""
        parts = {"cost_share": self.cost_share, "balance_bill": self.balance_bill, "non_covered": self.non_covered}
        return {
            "total": dollars(self.total),
            "low": dollars(self.low),
            "high": dollars(self.high),
            **{name: dollars(span.point) for name, span in parts.items()},
            "unknowns": [unknown.key for unknown in self.unknowns],
        }


class _Episode(NamedTuple):
    """An episode in one combination of the unknown inputs."""

    cost_share: Decimal
    balance_bill: Decimal
    non_covered: Decimal

    @property
    def total(self) -> Decimal:
        return self.cost_share + self.balance_bill + self.non_covered


def estimate(**case: Any) -> Estimate:
    """The estimate of a case. Inputs may be numbers or strings holding Python literals; raises CaseError."""
    inputs = read_inputs(case)
    choices = {**inputs.choices}
    limits = choices.pop("visit_limit", (None,))
    longest = max(sum(inputs.years), *choices.get("days", (0,)))
    if prod(len(values) for values in choices.values()) * max(longest, len(limits)) > MOST_WORK:
        raise CaseError("too many unknown inputs for so many days")
    corners = list(product(*choices.values()))
    terms = [_terms(dict(zip(choices, corner, strict=True)), inputs) for corner in corners]
    episodes = [_episodes(each, limits) for each in terms]
    every = [episode for some in episodes for episode in some]
    return Estimate(
        range=_span(each.total for each in every),
        cost_share=_span(each.cost_share for each in every),
        balance_bill=_span(each.balance_bill for each in every),
        non_covered=_span(each.non_covered for each in every),
        unknowns=_ranked(inputs, list(choices), corners, [[each.total for each in some] for some in episodes]),
        under_review=inputs.review,
        notes=inputs.notes,
        days=tuple(adjudicate(replace(terms[0], visit_limit=limits[0]))) if len(every) == 1 else (),
    )


def self_pay(*, weeks: int, per_week: tuple[Decimal, Decimal]) -> Span:
    """What the weeks cost without insurance, from the program's weekly price or a typical range of prices."""
    return Span((weeks * per_week[0]).quantize(CENT), (weeks * per_week[1]).quantize(CENT))


def dollars(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.quantize(CENT):f}"


def _terms(values: dict[str, Any], inputs: Inputs) -> Terms:
    """One combination of values, without the visit limit."""
    if inputs.years:
        years = tuple(
            PlanYear(days, values.pop(f"years[{number}].ded_ind"), values.pop(f"years[{number}].oop_ind"))
            for number, days in enumerate(inputs.years)
        )
    else:
        years = (PlanYear(values.pop("days"), values.pop("ded_ind", None), values.pop("oop_ind", None)),)
    return Terms(years=years, **values)


def _episodes(terms: Terms, limits: tuple[int | None, ...]) -> list[_Episode]:
    """The episode for each visit limit. The covered days are the first ones, so they are worked out once for all."""
    days = adjudicate(terms)
    shares = list(accumulate((day.cost_share for day in days), initial=Decimal(0)))
    balances = list(accumulate((day.balance_bill for day in days), initial=Decimal(0)))
    covered = [len(days) if limit is None else min(limit, len(days)) for limit in limits]
    return [_Episode(shares[some], balances[some], (len(days) - some) * terms.beyond_limit) for some in covered]


def _ranked(
    inputs: Inputs, keys: list[str], corners: list[tuple[Any, ...]], totals: list[list[Decimal]]
) -> tuple[Unknown, ...]:
    """Unknown inputs that change the total, the most telling first. `totals`: of each corner, by visit limit."""
    ends = [(min(some), max(some)) for some in totals]
    whole = _width(end for pair in ends for end in pair)
    left = {}  # what is left of the range on average once this input is known
    for key in inputs.unknown:
        if key == "visit_limit":
            if any(low != high for low, high in ends):
                left[key] = [_width(column) for column in zip(*totals, strict=True)]
            continue
        place = keys.index(key)
        by_value: dict[Any, list[Decimal]] = defaultdict(list)
        by_others: dict[tuple[Any, ...], set[tuple[Decimal, ...]]] = defaultdict(set)
        for corner, some, pair in zip(corners, totals, ends, strict=True):
            by_value[corner[place]] += pair
            by_others[corner[:place] + corner[place + 1 :]].add(tuple(some))
        if any(len(different) > 1 for different in by_others.values()):
            left[key] = [_width(some) for some in by_value.values()]
    found = [Unknown(key, cents(whole - _sum(widths) / len(widths))) for key, widths in left.items()]
    return tuple(sorted(found, key=lambda unknown: (-unknown.narrows, unknown.key)))


def _span(amounts: Iterable[Decimal]) -> Span:
    amounts = list(amounts)
    return Span(cents(min(amounts)), cents(max(amounts)))


def _width(amounts: Iterable[Decimal]) -> Decimal:
    amounts = list(amounts)
    return max(amounts) - min(amounts)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
