"""Sort a 271's lines into plans, networks and tiers, and settle each value: one figure, or a range if they conflict.

The rule throughout: a more specific line beats a general one, a line of this network beats one for both networks, and
two equal lines that differ make a range and a review, never first-wins.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from insurance.codes import BASE, GENERAL, PROXY_RANK, SILENT_RANK, Spoken
from insurance.messages import Fact
from insurance.x12.lines import DECIMAL, LONGEST_NUMBER, Line

Network = Literal["in", "out", "unknown"]
Answer = Literal["yes", "no", "unknown"]

NETWORKS: dict[str, tuple[Network, ...]] = {"Y": ("in",), "N": ("out",), "W": ("in", "out")}
TOTAL_PERIODS = frozenset({"", "21", "22", "23", "25", "26", "31", "32"})
USED, REMAINING = "24", frozenset({"29", "33"})
FAMILY_LEVELS = frozenset({"FAM", "ESP", "ECH", "SPC"})
VALUED = frozenset("ABCFG")
# Status, description, basis and disclaimer: not terms, but approval in advance or a number of visits may stand there.
REMARKS = frozenset({"1", "2", "3", "4", "CB", "D", "J", "P"})
COPAY_UNITS = {"35": "week", "34": "month", "26": "episode", "36": "episode"}
VISIT_UNITS = frozenset({"VS", "DY"})
USED_UNIT = "99"
ONE, HUNDRED, ZERO = Decimal(1), Decimal(100), Decimal(0)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value came from: the EB line (counted from 1) and the service type it was said about."""

    line: int
    stc: str


@dataclass(frozen=True, slots=True)
class Value:
    """A figure as the payer gave it. `value` is None if unknown or in conflict; then `low` and `high` bound it
    (`high` None: no bound is known)."""

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    source: Source
    proxy: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Accumulator:
    """A yearly amount: what it is in all, what is used, what is left. None: not told."""

    total: Value | None = None
    used: Value | None = None
    remaining: Value | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """One set of terms: of this plan, in or out of network, base or a tier that only the text names."""

    plan: str
    network: Network
    tier: str
    deductible: dict[str, Accumulator]
    out_of_pocket: dict[str, Accumulator]
    coinsurance: Value | None
    copay: Value | None
    visit_limit: Accumulator | None
    authorization: Answer
    embedded: bool | None = None  # False: only the family amount counts
    deductible_applies: bool | None = None

    @property
    def has_terms(self) -> bool:
        return bool(self.deductible or self.out_of_pocket or self.coinsurance or self.copay or self.visit_limit)

    @property
    def proxy(self) -> bool:
        """Whether a price here rests on office or psychotherapy terms instead of an IOP's."""
        return any(value.proxy for value in (self.coinsurance, self.copay) if value)


class Candidate(NamedTuple):
    """A line that may set a value of one network."""

    spoken: Spoken
    is_exact: bool  # names this network, not both

    @property
    def rank(self) -> int:
        return self.spoken.rank

    @property
    def line(self) -> Line:
        return self.spoken.line


@dataclass
class Notes:
    """What the reader wants people to know: harmless flags, and reasons for a review."""

    flags: set[str] = field(default_factory=set)
    review: set[str] = field(default_factory=set)


def read_tiers(said: Sequence[Spoken], notes: Notes, plan_of: Callable[[Line], str]) -> tuple[Tier, ...]:
    """Every tier the lines tell of, base tiers first."""
    usable = [one for one in said if _is_told(one) and one.rank < SILENT_RANK and not one.line.is_rejected]
    labels = _labels(usable, notes)
    groups: dict[tuple[str, Network, str], list[Candidate]] = defaultdict(list)
    for one in usable:
        for network in NETWORKS.get(one.line.network, ("unknown",)):
            key = plan_of(one.line), network, labels[one.line.number]
            groups[key].append(Candidate(one, one.line.network != "W"))
    settled = [
        _Settler(notes).tier(key, group, groups.get((key[0], "unknown", key[2]), [])) for key, group in groups.items()
    ]
    tiers = [tier for tier in settled if tier.has_terms or tier.authorization != "unknown"]
    order = {"in": 0, "out": 1, "unknown": 2}
    return tuple(sorted(tiers, key=lambda tier: (tier.plan, tier.tier != BASE, order[tier.network], tier.tier)))


