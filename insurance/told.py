"""The figures a representative told, laid over those that were known: the newer word counts, value by value.

A value that was not told stays what it was and keeps its own source.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from insurance.codes import BASE
from insurance.reading import applicable
from insurance.tiers import Accumulator, Network, Source, Tier, Value

FROM_CALL = Source(line=0, stc="")
YES_NO = {"yes": True, "no": False}
Answers = Mapping[str, Any]


def tier(answers: Answers, network: Network, known: Sequence[Tier]) -> Tier:
    """The terms at a program of this network, as told, upon those that held there before."""
    before = applicable(known, network) or _nothing_known(answers, network, known)
    if before.network == "unknown" and network != "unknown":
        before = replace(before, network=network)
    said = answers.get("authorization")
    return replace(
        before,
        deductible=_levels(answers, "deductible", before.deductible),
        out_of_pocket=_levels(answers, "oop", before.out_of_pocket),
        visit_limit=_visits(answers, before.visit_limit),
        authorization=said if said in YES_NO else before.authorization,
        **_share(answers, before),
    )


def tiers(
    answers: Answers, network: Network, known: Sequence[Tier], *, by_phone: Collection[str] = ()
) -> tuple[Tier, ...]:
    """All terms, with those at this program as told. Nothing told makes no terms.

    Terms told while the network was not known are this program's, and get its network. Those of the computer's answer
    stay as well: they may hold at the other programs too.
    """
    told = tier(answers, network, known)
    if not told.has_terms and told.authorization == "unknown":
        return tuple(known)
    if any(_key(each) == _key(told) for each in known):
        return tuple(told if _key(each) == _key(told) else each for each in known)
    if takes_over_unnamed(network, known):
        unnamed = applicable(known, network)
        known = [each for each in known if each != unnamed or not _is_from_calls(each, by_phone)]
    return (*known, told)


def takes_over_unnamed(network: Network, known: Sequence[Tier]) -> bool:
    """Whether the terms that named no network are those at a program of this one from now on."""
    before = applicable(known, network)
    return network != "unknown" and before is not None and before.network == "unknown"


def _is_from_calls(one: Tier, by_phone: Collection[str]) -> bool:
    """Whether no part of these terms is a computer's."""
    amounts = [*one.deductible.values(), *one.out_of_pocket.values(), *filter(None, [one.visit_limit])]
    values = [one.coinsurance, one.copay, *(v for each in amounts for v in (each.total, each.used, each.remaining))]
    is_told = one.authorization == "unknown" or "authorization unknown" in by_phone
    return is_told and not any(each.source.line for each in values if each is not None)


def _key(one: Tier) -> tuple[str, str, str]:
    return one.plan, one.network, one.tier


def _nothing_known(answers: Answers, network: Network, known: Sequence[Tier]) -> Tier:
    """Terms yet to be told. They are of the plan that was found: another name would make a second plan of it."""
    return Tier(
        plan=known[0].plan if known else answers.get("plan_name") or "",
        network=network,
        tier=BASE,
        deductible={},
        out_of_pocket={},
        coinsurance=None,
        copay=None,
        visit_limit=None,
        authorization="unknown",
    )


def _share(answers: Answers, before: Tier) -> dict[str, Any]:
    """A copay or a percentage is one answer to one question: whichever was told stands in place of both."""
    share, copay = answers.get("coinsurance"), answers.get("copay")
    applies = YES_NO.get(answers.get("deductible_applies") or "")
    if share is None and copay is None:
        return {"deductible_applies": before.deductible_applies if applies is None else applies}
    return {
        "coinsurance": value(None if share is None else Decimal(share) / 100),
        "copay": value(copay, unit=answers.get("copay_unit") or ""),
        "deductible_applies": applies,
    }


def _levels(answers: Answers, name: str, before: Mapping[str, Accumulator]) -> dict[str, Accumulator]:
    told = {
        "individual": _amounts(answers.get(f"{name}_total"), answers.get(f"{name}_left"), before.get("individual")),
        "family": _amounts(None, answers.get(f"family_{name}_left"), before.get("family")),
    }
    return {**before, **{whose: amounts for whose, amounts in told.items() if amounts is not None}}


def _visits(answers: Answers, before: Accumulator | None) -> Accumulator | None:
    limit, used = answers.get("visit_limit"), answers.get("visits_used")
    whole = limit if limit is not None else before.total.value if before and before.total else None
    if whole is None:  # visits used up to now say nothing of what is left of a limit nobody knows
        return before
    return _amounts(limit, None if used is None else max(whole - used, 0), before)


def _amounts(total: Any, left: Any, before: Accumulator | None) -> Accumulator | None:
    """A yearly amount. Of what is left untold only the bounds are known, unless it is still the same amount."""
    if total is None and left is None:
        return before
    whole = value(total) or (before.total if before else None)
    if left is not None:
        is_another = whole is not None and whole.value is not None and left > whole.value
        return Accumulator(total=None if is_another else whole, remaining=value(left))
    is_same = before is not None and before.total is not None and before.total.value == total
    if is_same and before is not None and before.remaining is not None:
        return replace(before, total=whole)
    ends = Decimal(total)
    return Accumulator(total=whole, remaining=Value(None if ends else ends, Decimal(0), ends, FROM_CALL))


def value(figure: Any, *, unit: str = "") -> Value | None:
    """A figure from the call; none if it was not told."""
    if figure is None:
        return None
    amount = Decimal(figure)
    return Value(value=amount, low=amount, high=amount, source=FROM_CALL, unit=unit)
