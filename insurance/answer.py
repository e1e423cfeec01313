"""The answer as staff may read it out: one true sentence, how sure it is, each value with source and age.

Only evidence levels 3 and 4 say "covered". "Could not ask" is never a "no".
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from insurance import doubts, tiers
from insurance.models import BenefitSnapshot, ManualCall, ProgramPayerContract, Verification
from insurance.questions import Question
from insurance.states import Determination, State

EVIDENCE = (
    gettext_lazy("Nothing so far that speaks for coverage"),
    gettext_lazy("The plan is active; nothing about this care"),
    gettext_lazy("Mental health or substance use benefits are active in general"),
    gettext_lazy("The plan gave terms for outpatient care at a facility, or named this care by its code"),
    gettext_lazy("A representative confirmed this care at this program"),
)
NETWORKS = {
    "in": gettext_lazy("In network"),
    "out": gettext_lazy("Out of network"),
    "unknown": gettext_lazy("Network not known"),
}
WHOSE = {"individual": gettext_lazy("one person"), "family": gettext_lazy("family")}
UNITS = {
    "": gettext_lazy("a day"),
    "visit": gettext_lazy("a visit"),
    "week": gettext_lazy("a week"),
    "month": gettext_lazy("a month"),
    "episode": gettext_lazy("for the whole program"),
}
PROGRESS = {
    State.QUEUED: gettext_lazy("The question to the plan is on its way."),
    State.SENDING: gettext_lazy("We are asking the plan right now."),
    State.RETRY_WAIT: gettext_lazy("The plan did not answer yet. We ask again by ourselves."),
    State.AWAITING_PAYER: gettext_lazy("The plan has our question and will answer later."),
    State.NEEDS_INFO: gettext_lazy("The plan needs one more detail from you before it can answer."),
    State.NEEDS_REVIEW: gettext_lazy("The plan has answered. A colleague reads the answer before we tell you."),
    State.MANUAL_REQUIRED: gettext_lazy("We have to call the plan to learn this."),
    State.MANUAL_IN_PROGRESS: gettext_lazy("A colleague is on the phone with the plan."),
    State.CONFIG_ERROR: gettext_lazy("Something on our side stands in the way. That does not mean no."),
    State.DEAD_LETTER: gettext_lazy("Something on our side stands in the way. That does not mean no."),
    State.CANCELLED: gettext_lazy("This request was cancelled. Nothing was learned."),
}
# Beside the sentence, for staff alone.
FOR_STAFF = {
    State.NEEDS_REVIEW: gettext_lazy("Do not quote the plan’s answer before a person has read it."),
    State.CONFIG_ERROR: gettext_lazy("An administrator is needed."),
    State.DEAD_LETTER: gettext_lazy("An administrator is needed."),
}


@dataclass(frozen=True)
class Fact:
    """One value of the answer, where it comes from and since when; `about` is the network it holds in."""

    label: str
    value: str
    source: str
    as_of: datetime | None = None
    about: str = ""


@dataclass(frozen=True)
class Answer:
    """All that may be said about one request now."""

    sentence: str
    level: int
    level_words: Promise | str
    facts: list[Fact] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    next_question: str = ""
    as_of: datetime | None = None

    @property
    def is_known(self) -> bool:
        return self.as_of is not None

    @property
    def general(self) -> list[Fact]:
        """What holds whatever the network."""
        return [fact for fact in self.facts if not fact.about]

    @property
    def networks(self) -> list[str]:
        return list(dict.fromkeys(fact.about for fact in self.facts if fact.about))

    @property
    def by_network(self) -> list[tuple[str, list[str]]]:
        """Each value's label with what it is in each of `networks`; empty where it was not told."""
        told = {(fact.label, fact.about): fact.value for fact in self.facts if fact.about}
        labels = dict.fromkeys(label for label, _about in told)
        return [(label, [told.get((label, network), "") for network in self.networks]) for label in labels]


def of(verification: Verification) -> Answer:
    """What we know about a request at this moment."""
    snapshot = BenefitSnapshot.objects.filter(verification=verification, superseded_at=None).first()
    if snapshot is None or verification.state in PROGRESS:
        words = PROGRESS.get(State(verification.state), verification.get_state_display())
        question = question_after(snapshot.data) if snapshot else ""
        warnings = [str(FOR_STAFF[State(verification.state)])] if verification.state in FOR_STAFF else []
        return Answer(str(words), 0, EVIDENCE[0], warnings=warnings, next_question=question)
    return Answer(
        sentence=sentence(verification, snapshot),
        level=snapshot.evidence_level,
        level_words=EVIDENCE[snapshot.evidence_level],
        facts=[*_on_file(verification), *_facts(snapshot)],
        warnings=[
            *([_("This answer is out of date. The newer one counts.")] if verification.state == State.EXPIRED else ()),
            *(doubts.in_words(code) for code in dict.fromkeys([*snapshot.review, *snapshot.flags])),
        ],
        next_question="" if _is_confirmed(snapshot) else question_after(snapshot.data),
        as_of=snapshot.as_of,
    )


