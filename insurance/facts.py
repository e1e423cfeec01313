"""What is known of one answer, value by value: in words, with where each comes from and since when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from insurance import kept, script, tiers
from insurance.models import BenefitSnapshot, ManualCall, ProgramPayerContract, Verification

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
AMOUNTS = (
    ("deductible", "deductible", gettext_lazy("Deductible")),
    ("out_of_pocket", "oop", gettext_lazy("Most to pay in a year")),
)
IN_WORDS = ("exclusions", "penalty", "authorization_phone")


@dataclass(frozen=True)
class Fact:
    """One value of the answer, where it comes from and since when; `about` is the network it holds in."""

    label: str
    value: str
    source: str
    as_of: datetime | None = None
    about: str = ""
    who: str = ""  # the source without its line


def on_file(verification: Verification) -> Iterator[Fact]:
    """What the program's contract says about its network; the plan's own word stands beside it."""
    contract = ProgramPayerContract.objects.filter(program=verification.program_id, payer=verification.payer_id).first()
    if contract and contract.network != ProgramPayerContract.Network.UNKNOWN:
        source = _("On file at the helpline: {source}, {day}").format(
            source=contract.get_source_display(), day=date_format(contract.as_of, "M Y")
        )
        yield Fact(_("Program"), str(NETWORKS[contract.network]), source)


def told_by_phone(snapshot: BenefitSnapshot) -> Sequence[str]:
    """Which parts that name no line of the computer's answer a representative told."""
    if not snapshot.call_id:
        return ()
    parts: Sequence[str] | None = snapshot.data.get("told_by_phone")
    return kept.ALL_BY_PHONE if parts is None else parts


def is_rule(snapshot: BenefitSnapshot) -> bool:
    """Whether a rule took the place of asking, and no call since has taught anything."""
    data = snapshot.data
    if "rule" not in data:
        return False
    plan = data.get("plan") or {}
    told = [*(data.get(name) for name in ("told_by_phone", "tiers", "contacts")), plan.get("ends")]
    said = [call.answers.get(name) for _answer, call in _calls(snapshot) for name in IN_WORDS]
    return plan.get("active") is None and not any([*told, *said])


def of(snapshot: BenefitSnapshot) -> Iterator[Fact]:
    """Each value that was told; of a rule that took the place of asking none, but what a representative told since."""
    if is_rule(snapshot):
        return
    since = snapshot.data.get("since")
    computer_as_of = datetime.fromisoformat(since) if since else snapshot.as_of
    calls = list(_calls(snapshot))
    for row in _values(snapshot.data):
        if row.value not in (None, ""):
            by_phone, line = _by_phone(snapshot, row.told_in), _first_line(row.told_in)
            if "rule" in snapshot.data and not by_phone:  # no computer was asked
                continue
            as_of = _told_on(row, calls) if by_phone else computer_as_of
            source, who = _source(line, by_phone=by_phone), _who(by_phone=by_phone, by_computer=bool(line))
            yield Fact(row.label, str(row.value), source, as_of, row.about, who)
    for _answer, call in calls:
        for label, value in _from_call(call):
            if value:
                yield Fact(label, value, _who(by_phone=True), call.ended_at)


def _by_phone(snapshot: BenefitSnapshot, told_in: "Lines | str") -> bool:
    """Whether a representative has told the value, or a part of it."""
    if not snapshot.call_id:
        return False
    return told_in in told_by_phone(snapshot) if isinstance(told_in, str) else not told_in or 0 in told_in


def _first_line(told_in: "Lines | str") -> int | None:
    return None if isinstance(told_in, str) else next((line for line in told_in if line), None)


def _source(line: int | None, *, by_phone: bool) -> str:
    """In words, with the line of the computer's answer if it has one."""
    who = _who(by_phone=by_phone, by_computer=bool(line))
    return f"{who}, {_('line {number}').format(number=line)}" if line else who


def _who(*, by_phone: bool, by_computer: bool = False) -> str:
    """Both where one figure of a pair is the computer's and one a representative's."""
    named = [_("Representative, by phone")] if by_phone else []
    return "; ".join([*named, _("Plan’s computer")] if by_computer or not by_phone else named)


def _calls(snapshot: BenefitSnapshot) -> Iterator[tuple[BenefitSnapshot, ManualCall]]:
    """The call an answer is from, then the earlier ones it was laid upon, each with the answer it made."""
    current: BenefitSnapshot | None = snapshot
    while current is not None and current.call is not None:
        yield current, current.call
        earlier = BenefitSnapshot.objects.filter(verification=current.verification_id, pk=current.data.get("upon"))
        current = earlier.select_related("call").first()


def _told_on(row: "Row", calls: Sequence[tuple[BenefitSnapshot, ManualCall]]) -> datetime:
    """When a representative last told it. Of a value that no call is known to have told, the first one's day."""
    told = (answer for answer, call in calls if _was_told(row, answer, call))
    return next(told, calls[-1][0]).as_of


def _was_told(row: "Row", answer: BenefitSnapshot, call: ManualCall) -> bool:
    """Whether the value was said in this call, and of its network; one that was not known yet is what it became."""
    if all(call.answers.get(name) in (None, "", "unknown") for name in row.fields):
        return False
    network = script.base_tier(answer.data).get("network", "unknown")
    return not row.about or network == "unknown" or row.about == str(NETWORKS[network])


def _from_call(call: ManualCall) -> Iterator[tuple[str, str]]:
    """What a representative said in words, and the proof of the call."""
    yield _("Exclusions"), call.answers.get("exclusions") or ""
    yield _("Penalty without approval"), call.answers.get("penalty") or ""
    yield _("Approval: number"), call.answers.get("authorization_phone") or ""
    reference = _("reference {number}").format(number=call.reference) if call.reference else _("gave no reference")
    yield _("Told by"), f"{call.rep_name}, {reference}"


