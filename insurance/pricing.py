"""One set of benefits priced at one program, or at several: the reading of a 271 turned into inputs of an estimate.

price(found, ProgramTerms(network="in", allowed=Decimal(300), days=36))          -> Estimate, or None
compare(found, {"harbor-light": terms, "third-ward": other_terms})               -> an Estimate or None for each
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from insurance.estimator import Estimate, Unknown, estimate
from insurance.reading import PUBLIC, Benefits, applicable
from insurance.states import Determination
from insurance.tiers import Accumulator, Network, Tier, Value

PRICED = frozenset(
    {
        Determination.COVERED,
        Determination.COVERED_AUTH_REQUIRED,
        Determination.ACTIVE_IOP_UNCONFIRMED,
        Determination.LIMIT_EXHAUSTED,
    }
)
PERIOD_ENDED = "PLAN_PERIOD_ENDED"  # last year's amounts say little of this year's: no single figure
WEEKS_A_YEAR, MONTHS_A_YEAR = 52, 12
NO_TERM = 0  # a plan year's tuple cannot leave a deductible out; it can be 0
NO_LIMIT = Decimal(10_000_000)


@dataclass(frozen=True, slots=True)
class ProgramTerms:
    """What a program and the plan agreed on, and for how long. None: not told."""

    days: int
    network: Network = "unknown"
    allowed: Decimal | None = None  # the plan's price a day
    billed: Decimal | None = None  # the program's charge a day
    cash_day: Decimal | None = None  # its price a day without insurance
    days_per_week: int = 3
    days_this_year: int | None = None  # attended before the plan year ends; None: all of them
    is_asked: bool = True  # on whose behalf the payer was asked: what it says of the provider is about this one


def price(benefits: Benefits, program: ProgramTerms) -> Estimate | None:
    """What the episode costs with this insurance. None where there is nothing to price: a plan that is not active or
    does not cover, another company to ask, a spend-down that comes first.
    """
    if not _is_priced(benefits, program) or benefits.spend_down is not None:
        return None
    networks = {network: _in_network(benefits, program, network) for network in _networks(benefits, program)}
    merged = _merged(networks, by="network")
    notes = merged.notes | _notes(benefits, merged)
    if benefits.pays_nothing_outside and "out" in networks:
        notes |= {"NOTHING_OUTSIDE"}
    return replace(merged, notes=notes, under_review=merged.under_review or PERIOD_ENDED in benefits.flags)


def _is_priced(benefits: Benefits, program: ProgramTerms) -> bool:
    """A payer that pays nothing at the program it was asked for, being out of network, may pay at another."""
    elsewhere = benefits.determination == Determination.NOT_COVERED_OUT_OF_NETWORK and not program.is_asked
    return elsewhere or benefits.determination in PRICED


def _in_network(benefits: Benefits, program: ProgramTerms, network: Network) -> Estimate:
    """The estimate in or out of network; over all plans, where nobody knows which of several pays first."""
    plans = dict.fromkeys(tier.plan for tier in benefits.tiers) or {"": None}
    by_plan = {plan: estimate(**case_from(_of_plan(benefits, plan), program, network=network)) for plan in plans}
    return _merged(by_plan, by="plan")


def _of_plan(benefits: Benefits, plan: str) -> Benefits:
    return replace(benefits, tiers=tuple(tier for tier in benefits.tiers if tier.plan == plan))


def compare(benefits: Benefits, programs: Mapping[str, ProgramTerms]) -> dict[str, Estimate | None]:
    """The same verification priced at each program: only what is left of the yearly amounts is shared."""
    return {key: price(benefits, program) for key, program in programs.items()}


def case_from(benefits: Benefits, program: ProgramTerms, *, network: Network | None = None) -> dict[str, Any]:
    """Inputs for `estimate`: what the payer did not tell is null, what the plan does not have is left out."""
    network = network or program.network
    tier = applicable(benefits.tiers, network)
    case: dict[str, Any] = {"days": program.days, "allowed": program.allowed, "review": bool(benefits.review)}
    if network == "out" and benefits.pays_nothing_outside:
        return {**case, "visit_limit": 0, "cash_day": program.cash_day}
    case |= _billing(program, network)
    case |= _service_terms(benefits, tier, network, program)
    case |= _amounts(benefits, tier)
    if tier is not None and tier.visit_limit is not None:
        visits = _choice(tier.visit_limit.remaining)
        ends = visits if isinstance(visits, list) else [visits]
        case["visit_limit"] = None if visits is None else [min(int(end), program.days) for end in ends]
        case["cash_day"] = program.cash_day
    return _with_new_year(case, tier, program)


def _networks(benefits: Benefits, program: ProgramTerms) -> tuple[Network, ...]:
    """What the program's contract says, and what the payer says of the program it was asked for; if they differ, both
    are tried.
    """
    of_program = benefits.program_network if program.is_asked else "unknown"
    told = {network for network in (program.network, of_program) if network != "unknown"}
    order: tuple[Network, ...] = ("in", "out")
    return tuple(network for network in order if network in told) if told else order


def _merged(found: Mapping[Any, Estimate], *, by: str) -> Estimate:
    """One estimate over all that is possible `by` network or plan. Which one it is may be the fact most worth knowing."""
    estimates = list(found.values())
    merged = estimates[0]
    for other in estimates[1:]:
        merged = replace(
            merged,
            range=merged.range | other.range,
            cost_share=merged.cost_share | other.cost_share,
            balance_bill=merged.balance_bill | other.balance_bill,
            non_covered=merged.non_covered | other.non_covered,
            notes=merged.notes | other.notes,
            days=(),
        )
    if len(estimates) == 1:
        return merged
    width = merged.high - merged.low
    left = sum((each.high - each.low for each in estimates), Decimal(0)) / len(estimates)
    ranked = {by: width - left}
    for each in estimates:
        for unknown in each.unknowns:
            ranked[unknown.key] = max(ranked.get(unknown.key, Decimal(0)), unknown.narrows)
    unknowns = [Unknown(key, narrows.quantize(Decimal("0.01"))) for key, narrows in ranked.items() if width]
    return replace(merged, unknowns=tuple(sorted(unknowns, key=lambda unknown: (-unknown.narrows, unknown.key))))


def _notes(benefits: Benefits, merged: Estimate) -> set[str]:
    """What has to be said beside the figure."""
    notes = set()
    if PERIOD_ENDED in benefits.flags:
        notes.add("PERIOD_ENDED")
    if benefits.determination == Determination.ACTIVE_IOP_UNCONFIRMED:
        notes.add("NOT_CONFIRMED")
    if {"OTHER_PAYER", "TWO_PLANS"} & set(benefits.flags):
        notes.add("UP_TO")
    if "PROXY_ONLY" in benefits.flags:
        notes.add("PROXY")
    if merged.is_too_wide:
        notes.add("TOO_WIDE")
    return notes


def _billing(program: ProgramTerms, network: Network) -> dict[str, Any]:
    """In network a program may not bill above the plan's price; below it, the plan pays on the charge."""
    if network == "out":
        return {"billed": program.billed}
    is_below = program.billed is not None and program.allowed is not None and program.billed < program.allowed
    return {"billed": program.billed} if is_below else {}


