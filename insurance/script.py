"""What to say to the payer: whom to call, and only the questions whose answers are still missing.

The company that handles behavioral health comes first: asking the insurer on the card when another one decides
costs an hour and gives a wrong answer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from insurance import kept
from insurance.models import BenefitSnapshot, Consent, PayerPhoneLine, ProgramPayerContract, Verification
from programs.models.program import Phone


@dataclass(frozen=True)
class Number:
    """A number to dial, the way through its menu, and whether anybody answers now."""

    dial: str
    whose: str
    note: str = ""
    is_open: bool | None = None
    opens_at: datetime | None = None
    usual_wait: int | None = None


@dataclass(frozen=True)
class Question:
    """One thing to ask, in words, and the fields of the call form that hold its answer."""

    words: Promise | str
    fields: tuple[str, ...]


FOR_THE_PROGRAM = _(
    "“My name is … from the helpline, calling for {program}. I would like to verify benefits for an intensive outpatient "
    "program: {codes}. May I have your name, please?”"
)
FOR_THE_MEMBER = _(
    "“My name is … from the helpline. I am calling for your member, who has allowed us to ask. We would like to know the "
    "benefits for an intensive outpatient program at {program}: {codes}. May I have your name, please?”"
)
CLOSING = _(
    "“Thank you. Could you give me a reference number for this call? And is this a guarantee of payment, or subject to "
    "the terms of the plan?”"
)
CARVE_OUT = Question(
    _("Does another company handle mental health benefits for this member? Which, at what number?"),
    ("carve_out_company", "carve_out_phone"),
)
CARVE_OUT_WITH_USE = Question(
    _("Does another company handle mental health and substance use benefits for this member? Which, at what number?"),
    ("carve_out_company", "carve_out_phone"),
)
ACTIVE = Question(
    _("Is the plan active today? Since when, and when does the plan year end?"), ("plan_active", "plan_ends")
)
COVERED = Question(_("Is an intensive outpatient program a covered benefit, at this program?"), ("covered",))
NETWORK = Question(_("Is this program in network for this plan, by its NPI and address?"), ("network",))
APPROVAL = Question(
    _("Is approval needed in advance? Who gives it, at what number? What is the penalty without it?"),
    ("authorization", "authorization_phone", "penalty"),
)
SHARE = Question(
    _("What does the patient pay: a copay for each day, or a percentage? Does the deductible apply first?"),
    ("copay", "copay_unit", "coinsurance", "deductible_applies"),
)
DEDUCTIBLE = Question(
    _("What is the deductible, for one person and for the family, and how much of each is left?"),
    ("deductible_total", "deductible_left", "family_deductible_left"),
)
LIMIT = Question(
    _("What is the most the patient pays in a plan year, and how much of it is left?"),
    ("oop_total", "oop_left", "family_oop_left"),
)
VISITS = Question(_("Is there a limit of days or visits? How many are used?"), ("visit_limit", "visits_used"))
EXCLUSIONS = Question(
    _("Are free-standing programs, virtual care or care out of state excluded? Must the program be accredited?"),
    ("exclusions",),
)


def speaks_for_program(verification: Verification) -> bool:
    """The program has agreed that we ask this payer on its behalf; else we speak for the member alone."""
    return ProgramPayerContract.objects.filter(
        program=verification.program_id, payer=verification.payer_id, agreement_to_verify=True
    ).exists()


def may_speak_of_use(verification: Verification) -> bool:
    """Whether the payer may hear that it is about substance use: only with that consent. Codes tell it too."""
    given = verification.consent
    is_about_use = verification.condition != Verification.Condition.MH
    return is_about_use and given is not None and given.covers(Consent.Scope.SUD)


def codes(verification: Verification) -> str:
    """What an intensive outpatient program is called by number, so far as the payer may know what it is for."""
    if not may_speak_of_use(verification):
        return str(_("procedure code S9480, revenue code 0905"))
    if verification.condition == Verification.Condition.SUD:
        return str(_("procedure code H0015, revenue code 0906"))
    return str(_("procedure code H0015 or S9480, revenue code 0905 or 0906"))


def opening(verification: Verification) -> str:
    words = FOR_THE_PROGRAM if speaks_for_program(verification) else FOR_THE_MEMBER
    program = verification.program.name if verification.program else _("the program")
    return words.format(program=program, codes=codes(verification))


def program_phone(verification: Verification) -> str:
    """Where the program itself answers; empty if nobody told us."""
    spoken = Phone.objects.filter(program=verification.program_id).exclude(
        purpose__in=[Phone.Purpose.FAX, Phone.Purpose.TTY]
    )
    return spoken.values_list("number", flat=True).first() or ""


def questions(verification: Verification) -> list[Question]:
    """What is still missing, in the order of the call."""
    snapshot = kept.standing(verification)
    data: dict[str, Any] = snapshot.data if snapshot else {}
    tier = base_tier(data)
    is_sure = bool(snapshot and snapshot.evidence_level >= 3)
    carve_out = CARVE_OUT_WITH_USE if may_speak_of_use(verification) else CARVE_OUT
    known = {
        carve_out: verification.origin == Verification.Origin.CARVE_OUT,
        ACTIVE: (data.get("plan") or {}).get("active") is True,
        COVERED: False,
        NETWORK: data.get("program_network") in ("in", "out"),
        APPROVAL: is_sure and tier.get("authorization") in ("yes", "no"),
        SHARE: is_sure and any((tier.get(share) or {}).get("value") is not None for share in ("copay", "coinsurance")),
        DEDUCTIBLE: is_sure and _is_left_known(tier.get("deductible")),
        LIMIT: is_sure and _is_left_known(tier.get("out_of_pocket")),
        VISITS: is_sure and _is_left_known({"all": tier.get("visit_limit") or {}}),
        EXCLUSIONS: False,
    }
    return [question for question, is_known in known.items() if not is_known]


def numbers(verification: Verification, now: datetime | None = None) -> list[Number]:
    """Whom to dial, the likeliest first: the company named by the payer, the card, then the payer's own lines."""
    now = now or timezone.now()
    snapshot = BenefitSnapshot.objects.filter(verification=verification, superseded_at=None).first()
    contacts = (snapshot.data.get("contacts") or []) if snapshot else []
    found = [
        Number(phone, contact["name"], str(_("Named by the payer as the one that decides")))
        for contact in contacts
        if contact.get("role") == "administrator"
        for phone in contact.get("phones", ())
    ]
    if verification.card_phone:
        found.append(Number(verification.card_phone, str(_("Behavioral health, from the card"))))
    lines = PayerPhoneLine.objects.filter(payer=verification.payer)
    order = {"behavioral": 0, "benefits": 1, "authorization": 2, "member": 3}
    return found + [_number(line, now) for line in sorted(lines, key=lambda line: (order[line.purpose], line.pk))]


def _number(line: PayerPhoneLine, now: datetime) -> Number:
    return Number(
        dial=line.number,
        whose=f"{line.payer}: {line.get_purpose_display()}",
        note=line.menu_path,
        is_open=line.is_open(now),
        opens_at=None if line.is_open(now) else line.next_opening(now),
        usual_wait=line.hold_minutes,
    )


def base_tier(data: dict[str, Any]) -> dict[str, Any]:
    """The terms that would apply to this program, as kept in a snapshot; empty if there are none."""
    wanted = "out" if data.get("program_network") == "out" else "in"
    base = {tier.get("network"): tier for tier in reversed(data.get("tiers") or []) if tier.get("tier") == "base"}
    return base.get(wanted) or base.get("unknown") or {}


def _is_left_known(levels: dict[str, Any] | None) -> bool:
    return any((amounts.get("remaining") or {}).get("value") is not None for amounts in (levels or {}).values())
