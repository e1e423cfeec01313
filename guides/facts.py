"""Every figure that a page states, with where it comes from.

A page writes `{% fact "iop-hours" %}`, never the digits themselves; tests hold it to that. What has no
source is not here: no success rates, no "98 % would recommend".
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Source:
    """A published page or paper. Without an address it is quoted as hearsay and says so."""

    title: str | Promise
    publisher: str | Promise
    url: str = ""


@dataclass(frozen=True)
class Fact:
    """A figure in plain words and the keys of the sources that state it."""

    text: str | Promise
    sources: tuple[str, ...]


SOURCES: dict[str, Source] = {
    "advisory": Source(
        "Advisory: Clinical Issues in Intensive Outpatient Treatment for Substance Use Disorders (2021)",
        "SAMHSA",
        "https://store.samhsa.gov/product/clinical-issues-intensive-outpatient-treatment-substance-use-disorders/pep20-02-01-021",
    ),
    "tip47": Source(
        "TIP 47, Substance Abuse: Clinical Issues in Intensive Outpatient Treatment",
        "SAMHSA",
        "https://www.ncbi.nlm.nih.gov/books/NBK64093/",
    ),
    "asam": Source(
        "About The ASAM Criteria",
        "American Society of Addiction Medicine",
        "https://www.asam.org/asam-criteria/about-the-asam-criteria",
    ),
    "chcs": Source(
        "New Changes to Intensive Outpatient Program Coverage",
        "Center for Health Care Strategies",
        "https://www.chcs.org/resource/new-changes-to-intensive-outpatient-program-coverage/",
    ),
    "aetna": Source(
        "ASAM criteria: intensive outpatient services",
        "Aetna",
        "https://www.aetna.com/individuals-families/member-rights-resources/rights/state-specific-information/asam-criteria-searchresults.html",
    ),
    "medicare-iop": Source(
        "Mental health care (intensive outpatient program services)",
        "Medicare.gov",
        "https://www.medicare.gov/coverage/mental-health-care-intensive-outpatient-program-services",
    ),
    "medicare-php": Source(
        "Mental health care (partial hospitalization)",
        "Medicare.gov",
        "https://www.medicare.gov/coverage/mental-health-care-partial-hospitalization",
    ),
    "mccarty": Source(
        "McCarty D and others. Substance Abuse Intensive Outpatient Programs: Assessing the Evidence (2014)",
        "Psychiatric Services",
        "https://pmc.ncbi.nlm.nih.gov/articles/PMC4152944",
    ),
    "hazelden": Source(
        "Virtual Intensive Outpatient Outcomes: Preliminary Findings (2020)",
        _("Hazelden Betty Ford, a treatment program"),
        "https://www.hazeldenbettyford.org/research-studies/addiction-research/virtual-intensive-outpatient-outcomes",
    ),
    "healthcare-gov": Source(
        "Mental health and substance abuse health coverage options",
        "HealthCare.gov",
        "https://www.healthcare.gov/coverage/mental-health-substance-abuse-coverage/",
    ),
    "parity": Source(
        "Mental Health and Substance Use Disorder Parity",
        "US Department of Labor",
        "https://www.dol.gov/agencies/ebsa/laws-and-regulations/laws/mental-health-and-substance-use-disorder-parity",
    ),
    "fmla": Source(
        "Fact Sheet 28O: Mental Health Conditions and the FMLA",
        "US Department of Labor",
        "https://www.dol.gov/agencies/whd/fact-sheets/28o-mental-health",
    ),
    "part2": Source(
        "Confidentiality of Substance Use Disorder Patient Records (42 CFR Part 2)",
        "US Department of Health and Human Services",
        "https://www.federalregister.gov/documents/2024/02/16/2024-02544/confidentiality-of-substance-use-disorder-sud-patient-records",
    ),
    "aac": Source(
        "The Cost to Attend an IOP",
        _("American Addiction Centers, a treatment company"),
        "https://americanaddictioncenters.org/intensive-outpatient-programs/cost",
    ),
    "freedom": Source(
        "What Is the Cost of Intensive Outpatient Treatment?",
        _("The Freedom Center, a treatment program"),
        "https://www.thefreedomcenter.com/?p=187",
    ),
    "helpline": Source(
        _("Public article about IOP programs. A helpline’s own words, not a survey"),
        _("Addiction Helpline America, a private helpline"),
    ),
    "niaaa": Source(
        "10 Questions to Ask Alcohol Treatment Programs",
        "National Institute on Alcohol Abuse and Alcoholism",
        "https://alcoholtreatment.niaaa.nih.gov/how-to-find-alcohol-treatment/10-questions-for-alcohol-treatment-programs",
    ),
    "withdrawal": Source(
        "Alcohol withdrawal",
        "MedlinePlus, National Library of Medicine",
        "https://medlineplus.gov/ency/article/000764.htm",
    ),
    "pregnancy": Source(
        "Substance Use Disorder Treatment in Pregnant Adults",
        "New York State Department of Health AIDS Institute",
        "https://www.ncbi.nlm.nih.gov/books/NBK572854/",
    ),
    "lifeline": Source("988 Suicide & Crisis Lifeline", "988lifeline.org", "https://988lifeline.org/"),
    "samhsa": Source("National Helpline", "SAMHSA", "https://www.samhsa.gov/find-help/helplines/national-helpline"),
}

FACTS: dict[str, Fact] = {
    # what an IOP is
    "iop-hours": Fact(_("9 to 19 hours"), ("chcs", "aetna")),
    "iop-hours-least": Fact(_("9 or more hours"), ("advisory", "chcs")),
    "iop-hours-teens": Fact(_("6 or more hours"), ("advisory", "aetna")),
    "iop-level": Fact(_("Level 2.1"), ("aetna", "asam")),
    "iop-days": Fact(_("3 to 5 days"), ("helpline",)),
    "iop-pattern": Fact(_("three sessions of three hours"), ("helpline",)),
    "individual-length": Fact(_("about 1 hour"), ("helpline",)),
    "group-length": Fact(_("2 to 4 hours"), ("helpline",)),
    "weeks-usual": Fact(_("8 to 12 weeks"), ("helpline",)),
    "weeks-short": Fact(_("4 to 6 weeks"), ("helpline",)),
    "weeks-long": Fact(_("90 days or more"), ("helpline",)),
    # the other levels
    "outpatient-hours": Fact(_("1 to 3 hours"), ("helpline",)),
    "php-hours": Fact(_("20 hours or more"), ("medicare-php",)),
    "php-day": Fact(_("6 hours or more"), ("helpline",)),
    "php-level": Fact(_("Level 2.5"), ("asam",)),
    # money
    "cost-week": Fact(_("$250 to $600 a week"), ("helpline",)),
    "cost-day-quoted": Fact(_("$250 to $350 a day"), ("aac",)),
    "cost-program-quoted": Fact(_("$3,000 to $10,000"), ("freedom", "helpline")),
    "cost-program-computed": Fact(_("$2,000 to $7,200"), ("helpline",)),
    "medicare-since": Fact(_("January 1, 2024"), ("chcs",)),
    "medicare-hours": Fact(_("at least 9 hours"), ("medicare-iop",)),
    # does it work
    "review": Fact(_("A 2014 review of 12 studies"), ("mccarty",)),
    "virtual-report": Fact(_("An early report from 2020"), ("hazelden",)),
}
