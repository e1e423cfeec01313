"""What to do about a payer's rejection. A code means nothing without the loop it stands in: AAA 71 about the member
says "date of birth does not match", but some clearinghouses use it for "your message could not be parsed".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from insurance.x12.lines import AAA

MEMBER_LOOPS = frozenset({"2100C", "2100D", "2110C", "2110D"})


class Class(StrEnum):
    """Who can mend it. In order of precedence: one fault of our own makes the payer's other complaints worthless."""

    CONFIG = "config"  # we or the program: enrolment, NPI, payer code
    HARD = "hard"  # nobody, electronically: a person must phone
    FIX = "fix"  # the caller: a detail is wrong or missing
    WAIT = "wait"  # nobody: the payer is busy


class Variation(StrEnum):
    """What we may change by ourselves, once per kind and request, before asking anybody. Each is a billable call."""

    FEWER_NAMES = "fewer_names"
    NO_SEX = "no_sex"
    TODAY = "today"
    GENERAL_SERVICE = "general_service"
    SWAP_MEMBER = "swap_member"
    PLAIN_MEMBER_ID = "plain_member_id"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. `details` are names of `insurance.models.route.Detail`."""

    klass: Class
    meaning: str | Promise
    staff: str | Promise
    details: tuple[str, ...] = ()
    variation: Variation | None = None


_ENROL = _("The program is not enrolled for electronic checks at this payer. Call the payer.")
_PROGRAM = _("The payer does not accept a detail of the program. Compare it with the payer's file.")
_SERVICE = _("The payer does not take this service code, nor a general question. Call the payer.")
_DATE = _("The payer did not accept the date, nor today's. Ask for which day the care is planned.")
_BIRTH = _("Check the birth date with the caller, exactly as on the card.")
_BUSY = _("The payer's computer is not answering. A call to the payer may be faster.")
_PHONE = _("A computer cannot answer this. Call the payer.")
_NAMES = _("Ask for the name exactly as printed on the card.")

RULES: dict[str, Rule] = {
    "04": Rule(Class.CONFIG, _("Too many requests in one message"), _("An administrator must look at this.")),
    "15": Rule(Class.FIX, _("Required details are missing"), _("Add the details that this payer insists on.")),
    "33": Rule(Class.FIX, _("Input errors"), _("Check all details against the card.")),
    "35": Rule(Class.HARD, _("Out of network"), _("The payer says this program is out of network. Call the payer.")),
    "41": Rule(Class.CONFIG, _("Access is restricted"), _ENROL),
    "42": Rule(Class.WAIT, _("Payer cannot answer now"), _BUSY),
    "43": Rule(Class.CONFIG, _("Provider number is missing or wrong"), _("Ask the program for its NPI.")),
    "44": Rule(Class.CONFIG, _("Provider name is missing or wrong"), _("The program's name differs from the payer's file.")),
    "45": Rule(Class.CONFIG, _("Provider specialty is missing or wrong"), _PROGRAM),
    "46": Rule(Class.CONFIG, _("Provider phone is missing or wrong"), _PROGRAM),
    "47": Rule(Class.CONFIG, _("Provider state is missing or wrong"), _PROGRAM),
    "48": Rule(Class.CONFIG, _("Referring provider number is missing or wrong"), _PROGRAM),
    "49": Rule(Class.HARD, _("Provider is not the primary care doctor"), _PHONE),
    "50": Rule(Class.CONFIG, _("Provider may not ask"), _ENROL),
    "51": Rule(
        Class.CONFIG,
        _("Provider is not on file"),
        _("The payer does not know this program: probably out of network, or not loaded. Call the payer."),
    ),
    "52": Rule(Class.CONFIG, _("Date is outside the provider's enrollment"), _("Check the date of service.")),
    "53": Rule(Class.HARD, _("Service does not fit the provider"), _PHONE, variation=Variation.GENERAL_SERVICE),
    "56": Rule(Class.FIX, _("Wrong date"), _DATE, ("service_date",), Variation.TODAY),
    "58": Rule(Class.FIX, _("Birth date is missing or wrong"), _BIRTH, ("birth_date",)),
    "60": Rule(Class.FIX, _("Birth date is after the date of service"), _BIRTH, ("birth_date",)),
    "61": Rule(Class.FIX, _("Date of death is before the date of service"), _BIRTH, ("birth_date",)),
    "62": Rule(Class.FIX, _("Date is too far back"), _DATE, ("service_date",), Variation.TODAY),
    "63": Rule(Class.FIX, _("Date is in the future"), _DATE, ("service_date",), Variation.TODAY),
    "64": Rule(Class.FIX, _("Patient ID is missing or wrong"), _("Read the ID back from the card."), ("member_id",)),
    "65": Rule(Class.FIX, _("Patient name is missing or wrong"), _NAMES, ("first_name", "last_name"), Variation.FEWER_NAMES),
    "66": Rule(Class.FIX, _("Patient sex is missing or wrong"), _("Ask for the sex on the card."), ("sex",), Variation.NO_SEX),
    "67": Rule(
        Class.FIX,
        _("Patient not found"),
        _("Not found with these details: check payer, plan year, and who holds the policy."),
        ("payer", "member_id", "relationship"),
        Variation.FEWER_NAMES,
    ),
    "68": Rule(
        Class.FIX,
        _("Patient ID fits more than one person"),
        _("More details are needed to tell people apart."),
        ("birth_date", "first_name", "group_number"),
    ),
    "69": Rule(Class.HARD, _("Does not fit the patient's age"), _PHONE),
    "70": Rule(Class.HARD, _("Does not fit the patient's sex"), _PHONE),
    "71": Rule(Class.FIX, _("Birth date does not match"), _("Birth date differs from the payer's file. Ask again."), ("birth_date",)),
    "72": Rule(
        Class.FIX,
        _("Member ID is missing or wrong"),
        _("Check the ID, read back from the card."),
        ("member_id",),
        Variation.PLAIN_MEMBER_ID,
    ),
    "73": Rule(Class.FIX, _("Name is missing or wrong"), _NAMES, ("first_name", "last_name"), Variation.FEWER_NAMES),
    "74": Rule(Class.FIX, _("Sex is missing or wrong"), _("Ask for the sex on the card."), ("sex",), Variation.NO_SEX),
    "75": Rule(
        Class.FIX,
        _("Member not found"),
        _("Not found with these details: check payer, plan year, and who holds the policy."),
        ("payer", "member_id", "relationship"),
        Variation.FEWER_NAMES,
    ),
    "76": Rule(
        Class.FIX,
        _("Member ID fits more than one person"),
        _("More details are needed to tell people apart."),
        ("birth_date", "first_name", "group_number"),
    ),
    "77": Rule(
        Class.FIX,
        _("Subscriber found, patient not found"),
        _("Ask who holds the policy and who is covered by it."),
        ("relationship",),
        Variation.SWAP_MEMBER,
    ),
    "78": Rule(
        Class.FIX,
        _("Not in the group named"),
        _("Ask who holds the policy and for the group number."),
        ("relationship", "group_number"),
        Variation.SWAP_MEMBER,
    ),
    "79": Rule(Class.WAIT, _("Payer code was not accepted"), _("The payer code was refused. Once more may help; then an administrator must look.")),
    "80": Rule(Class.WAIT, _("Payer did not answer"), _BUSY),
    "97": Rule(Class.CONFIG, _("Provider address is missing or wrong"), _PROGRAM),
    "98": Rule(Class.HARD, _("Experimental service"), _PHONE),
    "T4": Rule(Class.CONFIG, _("Payer name or code is missing"), _("An administrator must look at this.")),
}  # fmt: skip
RULES |= {
    code: Rule(Class.CONFIG, _("Service, procedure or date was not accepted"), _SERVICE, (), Variation.GENERAL_SERVICE)
    for code in ("54", "55", "57", "AA", "AE", "AF", "AG", "AO", "CI", "E8", "IA", "MA")
}
UNKNOWN = Rule(Class.HARD, _("A code we do not know"), _("Read the payer's answer, then call the payer."))
NOT_PARSED = Rule(Class.CONFIG, _("The message could not be read there"), _("An administrator must look at this."))
PAYER_CODE_WRONG = Rule(Class.CONFIG, _("Payer code is wrong for this gateway"), _("An administrator was told."))

# AAA04: somebody will come back to us, so asking again would only cost money. Days until then, where it says.
AWAITED = {"Y": None, "S": None, "W": 30, "X": 10}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from all rejections of one answer together."""

    klass: Class
    rules: tuple[Rule, ...]  # of the codes that decided, in the order sent
    codes: tuple[str, ...]
    followups: tuple[str, ...]  # AAA04 of the same codes
    is_awaited: bool  # the payer will answer by itself: wait, never send again
    awaited_days: int | None
    wait_once: bool  # try again one time only, then a person phones
    is_unknown: bool  # a code nobody has classified: a person must read it

    @property
    def details(self) -> tuple[str, ...]:
        """What to ask the caller for."""
        return tuple(dict.fromkeys(detail for rule in self.rules for detail in rule.details))

    @property
    def variations(self) -> tuple[Variation, ...]:
        """What to try by ourselves; nothing where the payer does not want the question again (follow-up N)."""
        asked_for = zip(self.rules, self.followups, strict=True)
        return tuple(
            dict.fromkeys(rule.variation for rule, followup in asked_for if rule.variation and followup != "N")
        )

    @property
    def staff(self) -> tuple[str | Promise, ...]:
        return tuple(dict.fromkeys(rule.staff for rule in self.rules))


