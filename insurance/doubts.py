"""The reader's doubts about an answer, what must be said beside an estimate, and the figures it lacks, in words.

The codes stay what records and machines use; a code without words here is shown with its underscores taken out.
"""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DOUBTS: dict[str, Promise | str] = {
    "ABOVE_LEGAL_MAXIMUM": _("A yearly limit is higher than the law allows"),
    "ARITHMETIC": _("The amounts do not add up"),
    "AUTHORIZATION_CONFLICT": _("It says both that approval is needed and that it is not"),
    "BAD_NUMBER": _("A number cannot be read"),
    "BAD_PERCENT": _("A percentage cannot be right"),
    "CARVED_OUT_BY_TEXT": _("A sentence in it says that another company handles these benefits"),
    "CONFLICT": _("Two lines give different values"),
    "COVERED_AND_EXCLUDED": _("It says both covered and excluded"),
    "DUAL_ELIGIBLE": _("The member has Medicare and Medicaid"),
    "EXCLUDED_BY_TEXT": _("A sentence in it says this care is excluded"),
    "FREE_STANDING_EXCLUDED": _("Free-standing programs are excluded"),
    "GENERAL_TERMS": _("Some terms are for health care in general"),
    "INACTIVE_AND_ACTIVE": _("It says both active and not active"),
    "LIMIT_NOT_COUNTED": _("There is a limit that the estimate does not count; read the line"),
    "LEVEL_ASSUMED": _("It does not say if an amount is for one person or the family"),
    "MALFORMED": _("It is not whole, or its parts do not fit together"),
    "MISSING_AMOUNT": _("A copay stands without an amount"),
    "MISSING_PERCENT": _("A share stands without a percentage"),
    "NARROW_EXCLUSION": _("It excludes some cases, like court-ordered care; read which"),
    "NEGATIVE_AMOUNT": _("An amount is below zero"),
    "NEGATIVE_NUMBER": _("An amount is below zero"),
    "NETWORK_CONFLICT": _("It says both in and out of network"),
    "NEWBORN": _("It speaks of a newborn"),
    "NORMALIZED_PERCENT": _("A percentage was written in an unusual way"),
    "NO_MEMBER": _("It is about nobody"),
    "NO_STATUS": _("It does not say if the plan is active"),
    "OTHER_PAYER": _("Another payer is named; ask which pays first"),
    "PATIENT_PAYS_ALL": _("It says that the patient pays everything"),
    "PENDING_AND_ACTIVE": _("It says both active and under investigation"),
    "PLAN_PERIOD_ENDED": _("The plan period it names is over"),
    "PROXY_ONLY": _("The terms are for another kind of visit and only a hint"),
    "QUALIFIED_MEDICARE_BENEFICIARY": _("Medicaid may pay the member’s Medicare costs"),
    "REFUSED_BESIDE_ANSWER": _("Beside the answer stands a refusal of our question"),
    "REMAINING_ABOVE_TOTAL": _("More is left than there is in all"),
    "RESTRICTED_TO_PROVIDER": _("This care is paid for at certain providers only; read which"),
    "SEVERAL_MEMBERS": _("It is about several people"),
    "SPEND_DOWN": _("Medicaid starts after the member has paid a share (spend-down)"),
    "TIER_BY_UNKNOWN_TEXT": _("Only a sentence that we do not know tells two values apart; read both lines"),
    "TWO_PLANS": _("There is more than one plan; ask which pays first"),
    "UNEXPECTED_AMOUNT": _("An amount stands where a percentage belongs"),
    "UNEXPECTED_PERCENT": _("A percentage stands where an amount belongs"),
    "UNKNOWN_CODE": _("It uses a code we do not know"),
    "UNPAIRED_QUANTITY": _("A number of visits stands without its unit"),
}
# What has to be said beside an estimate, in the order of weight.
NOTES: dict[str, Promise | str] = {
    "PERIOD_ENDED": _("The amounts are of a plan period that is over."),
    "NOTHING_OUTSIDE": _("Out of network the plan pays nothing; there the program’s own price counts."),
    "NOT_CONFIRMED": _("Only if the plan pays for this care; that is not confirmed."),
    "UP_TO": _("At most: another plan may pay a part."),
    "PROXY": _("From terms for another kind of visit; only a hint."),
    "TYPICAL_ALLOWED": _("With a typical price a day; the plan’s own is not known."),
    "TYPICAL_BILLED": _("With a typical charge a day; the program’s own is not known."),
    "TYPICAL_CASH_DAY": _("With a typical price for days that are not covered."),
    "TYPICAL_DAYS": _("For a typical length; the program has not told its own."),
    "TOO_WIDE": _("Too wide to plan with: one more fact is needed."),
}
MISSING: dict[str, Promise | str] = {
    "allowed": _("price a day"),
    "billed": _("the program’s charge a day"),
    "cash_day": _("price of a day that is not covered"),
    "coins": _("share in percent"),
    "copay": _("copay"),
    "copay_after_ded": _("whether the deductible comes before the copay"),
    "ded_applies": _("whether the deductible applies"),
    "ded_fam": _("family deductible left"),
    "ded_ind": _("deductible left"),
    "embedded": _("how the family amounts count"),
    "oop_fam": _("left until the family limit"),
    "oop_ind": _("left until the yearly limit"),
    "network": _("whether the program is in network"),
    "plan": _("which plan pays first"),
    "visit_limit": _("days that are covered"),
}


def in_words(code: str) -> str:
    """A doubt, a note or a missing figure as staff say it."""
    in_year = re.fullmatch(r"years\[(\d+)\]\.(\w+)", code)
    if in_year:
        when = _("this plan year") if in_year[1] == "0" else _("next plan year")
        return f"{in_words(in_year[2])} ({when})"
    return str(DOUBTS.get(code) or NOTES.get(code) or MISSING.get(code) or code.replace("_", " ").lower())