Lines = tuple[int, ...]  # of the computer's answer; 0 is a call, nothing that no line was named


class Row(NamedTuple):
    """One value as it was kept; None is not known and is left out. `told_in`: lines of the payer's answer, or which
    part it is that names none. `fields`: where a call's form has it.
    """

    about: str
    label: str
    value: Any
    told_in: Lines | str
    fields: tuple[str, ...] = ()


def _values(data: dict[str, Any]) -> Iterator[Row]:
    plan, network = data.get("plan") or {}, NETWORKS.get(str(data.get("program_network")), NETWORKS["unknown"])
    yield Row("", _("Spend-down"), _spend_down(data.get("spend_down")), _line_of(data.get("spend_down")))
    yield Row("", _("Plan"), plan.get("name"), "plan", ("plan_name",))
    yield Row("", _("Program"), network, "network", ("network",))
    for tier in data.get("tiers") or []:
        yield from _unrepeated(tier, data)
    for contact in data.get("contacts") or []:
        named = ", ".join(filter(None, [contact["name"], *contact.get("phones", ())]))
        yield Row("", _("Also ask"), named, _line_of(contact), ("carve_out_company",))


def _tier_values(tier: dict[str, Any]) -> Iterator[Row]:
    where = str(NETWORKS.get(str(tier.get("network")), NETWORKS["unknown"]))
    if tier.get("tier") not in (None, "", "base"):
        where = f"{where}, {tier['tier']}"
    for key, name, label in AMOUNTS:
        for whose, amounts in (tier.get(key) or {}).items():
            fields = (f"family_{name}_left",) if whose == "family" else (f"{name}_total", f"{name}_left")
            yield Row(where, f"{label}, {WHOSE.get(whose, whose)}", _left_of(amounts), _lines(amounts), fields)
    share, copay, limit = tier.get("coinsurance"), tier.get("copay"), tier.get("visit_limit")
    yield Row(where, _("Patient’s share"), _percent(share), _lines(share), ("coinsurance",))
    yield Row(where, _("Copay"), _copay(copay), _lines(copay), ("copay",))
    yield Row(where, _("Visits"), _visits(limit), _lines(limit), ("visit_limit", "visits_used"))
    approval = {"yes": _("Needed"), "no": _("Not needed")}.get(str(tier.get("authorization")), _("Not told us"))
    part = f"authorization {tier.get('network') or 'unknown'}"
    yield Row(where, _("Approval in advance"), approval, part, ("authorization",))
    if any(value and value.get("proxy") for value in (share, copay)):
        yield Row(where, _("Careful"), _("These terms are for another kind of visit and only a hint."), "proxy")


def _unrepeated(tier: dict[str, Any], data: dict[str, Any]) -> list[Row]:
    """The values of these terms; of terms that name no network those alone that are others at the program's own.

    They were taken over for the program when its network was told, and stay as they were for other programs.
    """
    rows, program = list(_tier_values(tier)), data.get("program_network")
    alike = (each for each in data["tiers"] if all(each.get(key) == tier.get(key) for key in ("plan", "tier")))
    own = next((each for each in alike if each.get("network") == program), None)
    if own is None or program not in ("in", "out") or tier.get("network") in ("in", "out"):
        return rows
    here = {row.label: row.value for row in _tier_values(own)}
    nothing = (None, _("Not told us"))
    others = [row for row in rows if row.told_in != "proxy" and row.value not in (*nothing, here.get(row.label))]
    return [*others, *(row for row in rows if row.told_in == "proxy" and others)]


def _spend_down(owed: dict[str, Any] | None) -> str | None:
    """What a Medicaid member pays first, in each period that the payer names."""
    if owed is None:
        return None
    amount, period = money(owed.get("amount")), UNITS.get(tiers.COPAY_UNITS.get(owed.get("period") or "", "-"))
    if amount is None:
        return _("the amount was not told us")
    return f"{amount} {period}" if period else amount


def _line_of(told: dict[str, Any] | None) -> Lines:
    return ((told or {}).get("line") or 0,)


def _lines(value: Any) -> Lines:
    """The lines of the payer's answer that a value, or a pair of them, stands on."""
    if not isinstance(value, dict):
        return ()
    if "source" in value:
        return ((value["source"] or {}).get("line") or 0,)
    return tuple(line for inner in value.values() for line in _lines(inner))


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
    left = None if _is_untold(amounts) else _span(amounts.get("remaining"), money)
    total = _span(amounts.get("total"), money)
    if left and total:
        return _("{left} left of {total}").format(left=left, total=total)
    return left or (_("{total} in all; what is left was not told us").format(total=total) if total else None)


def _is_untold(amounts: dict[str, Any]) -> bool:
    """Whether of what is left no more is known than that it lies between nothing and all of it."""
    left, total = amounts.get("remaining") or {}, _figure(amounts.get("total"))
    if total is None or left.get("value") is not None or None in (left.get("low"), left.get("high")):
        return False
    return not float(left["low"]) and float(left["high"]) == float(total)


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
    if total is not None:
        return _("{total} in all; what is left was not told us").format(total=_whole(total))
    return None if left is None else _whole(left)


def _whole(number: Any) -> str:
    return f"{float(number):g}"


def money(amount: Any) -> str | None:
    """$1,294.84; None stays None: what is unknown is not zero."""
    return None if amount in (None, "") else f"${float(amount):,.2f}"
