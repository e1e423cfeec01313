"""A response and its reading as plain JSON values, for `read_271` and for the stored snapshot.

Codes and money are strings. Nothing is left out: every EB with all fourteen elements stands beside what was made of it.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from insurance.codes import Condition
from insurance.messages import Fact
from insurance.reading import Benefits, Contact, Plan, member_benefits, nothing_read, unusable
from insurance.tiers import Accumulator, Tier, Value
from insurance.x12.lines import AAA, Entity, Line, Member, Name, Period
from insurance.x12.response_271 import Acknowledgement, Response, Transaction
from insurance.x12.segments import Problem

CENT = Decimal("0.01")


def response_json(response: Response, condition: Condition) -> dict[str, Any]:
    """Both layers: what was sent, line by line, and what it means."""
    reason = unusable(response)
    read = [
        [(member, _read(transaction, member, condition, reason)) for member in transaction.members]
        for transaction in response.transactions
    ]
    return {
        "kind": response.kind,
        "verdict": _verdict(response, [found for members in read for _member, found in members]),
        "condition": condition,
        "problems": [problem_json(problem) for problem in response.problems],
        "transactions": [
            _transaction(transaction, members) for transaction, members in zip(response.transactions, read, strict=True)
        ],
        "acknowledgements": [_acknowledgement(each) for each in response.acknowledgements],
    }


def _verdict(response: Response, read: list[Benefits]) -> str:
    """The codec's verdict, unless a person has to look: at contradictions, or at a 271 about nobody."""
    is_about_nobody = response.kind == "271" and not read
    if response.verdict == "read" and (is_about_nobody or any(found.review for found in read)):
        return "review"
    return response.verdict


def _read(transaction: Transaction, member: Member, condition: Condition, unusable_for: str) -> Benefits:
    """Nothing in a malformed or refused message may be shown as a benefit."""
    if unusable_for:
        return nothing_read(condition, unusable_for)
    return member_benefits(member, condition=condition, answered_on=transaction.created)


def problem_json(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code.value,
        "segment": problem.segment,
        "position": problem.position,
        "detail": problem.detail,
    }


def _transaction(transaction: Transaction, members: list[tuple[Member, Benefits]]) -> dict[str, Any]:
    traces = [trace.number for member, _found in members for trace in member.traces if trace.kind == "2"]
    return {
        "bht03": transaction.bht03,
        "trn02": traces,
        "payer": _name(transaction.payer),
        "provider": _name(transaction.provider),
        "subscribers": [_member(member, found) for member, found in members],
    }


def _member(member: Member, found: Benefits) -> dict[str, Any]:
    return {
        "loop": member.loop,
        "name": _name(member.name),
        "subscriber": _name(member.subscriber),
        "birth_date": _day(member.birth_date),
        "aaa": [_aaa(aaa) for aaa in member.aaa],
        "lines": [line_json(line) for line in member.lines],
        "benefits": benefits_json(found),
    }


def line_json(line: Line) -> dict[str, Any]:
    """One EB: the fourteen elements as sent, then everything that hangs on it."""
    return {
        "line": line.number,
        "segment": line.segment,
        **{f"eb{number:02d}": element for number, element in enumerate(line.elements, start=1)},
        "stc": list(line.service_types),
        "messages": list(line.messages),
        "dates": [_period(period) for period in line.periods],
        "references": [[ref.qualifier, ref.number, ref.description] for ref in line.references],
        "hsd": [list(delivery) for delivery in line.deliveries],
        "iii": [list(place) for place in line.places],
        "entities": [_entity(entity) for entity in line.entities],
        "aaa": [_aaa(aaa) for aaa in line.aaa],
        "problems": [problem_json(problem) for problem in line.problems],
    }


def benefits_json(found: Benefits) -> dict[str, Any]:
    return {
        "determination": found.determination.value,
        "evidence_level": found.evidence_level,
        "plan": _plan(found.plan),
        "program_network": found.program_network,
        "tiers": [tier_json(tier) for tier in found.tiers],
        "contacts": [_contact(contact) for contact in found.contacts],
        "spend_down": {
            "amount": money(found.spend_down.amount),
            "period": found.spend_down.period,
            "line": found.spend_down.line,
        }
        if found.spend_down
        else None,
        "pays_nothing_outside": found.pays_nothing_outside,
        "inferences": [
            {"fact": inference.fact.value, "sentence": inference.sentence}
            for inference in found.inferences
            if inference.fact is not Fact.ADDITIONAL
        ],
        "review": list(found.review),
        "flags": list(found.flags),
        "question": found.question.value,
        "next_question": found.next_question,
    }