@dataclass(frozen=True)
class Change:
    """One value that is not what it was at the earlier check; empty is not told."""

    label: str
    before: str
    after: str
    about: str = ""


def changes(child: Verification) -> list[Change]:
    """What has changed since the answer that this request asks for again, in words."""
    before, after = (
        BenefitSnapshot.objects.filter(verification=each, superseded_at=None).first() for each in (child.parent, child)
    )
    if before is None or after is None:
        return []
    old, new = ({(fact.about, fact.label): fact.value for fact in _facts(each)} for each in (before, after))
    answers = (_("Answer"), before.get_determination_display(), after.get_determination_display())
    values = [
        Change(label, old.get((about, label), ""), new.get((about, label), ""), about)
        for about, label in dict.fromkeys([*old, *new])
    ]
    return [each for each in (Change(*answers), *values) if each.before != each.after]


def spoken(verification: Verification, language: str) -> str:
    """The sentence in another language of ours, for a caller who speaks it; empty if it is the one staff read."""
    if language == get_language() or language not in dict(settings.LANGUAGES):
        return ""
    with override(language):
        return of(verification).sentence


def sentence(verification: Verification, snapshot: BenefitSnapshot) -> str:
    """One sentence to be read aloud as it stands."""
    plan = str(verification.payer)
    level = snapshot.evidence_level
    said = _("a representative of the plan told us") if level == 4 else _("the plan’s computer told us")
    certain = {
        Determination.COVERED: _("For {plan}, {said} that this kind of care is covered. It is not a promise to pay."),
        Determination.COVERED_AUTH_REQUIRED: _(
            "For {plan}, {said} that this kind of care is covered if the plan approves it first. It is not a promise to pay."
        ),
    }
    others = {
        Determination.LIMIT_EXHAUSTED: _("For {plan}, {said} that the visits of this plan year are used up."),
        Determination.NOT_COVERED: _("For {plan}, {said} that this care is not covered at this program."),
        Determination.NOT_COVERED_OUT_OF_NETWORK: _(
            "For {plan}, {said} that this care is not covered at a program outside its network."
        ),
        Determination.INACTIVE: _("For {plan}, {said} that the plan is not active. Is there a newer card?"),
        Determination.CARVE_OUT_CONTACT: _(
            "For {plan}, {said} that another company handles these benefits. We must ask that company."
        ),
        Determination.PENDING_INVESTIGATION: _("For {plan}, {said} that the plan is active but under review."),
        Determination.REJECTED: _(
            "{plan} did not find this member. Let us check the card together. That does not mean no."
        ),
        Determination.UNKNOWN: _("We could not learn from {plan} what it pays. That does not mean no."),
        Determination.ACTIVE_IOP_UNCONFIRMED: _(
            "The plan with {plan} is active. Whether it pays for an intensive outpatient program is not confirmed yet."
        ),
    }
    determination = Determination(snapshot.determination)
    if determination in certain and level < 3:
        determination = Determination.ACTIVE_IOP_UNCONFIRMED
    if determination == Determination.ACTIVE_IOP_UNCONFIRMED and "PLAN_PERIOD_ENDED" in snapshot.flags:
        return _(
            "{plan}: the plan’s computer says active, but the plan period it names is over. We must ask the plan. This is no “no”."
        ).format(plan=plan)
    if snapshot.data.get("rule") == "medicare_free_standing":
        return _(
            "Medicare pays for this care at hospitals and some clinics, not at a free-standing program like this one."
        )
    return {**others, **certain}[determination].format(plan=plan, said=said)


def _on_file(verification: Verification) -> Iterator[Fact]:
    """What the program's contract says about its network; the plan's own word stands beside it."""
    contract = ProgramPayerContract.objects.filter(program=verification.program_id, payer=verification.payer_id).first()
    if contract and contract.network != ProgramPayerContract.Network.UNKNOWN:
        source = _("On file: {source}, {day}").format(
            source=contract.get_source_display(), day=date_format(contract.as_of, "M Y")
        )
        yield Fact(_("Program"), str(NETWORKS[contract.network]), source)


def _is_confirmed(snapshot: BenefitSnapshot) -> bool:
    """The question that is left when all is told, and a representative has answered it."""
    return snapshot.evidence_level == 4 and snapshot.data.get("question") in (None, Question.CONFIRM)


def question_after(data: dict[str, Any]) -> str:
    """What to ask next, in words; older readings kept the words themselves."""
    code = data.get("question")
    return str(Question(code).label) if code in Question.values else str(data.get("next_question") or "")


def _facts(snapshot: BenefitSnapshot) -> Iterator[Fact]:
    source = _("Representative, by phone") if snapshot.call_id else _("Plan’s computer")
    for about, label, value, line in _values(snapshot.data):
        if value not in (None, ""):
            where = f"{source}, {_('line {number}').format(number=line)}" if line else source
            yield Fact(label, str(value), where, snapshot.as_of, about)
    if snapshot.call:
        for label, value in _from_call(snapshot.call):
            if value:
                yield Fact(label, value, source, snapshot.as_of)