def rule_for(aaa: AAA, *, http_status: int = 200) -> Rule:
    """The row for this code at this place."""
    rule = RULES.get(aaa.code, UNKNOWN)
    if aaa.code == "79" and http_status == 400:
        return PAYER_CODE_WRONG
    is_above_member = aaa.loop not in MEMBER_LOOPS
    return NOT_PARSED if rule.klass is Class.FIX and is_above_member and aaa.code != "15" else rule


def explain(place: str) -> Rule | None:
    """The row for a code as a request keeps it ("2100C 71"), or None if it is not a payer's."""
    loop, _space, code = place.rpartition(" ")
    return rule_for(AAA(loop, code, "", "", 0)) if loop[:2] in {"20", "21"} else None


def judge(rejections: Iterable[AAA], *, http_status: int = 200) -> Verdict:
    """One verdict for all codes. Raises ValueError without any."""
    rows = [(aaa, rule_for(aaa, http_status=http_status)) for aaa in rejections]
    if not rows:
        raise ValueError("no rejection to judge")
    codes = {aaa.code for aaa, _rule in rows}
    is_busy = codes <= {"42", "79", "80"} and bool(codes & {"42", "80"}) and http_status != 400
    klass = Class.WAIT if is_busy else min((rule.klass for _aaa, rule in rows), key=list(Class).index)
    deciding = [(aaa, rule) for aaa, rule in rows if is_busy or rule.klass is klass]
    awaited = [aaa.followup for aaa, _rule in deciding if aaa.followup in AWAITED]
    return Verdict(
        klass=klass,
        rules=tuple(rule for _aaa, rule in deciding),
        codes=tuple(aaa.code for aaa, _rule in deciding),
        followups=tuple(aaa.followup for aaa, _rule in deciding),
        is_awaited=bool(awaited),
        awaited_days=max((days for followup in awaited if (days := AWAITED[followup])), default=None),
        wait_once=klass is Class.WAIT and (codes == {"79"} or any(aaa.followup == "N" for aaa, _rule in deciding)),
        is_unknown=any(rule is UNKNOWN for _aaa, rule in deciding),
    )