def tier_json(tier: Tier) -> dict[str, Any]:
    return {
        "plan": tier.plan,
        "network": tier.network,
        "tier": tier.tier,
        "proxy": tier.proxy,
        "deductible": {level: accumulator_json(each) for level, each in tier.deductible.items()},
        "out_of_pocket": {level: accumulator_json(each) for level, each in tier.out_of_pocket.items()},
        "coinsurance": _value(tier.coinsurance, fraction) if tier.coinsurance else None,
        "copay": {**_value(tier.copay, money), "unit": tier.copay.unit} if tier.copay else None,
        "visit_limit": accumulator_json(tier.visit_limit, _count) if tier.visit_limit else None,
        "authorization": tier.authorization,
        "embedded": tier.embedded,
        "deductible_applies": tier.deductible_applies,
        "sources": _sources(tier),
    }


def accumulator_json(accumulator: Accumulator, shown: Any = None) -> dict[str, Any]:
    """The parts the payer told; an unknown or doubtful remainder has its bounds beside it."""
    shown = shown or money
    parts = {"total": accumulator.total, "used": accumulator.used, "remaining": accumulator.remaining}
    content: dict[str, Any] = {}
    for name, part in parts.items():
        if part is None and name == "used":
            continue
        content[name] = shown(part.value) if part else None
        if part and part.value is None:
            content |= {f"{name}_low": shown(part.low), f"{name}_high": shown(part.high)}
    return content


def money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.quantize(CENT):f}"


def fraction(share: Decimal | None) -> str | None:
    """A share with at least two places: 0.20, 0.125."""
    if share is None:
        return None
    return f"{share:f}" if share != share.quantize(CENT) else f"{share.quantize(CENT):f}"


def _count(number: Decimal | None) -> str | None:
    return None if number is None else f"{number.normalize():f}"


def _value(value: Value, shown: Any) -> dict[str, Any]:
    return {
        "value": shown(value.value),
        "low": shown(value.low),
        "high": shown(value.high),
        "stc": value.source.stc,
        "line": value.source.line,
        "proxy": value.proxy,
    }


def _sources(tier: Tier) -> dict[str, dict[str, Any]]:
    """Line and service type of each accumulated figure, by its path in the tier."""
    groups = [("deductible", tier.deductible), ("out_of_pocket", tier.out_of_pocket)]
    flat = [(f"{name}.{level}", each) for name, levels in groups for level, each in levels.items()]
    if tier.visit_limit:
        flat.append(("visit_limit", tier.visit_limit))
    return {
        f"{path}.{part}": {"line": value.source.line, "stc": value.source.stc}
        for path, each in flat
        for part in ("total", "used", "remaining")
        if (value := getattr(each, part)) is not None
    }


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "active": plan.active,
        "kind": plan.kind,
        "begins": _day(plan.begins),
        "ends": _day(plan.ends),
    }


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "role": contact.role,
        "name": contact.name,
        "payer_code": contact.payer_code,
        "phones": list(contact.phones),
        "line": contact.line,
    }


def _acknowledgement(each: Acknowledgement) -> dict[str, Any]:
    return {"kind": each.kind, "control": each.control, "accepted": each.accepted, "faults": list(each.faults)}


def _aaa(aaa: AAA) -> dict[str, Any]:
    return {"loop": aaa.loop, "code": aaa.code, "followup": aaa.followup, "valid": aaa.valid, "segment": aaa.segment}


def _entity(entity: Entity) -> dict[str, Any]:
    return {"name": _name(entity.name), "contacts": [list(contact) for contact in entity.contacts]}


def _name(name: Name | None) -> dict[str, str] | None:
    if name is None:
        return None
    parts: Iterable[str] = ("entity", "last", "first", "middle", "qualifier", "number")
    return {part: getattr(name, part) for part in parts}


def _period(period: Period) -> dict[str, Any]:
    return {"qualifier": period.qualifier, "start": _day(period.start), "end": _day(period.end)}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
