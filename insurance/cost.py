"""The public cost page: the desk's estimator on a family's own numbers. Nothing is stored, nothing is in an address."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from insurance.estimator import Estimate, estimate
from programs.models import Program

CENTS: dict[str, Any] = {"decimal_places": 2, "max_digits": 9, "min_value": Decimal(0)}

# What each unknown input is called on the page.
NAMES = {
    "allowed": _("the price a day that your plan and the program agreed on"),
    "coins": _("your share in percent (coinsurance)"),
    "copay_after_ded": _("whether the copay starts before or after the deductible"),
    "ded_ind": _("how much of your deductible is left"),
    "oop_ind": _("how much is left until your out-of-pocket limit"),
}


class CostForm(forms.Form):
    """What a family may know of its plan; an empty box means "I do not know" and widens the range."""

    weeks = forms.IntegerField(label=_("How many weeks?"), min_value=1, max_value=52, initial=12)
    days = forms.IntegerField(label=_("How many days a week?"), min_value=1, max_value=7, initial=3)
    allowed = forms.DecimalField(
        label=_("Price a day"),
        help_text=_("What the plan and the program agreed on. Empty: we use $250 to $650."),
        required=False,
        **CENTS,
    )
    ded_ind = forms.DecimalField(
        label=_("Deductible left this year"),
        help_text=_("What you still pay before the plan starts to pay. Nothing left: write 0. Empty: not known."),
        required=False,
        **CENTS,
    )
    coins = forms.DecimalField(
        label=_("Your share after the deductible, in percent"),
        help_text=_("Often 10 to 40. Empty: not known."),
        required=False,
        min_value=Decimal(0),
        max_value=Decimal(100),
        max_digits=5,
        decimal_places=2,
    )
    copay = forms.DecimalField(
        label=_("Copay for each day"),
        help_text=_("Many plans have a percent or a copay, not both. No copay: leave it empty."),
        required=False,
        **CENTS,
    )
    oop_ind = forms.DecimalField(
        label=_("Left until your out-of-pocket limit"),
        help_text=_("After this the plan pays all. Empty: not known; the law’s limit for one person is used."),
        required=False,
        **CENTS,
    )

    def estimate(self) -> Estimate:
        """The estimate of valid input: dollars, a range where something is not known."""
        return estimate(**self._case())

    def _case(self) -> dict[str, Any]:
        """An empty copay or 0 means the plan has none; with a copay, an empty percent means it has no percent."""
        data = self.cleaned_data
        case: dict[str, Any] = {"days": data["weeks"] * data["days"]}
        case |= {key: data[key] for key in ("allowed", "ded_ind", "oop_ind")}
        if data["copay"]:
            case |= {"copay": data["copay"], "copay_after_ded": None}  # before or after the deductible: plans differ
        if data["coins"] is not None or not data["copay"]:
            case["coins"] = None if data["coins"] is None else data["coins"] / 100
        return case


def known_of(program: Program | None) -> dict[str, Any]:
    """What a listing already tells the form: weeks and days of the week."""
    if program is None:
        return {}
    days = len({session.weekday for session in program.sessions.all() if session.is_required})
    known = {"weeks": program.weeks_max or program.weeks_min, "days": days}
    return {key: value for key, value in known.items() if value}
