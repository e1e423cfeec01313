"""A reading as a snapshot keeps it, back as values: what a call to the payer goes on from."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from insurance.messages import Fact, Inference
from insurance.models import BenefitSnapshot, Verification
from insurance.pricing import PERIOD_ENDED
from insurance.questions import Question
from insurance.reading import Benefits, Contact, Plan, SpendDown
from insurance.states import Determination
from insurance.tiers import Accumulator, Source, Tier, Value

FACTS = frozenset(Fact)
# What a representative alone can have told in an answer from before each part was kept apart.
ALL_BY_PHONE = ("determination", "network", "plan", "authorization in", "authorization out", "authorization unknown")


def standing(verification: Verification, *, at: datetime | None = None) -> BenefitSnapshot | None:
    """The answer that a call adds to: none in doubt, none that was old at that moment or is of a period that is over."""
    snapshot = BenefitSnapshot.objects.filter(verification=verification, superseded_at=None).first()
    if snapshot is None or snapshot.review or PERIOD_ENDED in snapshot.flags:
        return None
    is_old = verification.stale_at is not None and verification.stale_at <= (at or timezone.now())
    return None if is_old else snapshot


def read(snapshot: BenefitSnapshot) -> Benefits:
    """The benefits that were kept. Older readings may lack what was not looked for yet."""
    data: dict[str, Any] = snapshot.data
    question = data.get("question")
    found = Benefits(
        condition="sud" if data.get("condition") == "sud" else "mh",
        determination=Determination(snapshot.determination),
        evidence_level=snapshot.evidence_level,
        plan=_plan(data.get("plan") or {}),
        program_network=data.get("program_network") or "unknown",
        tiers=tuple(_tier(each) for each in data.get("tiers") or ()),
        contacts=tuple(_contact(each) for each in data.get("contacts") or ()),
        pays_nothing_outside=bool(data.get("pays_nothing_outside")),
        inferences=tuple(_inferences(data.get("inferences") or ())),
        review=tuple(snapshot.review),
        flags=tuple(snapshot.flags),
        question=Question(question) if question in Question.values else Question.CONFIRM,
        told_by_phone=_told_by_phone(snapshot),
    )
    owed = data.get("spend_down")
    if not owed:
        return found
    return replace(found, spend_down=SpendDown(_decimal(owed.get("amount")), owed.get("period", ""), owed["line"]))


def _told_by_phone(snapshot: BenefitSnapshot) -> tuple[str, ...]:
    """None is an answer too: a call that taught nothing. Nobody told a network that is not known."""
    told = snapshot.data.get("told_by_phone")
    if told is not None or not snapshot.call_id:
        return tuple(told or ())
    is_known = snapshot.data.get("program_network") in ("in", "out")
    return tuple(part for part in ALL_BY_PHONE if part != "network" or is_known)


def _plan(kept: Mapping[str, Any]) -> Plan:
    return Plan(
        name=kept.get("name") or "",
        active=kept.get("active"),
        kind=kept.get("kind") or "",
        begins=_day(kept.get("begins")),
        ends=_day(kept.get("ends")),
    )


def _tier(kept: Mapping[str, Any]) -> Tier:
    return Tier(
        plan=kept.get("plan") or "",
        network=kept.get("network") or "unknown",
        tier=kept.get("tier") or "base",
        deductible=_levels(kept.get("deductible")),
        out_of_pocket=_levels(kept.get("out_of_pocket")),
        coinsurance=_value(kept.get("coinsurance")),
        copay=_value(kept.get("copay")),
        visit_limit=_accumulator(kept.get("visit_limit")),
        authorization=kept.get("authorization") or "unknown",
        embedded=kept.get("embedded"),
        deductible_applies=kept.get("deductible_applies"),
    )


def _levels(kept: Mapping[str, Any] | None) -> dict[str, Accumulator]:
    return {level: found for level, amounts in (kept or {}).items() if (found := _accumulator(amounts))}


def _accumulator(kept: Mapping[str, Any] | None) -> Accumulator | None:
    if not kept:
        return None
    return Accumulator(_value(kept.get("total")), _value(kept.get("used")), _value(kept.get("remaining")))


def _value(kept: Mapping[str, Any] | None) -> Value | None:
    if kept is None:
        return None
    source = kept.get("source") or {}
    figure = _decimal(kept.get("value"))
    return Value(
        value=figure,
        low=figure if kept.get("low") is None else _decimal(kept["low"]),
        high=figure if kept.get("high") is None else _decimal(kept["high"]),
        source=Source(line=source.get("line") or 0, stc=source.get("stc") or ""),
        proxy=bool(kept.get("proxy")),
        unit=kept.get("unit") or "",
    )


def _contact(kept: Mapping[str, Any]) -> Contact:
    phones = tuple(kept.get("phones") or ())
    return Contact(kept["role"], kept["name"], kept.get("payer_code") or "", phones, kept.get("line") or 0)


def _inferences(kept: Iterable[Mapping[str, Any]]) -> Iterable[Inference]:
    for each in kept:
        if each.get("fact") in FACTS:
            yield Inference(Fact(each["fact"]), each.get("sentence") or "", each.get("label") or "")


def _decimal(figure: Any) -> Decimal | None:
    return None if figure is None else Decimal(figure)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