def _service_terms(benefits: Benefits, tier: Tier | None, network: Network, program: ProgramTerms) -> dict[str, Any]:
    """Copay and coinsurance. A copay of $0 beside a coinsurance means that there is no copay. Whether another copay
    comes before or after the deductible is unknown unless the payer said so.
    """
    coinsurance, copay = (tier.coinsurance, tier.copay) if tier else (None, None)
    if coinsurance is None and copay is None:
        return {"coins": _shares_of_other_tiers(benefits, network)}
    terms: dict[str, Any] = {}
    if coinsurance is not None:
        terms["coins"] = _choice(coinsurance)
    if copay is not None and not (copay.value == 0 and coinsurance is not None):
        terms |= {"copay": _choice(copay), "copay_every": _days_per_copay(copay.unit, program)}
        terms["copay_after_ded"] = tier.deductible_applies if tier else None
    if tier is not None and tier.deductible_applies is False:
        terms["ded_applies"] = False
    return terms


def _shares_of_other_tiers(benefits: Benefits, network: Network) -> Any:
    """Where only named tiers have a share and none is the base, it is one of theirs; else anything from 0 to 1."""
    shares = [tier.coinsurance.value for tier in benefits.tiers if tier.network == network and tier.coinsurance]
    known = [share for share in shares if share is not None]
    return [min(known), max(known)] if known and len(known) == len(shares) else None


def _amounts(benefits: Benefits, tier: Tier | None) -> dict[str, Any]:
    """Deductible and out-of-pocket limit left. A plan that tells neither has them all the same, unless it is public."""
    groups = {"ded": tier.deductible if tier else {}, "oop": tier.out_of_pocket if tier else {}}
    amounts: dict[str, Any] = {}
    for name, levels in groups.items():
        for level, key in (("individual", f"{name}_ind"), ("family", f"{name}_fam")):
            if level in levels:
                amounts[key] = _choice(levels[level].remaining)
        if not levels and benefits.plan.kind not in PUBLIC:
            amounts[f"{name}_ind"] = None
    if tier is not None and tier.embedded is False:
        amounts["embedded"] = False
    return amounts


def _days_per_copay(unit: str, program: ProgramTerms) -> int:
    a_month = round(program.days_per_week * WEEKS_A_YEAR / MONTHS_A_YEAR)
    return {"week": program.days_per_week, "month": a_month, "episode": program.days}.get(unit, 1)


def _choice(value: Value | None) -> Any:
    """A value as the estimator takes it: the figure, its two bounds, or None."""
    if value is None or (value.value is None and (value.high is None or value.low is None)):
        return None
    return value.value if value.value is not None else [value.low, value.high]


def _with_new_year(case: dict[str, Any], tier: Tier | None, program: ProgramTerms) -> dict[str, Any]:
    """The episode cut where the plan year ends: from there on, the whole amounts are due again."""
    first = program.days_this_year
    if first is None or first >= program.days:
        return case
    ded_again, oop_again = (_total(tier.deductible if tier else {}), _total(tier.out_of_pocket if tier else {}))
    if "ded_fam" in case and "ded_ind" not in case:
        case["embedded"] = False  # or the 0 that stands for "none" would be the smaller deductible
    this_year = (first, case.pop("ded_ind", NO_TERM), case.pop("oop_ind", NO_LIMIT))
    next_year = (
        program.days - first,
        ded_again if tier and tier.deductible else this_year[1],
        oop_again if tier and tier.out_of_pocket else this_year[2],
    )
    return {**{key: value for key, value in case.items() if key != "days"}, "years": [this_year, next_year]}


def _total(levels: Mapping[str, Accumulator]) -> Any:
    """The whole amount of a new year: the individual's, else the family's."""
    chosen = levels.get("individual") or levels.get("family")
    return _choice(chosen.total) if chosen else None
