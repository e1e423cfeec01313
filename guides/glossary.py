"""Words a family hears on the phone, in plain language."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Term:
    """One word and what it means; `id` is its anchor on the page."""

    id: str
    word: str | Promise
    meaning: str | Promise


TERMS = (
    Term("aftercare", _("Aftercare"), _("Support after the program ends: therapy, groups, check-in calls.")),
    Term("asam", _("ASAM level"), _("A number that doctors use for how much care a person needs. An IOP is 2.1.")),
    Term("assessment", _("Assessment"), _("A long first talk about health, home, and goals. It leads to a plan.")),
    Term("coinsurance", _("Coinsurance"), _("Your share of each bill after the deductible.")),
    Term("co-occurring", _("Co-occurring"), _("Having a mental health and a drug or alcohol problem at once.")),
    Term("copay", _("Copay"), _("A set amount that you pay for each visit or day.")),
    Term("craving", _("Craving"), _("A strong wish to drink or use. It rises, and then it passes.")),
    Term("deductible", _("Deductible"), _("What you pay first each year, before the plan pays.")),
    Term("detox", _("Detox"), _("Medical care while the body gets used to being without alcohol or a drug.")),
    Term("in-network", _("In network"), _("The program and your plan have agreed on a price. You pay less.")),
    Term("intake", _("Intake"), _("The first visit: forms, questions, and the assessment.")),
    Term("iop", _("IOP"), _("Intensive outpatient program. Many hours of care a week while you live at home.")),
    Term("medical-necessity", _("Medically needed"), _("The reason a plan must see on paper before it pays.")),
    Term(
        "moud",
        _("Medicine for opioid use"),
        _("Buprenorphine, methadone, or naltrexone. They lower the risk of death."),
    ),
    Term("naloxone", _("Naloxone (Narcan)"), _("A nose spray or shot that can stop an opioid overdose.")),
    Term("outpatient", _("Outpatient"), _("You come for care and go home again.")),
    Term("parity", _("Parity"), _("A rule: limits on mental health care may not be stricter than on other care.")),
    Term("php", _("PHP"), _("Partial hospitalization program. A day program. You go home at night.")),
    Term(
        "prior-approval", _("Prior approval"), _("The plan must say yes before you start. Also called authorization.")
    ),
    Term(
        "relapse",
        _("Relapse"),
        _("Going back to drinking or using after a time without. It is common, and it can be treated."),
    ),
    Term("residential", _("Residential"), _("You live at the program. Staff are there day and night.")),
    Term("sliding-scale", _("Sliding scale"), _("The price goes down with your income.")),
    Term("step-down", _("Step down"), _("To move to lighter care as you get stronger.")),
    Term("vob", _("Benefits check"), _("Asking a health plan what it will pay. Also called verification of benefits.")),
    Term("withdrawal", _("Withdrawal"), _("How the body reacts when alcohol or a drug stops. It can be dangerous.")),
)