def _is_told(one: Spoken) -> bool:
    """Whether a line may set a value of a tier."""
    remarks = one.line.code in REMARKS and (bool(_approval(one)) or _visits(one.line) is not None)
    return one.line.code in VALUED or remarks


def _labels(said: Iterable[Spoken], notes: Notes) -> dict[int, str]:
    """Each line's tier. An unknown sentence makes a tier only where lines alike but for it differ in value; the reader
    is told to look at it.
    """
    labels = {}
    alike: dict[tuple[object, ...], list[Spoken]] = defaultdict(list)
    for one in said:
        line = one.line
        labels[line.number] = one.tier
        alike[line.plan, line.code, line.level, line.period, line.network, one.rank, one.tier].append(one)
    for group in alike.values():
        if len({(one.line.amount, one.line.percent, one.line.quantity) for one in group}) > 1:
            unknown = {one.line.number: one.rest.lower() for one in group if one.rest}
            labels |= unknown
            if unknown:
                notes.flags.add("TIER_BY_UNKNOWN_TEXT")
    return labels


class _Settler:
    """Settles the values of one tier."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def tier(self, key: tuple[str, Network, str], candidates: list[Candidate], unnamed: list[Candidate]) -> Tier:
        """`unnamed`: lines of the same plan and tier that name no network; what they say of approval holds in each."""
        by_code: dict[str, list[Candidate]] = defaultdict(list)
        for candidate in candidates:
            by_code[candidate.line.code].append(candidate)
        terms = [one for code in "AB" for one in _best(by_code[code])]
        plan, network, label = key
        return Tier(
            plan=plan,
            network=network,
            tier=label,
            deductible=self._accumulators(by_code["C"]),
            out_of_pocket=self._accumulators(by_code["G"]),
            coinsurance=self._coinsurance(by_code["A"]),
            copay=self._copay(by_code["B"]),
            visit_limit=self._visit_limit([one for one in candidates if one.line.code not in "CG"]),
            authorization=self._authorization(candidates if network == "unknown" else [*candidates, *unnamed], terms),
            embedded=_embedded(by_code["C"]),
            deductible_applies=_applies(terms),
        )

    def _coinsurance(self, candidates: list[Candidate]) -> Value | None:
        fractions = [(one, self._fraction(one.line)) for one in _best(candidates, self._has_percent)]
        return self._settle(
            [(one, fraction) for one, fraction in fractions if fraction is not None], candidates, top=ONE
        )

    def _has_percent(self, line: Line) -> bool:
        if line.percent is None:
            self.notes.flags.add("MISSING_PERCENT")
        if line.amount is not None:
            self.notes.flags.add("UNEXPECTED_AMOUNT")
        return line.percent is not None

    def _fraction(self, line: Line) -> Decimal | None:
        """The patient's share, between 0 and 1. "20" is twenty percent; exactly 1 is doubtful."""
        percent = line.percent
        if percent is None:
            return None
        if percent < 0 or percent > HUNDRED:
            self.notes.review.add("BAD_PERCENT")
            return None
        if percent > ONE:
            self.notes.flags.add("NORMALIZED_PERCENT")
            percent /= HUNDRED
        if percent == ONE:
            self.notes.review.add("PATIENT_PAYS_ALL")
        return percent

    def _copay(self, candidates: list[Candidate]) -> Value | None:
        best = _best(candidates, self._has_amount)
        units = {COPAY_UNITS.get(one.line.period, "visit") for one in best}
        if len(units) > 1:
            self.notes.review.add("CONFLICT")
        amounts = [(one, one.line.amount) for one in best if one.line.amount is not None and one.line.amount >= 0]
        return self._settle(amounts, candidates, top=None, unit=min(units, default="visit"))

    def _has_amount(self, line: Line) -> bool:
        if line.amount is None:
            self.notes.flags.add("MISSING_AMOUNT")
        if line.percent is not None:
            self.notes.flags.add("UNEXPECTED_PERCENT")
        return line.amount is not None

    def _settle(
        self,
        found: list[tuple[Candidate, Decimal]],
        candidates: list[Candidate],
        *,
        top: Decimal | None,
        unit: str = "",
    ) -> Value | None:
        """One value of equally good lines: agreed, in conflict, or (lines without a usable figure) unknown."""
        if not candidates:
            return None
        if not found:
            best = _best(candidates)[0]
            return Value(None, ZERO, top, _source(best), best.rank >= PROXY_RANK, unit)
        values = sorted({amount for _one, amount in found})
        if len(values) > 1:
            self.notes.flags.add("CONFLICT")
            self.notes.review.add("CONFLICT")
        best = found[0][0]
        if best.rank >= PROXY_RANK:
            self.notes.flags.add("PROXY_ONLY")
        single = values[0] if len(values) == 1 else None
        return Value(single, values[0], values[-1], _source(best), best.rank >= PROXY_RANK, unit)

    def _accumulators(self, candidates: list[Candidate]) -> dict[str, Accumulator]:
        levels: dict[str, list[Candidate]] = defaultdict(list)
        for one in candidates:
            if one.spoken.is_relevant and one.line.amount is not None:
                if not one.line.level:
                    self.notes.flags.add("LEVEL_ASSUMED")
                levels["family" if one.line.level in FAMILY_LEVELS else "individual"].append(one)
        read = {level: self._accumulator(group, lambda line: line.amount) for level, group in sorted(levels.items())}
        return {level: accumulator for level, accumulator in read.items() if accumulator is not None}

    def _visit_limit(self, candidates: list[Candidate]) -> Accumulator | None:
        """From limits, and from the number of visits (HSD) that terms or a status hold for."""
        relevant = [one for one in candidates if one.spoken.is_relevant]
        visits = [one for one in relevant if _visits(one.line) is not None]
        limits = [one for one in relevant if one.line.code == "F" and one.spoken.code != GENERAL]
        if any(_is_limit(one.line) and (_visits(one.line) is None or not _part(one.line)) for one in limits):
            self.notes.flags.add("LIMIT_NOT_COUNTED")
        return self._accumulator(visits, _visits)

    def _accumulator(self, group: list[Candidate], amount: Callable[[Line], Decimal | None]) -> Accumulator | None:
        """Total, used and remaining, checked against each other: total - used must be what remains.

        All from equally specific lines: the mental-health deductible and the plan's are two different pots.
        """
        parts: dict[str, list[Candidate]] = defaultdict(list)
        stated = [(one, part) for one in group if (part := _part(one.line))]
        top = min((one.rank for one, _part_name in stated), default=None)
        for one, part in stated:
            if one.rank == top:
                parts[part].append(one)
        if not parts:
            return None
        figures = {part: self._figure(found, amount) for part, found in parts.items()}
        total, used, remaining = figures.get("total"), figures.get("used"), figures.get("remaining")
        return Accumulator(total, used, self._remaining(total, used, remaining))

    def _figure(self, found: list[Candidate], amount: Callable[[Line], Decimal | None]) -> Value | None:
        best = [(one, figure) for one in _best(found) if (figure := amount(one.line)) is not None]
        if any(figure < 0 for _one, figure in best):
            self.notes.review.add("NEGATIVE_AMOUNT")
            return Value(None, ZERO, None, _source(best[0][0]))
        return self._settle(best, found, top=None)

    def _remaining(self, total: Value | None, used: Value | None, remaining: Value | None) -> Value | None:
        whole, spent = (part.value if part else None for part in (total, used))
        left = max(whole - spent, ZERO) if whole is not None and spent is not None else None
        if remaining is None and total is not None:
            derived = ZERO if whole == 0 else left
            if derived is not None:
                return Value(derived, derived, derived, total.source)
            return Value(None, ZERO, total.high, total.source)
        if remaining is None:
            return None
        if remaining.value is None:
            high = remaining.high if remaining.high is not None else whole
            return Value(None, remaining.low, high, remaining.source)
        others = [
            other
            for other in (left, whole if whole is not None and remaining.value > whole else None)
            if other is not None
        ]
        spread = sorted([remaining.value, *others])
        if spread[0] == spread[-1]:
            return remaining
        self.notes.review.add(
            "REMAINING_ABOVE_TOTAL" if whole is not None and remaining.value > whole else "ARITHMETIC"
        )
        return Value(None, spread[0], spread[-1], remaining.source)

    def _authorization(self, candidates: Iterable[Candidate], terms: Iterable[Candidate]) -> Answer:
        """From the most specific lines that say yes or no. A line about mental health in general may say that approval
        is needed, one about the whole plan only if the terms are the plan's too; "not needed" holds for no more
        specific terms than its own.
        """
        best = min((one.rank for one in terms if one.spoken.is_relevant), default=None)
        said = [
            (one.rank, approval)
            for one in candidates
            if one.spoken.is_relevant and (one.spoken.code != GENERAL or one.rank == best)
            for approval in _approval(one.spoken)
        ]
        top = min((rank for rank, _approval in said), default=None)
        answers = {approval for rank, approval in said if rank == top}
        if answers == {"yes", "no"}:
            self.notes.review.add("AUTHORIZATION_CONFLICT")
        if "yes" in answers:
            return "yes"
        return "no" if "no" in answers and top is not None and (best is None or top <= best) else "unknown"


