"""The dollars of one answer at each of the compared programs, kept with what they were worked out from."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from insurance import pricing
from insurance.encryption import plain_json
from insurance.estimate_inputs import TYPICAL_WEEK
from insurance.estimator import RULE_VERSION, Estimate, Span, self_pay
from insurance.models import (
    BenefitSnapshot,
    ComparedProgram,
    CostEstimate,
    ProgramBilling,
    ProgramPayerContract,
    Verification,
)
from insurance.pricing import ProgramTerms
from insurance.reading import Benefits
from programs.models import Program

# An episode where the program has not told its own: three days a week for twelve weeks.
USED = ("position", "verification", "program__weeks_min", "program__weeks_max", "program__billing")
TYPICAL_DAYS_A_WEEK, TYPICAL_WEEKS = 3, 12


@dataclass(frozen=True, slots=True)
class Priced:
    """One answer to put dollars to."""

    verification: Verification
    snapshot: BenefitSnapshot
    benefits: Benefits


def estimate_all(answers: Sequence[Priced]) -> list[CostEstimate]:
    """One estimate for each compared program that can be priced. Only what is left of the plan's amounts is shared."""
    if not answers:
        return []
    programs: dict[int, list[Program]] = defaultdict(list)
    compared = ComparedProgram.objects.filter(verification__in=[each.verification.pk for each in answers])
    for row in compared.select_related("program__billing").only(*USED):
        programs[row.verification_id].append(row.program)
    contracts = {
        (contract.program_id, contract.payer_id): contract
        for contract in ProgramPayerContract.objects.filter(
            program__in={program.pk for some in programs.values() for program in some},
            payer__in={each.verification.payer_id for each in answers},
        )
    }
    made = []
    for each in answers:
        begins = _first_day(each.verification)
        for program in programs[each.verification.pk]:
            contract = contracts.get((program.pk, each.verification.payer_id))
            terms, notes = terms_of(program, contract, begins=begins, benefits=each.benefits)
            terms = _for_program(terms, each, program)
            found = pricing.price(each.benefits, terms)
            if found is not None:
                made.append(
                    CostEstimate(
                        snapshot=each.snapshot,
                        program=program,
                        rule_version=RULE_VERSION,
                        inputs=plain_json(asdict(terms)),
                        result=result_json(found, notes),
                    )
                )
    return CostEstimate.objects.bulk_create(made)


def _for_program(terms: ProgramTerms, answer: Priced, program: Program) -> ProgramTerms:
    """What the payer says of a provider is about the program that was asked for, and no other.

    A representative's word on its network outweighs the contract on file; a computer's is tried beside it.
    """
    is_asked = program.pk == answer.verification.program_id
    is_known = answer.benefits.program_network != "unknown"
    is_sure = is_asked and is_known and "network" in answer.benefits.told_by_phone
    return replace(terms, is_asked=is_asked, network="unknown" if is_sure else terms.network)


def terms_of(
    program: Program, contract: ProgramPayerContract | None, *, begins: date, benefits: Benefits
) -> tuple[ProgramTerms, set[str]]:
    """What this program agreed with this payer and how long it lasts, with notes on what is only typical."""
    billing: ProgramBilling | None = getattr(program, "billing", None)
    per_week, weeks = _length(program, billing)
    notes = set() if billing and billing.days_per_week and billing.weeks else {"TYPICAL_DAYS"}
    terms = ProgramTerms(
        days=per_week * weeks,
        network=contract.network if contract else "unknown",  # type: ignore[arg-type]
        allowed=contract.allowed_per_day if contract else None,
        billed=billing.billed_per_day if billing else None,
        cash_day=billing.cash_per_day if billing else None,
        days_per_week=per_week,
        days_this_year=_days_until(plan_year_end(benefits.plan.ends, timezone.localdate()), begins, per_week),
    )
    return terms, notes


@dataclass(frozen=True, slots=True)
class SelfPay:
    """What a program costs without insurance. `is_typical`: the program has not told its price, or not both ends."""

    program: Program
    weeks: int
    price: Span
    is_typical: bool


def without_insurance(verification: Verification) -> list[SelfPay]:
    """For a plan that does not pay: the whole length at each compared program, by its own price or a typical one."""
    rows = verification.compared_programs.select_related("program__billing")
    return [_self_pay(row.program) for row in rows]


def _self_pay(program: Program) -> SelfPay:
    billing: ProgramBilling | None = getattr(program, "billing", None)
    per_week, weeks = _length(program, billing)
    price, is_typical = _week(program), None in (program.cost_per_week_min, program.cost_per_week_max)
    if billing and billing.cash_per_day is not None:
        price, is_typical = (billing.cash_per_day * per_week, billing.cash_per_day * per_week), False
    return SelfPay(program, weeks, self_pay(weeks=weeks, per_week=price), is_typical)


def _week(program: Program) -> tuple[Decimal, Decimal]:
    """Its own price of a week; an end that it has not told is the typical one, never beyond the one it has."""
    low, high = TYPICAL_WEEK
    if program.cost_per_week_min is not None:
        low = Decimal(program.cost_per_week_min)
        high = max(low, high)
    if program.cost_per_week_max is not None:
        high = Decimal(program.cost_per_week_max)
        low = min(low, high)
    return low, high


def _length(program: Program, billing: ProgramBilling | None) -> tuple[int, int]:
    """Days a week and weeks: the program's own, else typical ones."""
    per_week = (billing and billing.days_per_week) or TYPICAL_DAYS_A_WEEK
    return per_week, (billing and billing.weeks) or program.weeks_max or program.weeks_min or TYPICAL_WEEKS


def plan_year_end(plan_ends: date | None, answered: date) -> date:
    """The last day that the amounts of an answer hold: the payer's own end of the plan if it is within a year, else
    the end of the calendar year.
    """
    within = plan_ends is not None and answered <= plan_ends < answered + timedelta(days=366)
    return plan_ends if within and plan_ends else date(answered.year, 12, 31)


def _days_until(last: date, begins: date, per_week: int) -> int:
    """Days attended up to and including `last`, at an even pace; none if it all begins later."""
    return max((last - begins).days + 1, 0) * per_week // 7


def _first_day(verification: Verification) -> date:
    return verification.admission_on or verification.service_date or timezone.localdate()


def result_json(found: Estimate, notes: set[str]) -> dict[str, Any]:
    """The figures as in `estimate_cost`, what each unknown would narrow, and what must be said beside them."""
    spans = {"cost_share": found.cost_share, "balance_bill": found.balance_bill, "non_covered": found.non_covered}
    return {
        **found.as_json(),
        "parts": {name: [_money(span.low), _money(span.high)] for name, span in spans.items()},
        "narrows": [{"key": each.key, "dollars": _money(each.narrows)} for each in found.unknowns],
        "notes": sorted(found.notes | notes),
        "under_review": found.under_review,
    }


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"