def _from_call(call: ManualCall) -> Iterator[tuple[str, str]]:
    """What a representative said in words, and the proof of the call."""
    yield _("Exclusions"), call.answers.get("exclusions") or ""
    yield _("Penalty without approval"), call.answers.get("penalty") or ""
    yield _("Approval: number"), call.answers.get("authorization_phone") or ""
    reference = _("reference {number}").format(number=call.reference) if call.reference else _("gave no reference")
    yield _("Told by"), f"{call.rep_name}, {reference}"


Row = tuple[str, str, Any, int | None]


def _values(data: dict[str, Any]) -> Iterator[Row]:
    """(network, label, value, line of the payer's answer); a value of None is not known and is left out."""
    plan = data.get("plan") or {}
    yield "", _("Spend-down"), _spend_down(data.get("spend_down")), (data.get("spend_down") or {}).get("line")
    yield "", _("Plan"), plan.get("name"), None
    yield "", _("Program"), NETWORKS.get(str(data.get("program_network")), NETWORKS["unknown"]), None
    for tier in data.get("tiers") or []:
        yield from _tier_values(tier)
    for contact in data.get("contacts") or []:
        yield "", _("Also ask"), ", ".join([contact["name"], *contact.get("phones", ())]), contact.get("line")


def _tier_values(tier: dict[str, Any]) -> Iterator[Row]:
    where = str(NETWORKS.get(str(tier.get("network")), NETWORKS["unknown"]))
    if tier.get("tier") not in (None, "", "base"):
        where = f"{where}, {tier['tier']}"
    for key, label in (("deductible", _("Deductible")), ("out_of_pocket", _("Most to pay in a year"))):
        for whose, amounts in (tier.get(key) or {}).items():
            yield where, f"{label}, {WHOSE.get(whose, whose)}", _left_of(amounts), _line(amounts)
    share, copay, limit = tier.get("coinsurance"), tier.get("copay"), tier.get("visit_limit")
    yield where, _("Patient’s share"), _percent(share), _line(share)
    yield where, _("Copay"), _copay(copay), _line(copay)
    yield where, _("Visits"), _visits(limit), _line(limit)
    approval = {"yes": _("Needed"), "no": _("Not needed")}.get(str(tier.get("authorization")), _("Not told us"))
    yield where, _("Approval in advance"), approval, None
    if any(value and value.get("proxy") for value in (share, copay)):
        yield where, _("Careful"), _("These terms are for another kind of visit and only a hint."), None


def _spend_down(owed: dict[str, Any] | None) -> str | None:
    """What a Medicaid member pays first, in each period that the payer names."""
    if owed is None:
        return None
    amount, period = money(owed.get("amount")), UNITS.get(tiers.COPAY_UNITS.get(owed.get("period") or "", "-"))
    if amount is None:
        return _("the amount was not told us")
    return f"{amount} {period}" if period else amount


def _line(value: Any) -> int | None:
    """The line of the payer's answer a value stands on."""
    if not isinstance(value, dict):
        return None
    if "source" in value:
        return (value["source"] or {}).get("line") or None
    return next((line for inner in value.values() if (line := _line(inner))), None)


def _figure(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value


def _span(value: Any, show: Any) -> str | None:
    """One figure, or a range where the payer contradicts itself; None if nothing is known."""
    if not isinstance(value, dict):
        return None if value is None else show(value)
    low, high = value.get("low"), value.get("high")
    if value.get("value") is not None:
        return show(value["value"])
    return f"{show(low)}–{show(high)}" if low is not None and high is not None else None


def _left_of(amounts: dict[str, Any]) -> str | None:
    left, total = _span(amounts.get("remaining"), money), _span(amounts.get("total"), money)
    if left and total:
        return _("{left} left of {total}").format(left=left, total=total)
    return left or (_("{total} in all; what is left was not told us").format(total=total) if total else None)


def _percent(share: Any) -> str | None:
    return _span(share, lambda part: f"{float(part) * 100:.4g}%")


def _copay(copay: Any) -> str | None:
    amount = _span(copay, money)
    unit = UNITS.get((copay or {}).get("unit") or "") if isinstance(copay, dict) else None
    return f"{amount} {unit}" if amount and unit else amount


def _visits(limit: Any) -> str | None:
    if not limit:
        return None
    left, total = _figure(limit.get("remaining")), _figure(limit.get("total"))
    if left is not None and total is not None:
        return _("{left} left of {total}").format(left=_whole(left), total=_whole(total))
    known = left if left is not None else total
    return None if known is None else _whole(known)


def _whole(number: Any) -> str:
    return f"{float(number):g}"


def money(amount: Any) -> str | None:
    """$1,294.84; None stays None: what is unknown is not zero."""
    return None if amount in (None, "") else f"${float(amount):,.2f}"