def _best(candidates: Sequence[Candidate], has_figure: Callable[[Line], bool] = lambda line: True) -> list[Candidate]:
    """The most specific candidates; of these, those of exactly this network. A line without a figure stands back."""
    with_figure = [one for one in candidates if has_figure(one.line)] or list(candidates)
    if not with_figure:
        return []
    top = min(one.rank for one in with_figure)
    most_specific = [one for one in with_figure if one.rank == top]
    return [one for one in most_specific if one.is_exact] or most_specific


def _source(candidate: Candidate) -> Source:
    return Source(candidate.line.number, candidate.spoken.code)


def _approval(one: Spoken) -> set[Answer]:
    """What a line says of approval in advance, by EB11 or in words: nothing, yes, no, or both."""
    is_yes = one.line.authorization == "Y" or one.says(Fact.AUTHORIZATION_REQUIRED)
    is_no = one.line.authorization == "N" or one.says(Fact.AUTHORIZATION_NOT_REQUIRED)
    told: dict[Answer, bool] = {"yes": is_yes, "no": is_no}
    return {answer for answer, holds in told.items() if holds}


def _part(line: Line) -> str:
    """Whether a figure is all there is of it, what is used, or what remains; "" if it is of another kind."""
    period = _period(line)
    if period == USED or line.unit == USED_UNIT:
        return "used"
    if period in REMAINING:
        return "remaining"
    return "total" if period in TOTAL_PERIODS else ""


