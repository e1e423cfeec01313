"""The one fact worth asking for next, in words a helpline agent can say."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Question(TextChoices):
    """What to ask, of whom. The order is that of the call: no use pricing a plan that has ended."""

    REVIEW = (
        "review",
        _("The payer's answer contradicts itself or cannot be read. Read the lines, then call the payer."),
    )
    DETAILS = "details", _("The payer did not find this member. Check every detail against the card, then ask again.")
    OTHER_COVERAGE = (
        "other_coverage",
        _("This plan is not active. Ask the caller: when did it end, and is there another?"),
    )
    INVESTIGATION = "investigation", _("Ask the payer: what is being looked into, and from when is the plan active?")
    ADMINISTRATOR = "administrator", _("Another company handles these benefits. Ask that company about IOP.")
    PERIOD = (
        "period",
        _("The plan period it names is over. Ask the payer: is the plan active today, and on which terms?"),
    )
    PRIMARY = "primary", _("There is more than one plan. Ask: which one pays first?")
    SPEND_DOWN = "spend_down", _("Ask Medicaid: how much of this month's spend-down is still owed?")
    EXCEPTION = "exception", _("Ask the payer: is there any program or exception for which IOP is covered?")
    LIMIT_RENEWAL = (
        "limit_renewal",
        _("The visits are used up. Ask the payer: when do they renew, and can more be approved?"),
    )
    COVERED = "covered", _("Ask the payer: is IOP covered at this program?")
    NETWORK = "network", _("Ask the payer: is this program in network for this plan?")
    OUT_OF_NETWORK_TERMS = (
        "out_of_network_terms",
        _("Ask the payer: what does the plan pay out of network, and on which price?"),
    )
    AUTHORIZATION = "authorization", _("Ask the payer: does IOP need approval in advance, and who gives it?")
    COST_SHARE = "cost_share", _("Ask the payer: what is the copay or coinsurance for IOP?")
    DEDUCTIBLE = "deductible", _("Ask the payer: how much of the deductible is left?")
    OUT_OF_POCKET = "out_of_pocket", _("Ask the payer: how much is left until the out-of-pocket limit?")
    CONFIRM = "confirm", _("Ask the payer to confirm IOP at this program. Write down name and reference number.")  # fmt: skip