def _visits(line: Line) -> Decimal | None:
    """A number of visits or days, from EB09 and EB10 or from an HSD that is no frequency ("two a week")."""
    if line.unit in VISIT_UNITS | {USED_UNIT} and line.quantity is not None:
        return line.quantity
    for unit, quantity, *rest in line.deliveries:
        if unit in VISIT_UNITS and DECIMAL.fullmatch(quantity) and len(quantity) <= LONGEST_NUMBER and not rest[0]:
            return Decimal(quantity)
    return None


def _is_limit(line: Line) -> bool:
    """Whether a line sets any limit at all: in dollars, hours, visits a week ..."""
    return (
        bool(line.amount) or line.quantity is not None or any(quantity for _unit, quantity, *_rest in line.deliveries)
    )


def _period(line: Line) -> str:
    """EB06, or for a limit told in an HSD the period there."""
    if (line.period and line.code == "F") or line.code in "CG":
        return line.period
    return next((delivery[4] for delivery in line.deliveries if delivery[4]), "")


def _embedded(candidates: Sequence[Candidate]) -> bool | None:
    if any(one.spoken.says(Fact.AGGREGATE_DEDUCTIBLE) for one in candidates):
        return False
    return True if any(one.spoken.says(Fact.EMBEDDED) for one in candidates) else None


def _applies(terms: Sequence[Candidate]) -> bool | None:
    """Whether the text says that the deductible comes first, or that it does not apply."""
    if any(one.spoken.says(Fact.DEDUCTIBLE_WAIVED) for one in terms):
        return False
    return True if any(one.spoken.says(Fact.DEDUCTIBLE_APPLIES) for one in terms) else None
