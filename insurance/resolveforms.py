"""The forms by which a person settles what computers could not: details from the caller, a word on a doubtful answer."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from insurance.fields import BirthDateField, FirstDayField, MemberIdField, NameField, PayerField, ProgramField
from insurance.models import Verification

SEXES = [("", "–"), ("F", _("Female")), ("M", _("Male"))]
ANSWERED_DAYS = 365


@dataclass(frozen=True)
class Difference:
    """One detail as it is on file and as it was typed; `is_hidden` where the whole value needs a reason to be seen."""

    label: str
    on_file: str
    typed: str
    is_hidden: bool = False


class DetailsForm(forms.Form):
    """What the caller gives later: only what is filled in changes. There is a field for every detail a payer asks for."""

    member_id = MemberIdField(label=_("Member ID"), required=False)
    group_number = MemberIdField(label=_("Group number"), max_length=50, required=False)
    subscriber_birth_date = BirthDateField(label=_("Birth date of the person on the card"), required=False)
    subscriber_first_name = NameField(label=_("First name on the card"), max_length=35, required=False)
    subscriber_last_name = NameField(label=_("Last name on the card"), max_length=60, required=False)
    program_1 = ProgramField(label=_("Program"))
    payer = PayerField(label=_("Insurance plan"), required=False)
    subscriber_sex = forms.ChoiceField(label=_("Sex on the card"), choices=SEXES, required=False)
    relationship = forms.ChoiceField(
        label=_("The patient is"), choices=[("", "–"), *Verification.Relationship.choices], required=False
    )
    patient_first_name = NameField(label=_("Patient’s first name"), max_length=35, required=False)
    patient_last_name = NameField(label=_("Patient’s last name"), max_length=60, required=False)
    patient_birth_date = BirthDateField(label=_("Patient’s birth date"), required=False)
    patient_sex = forms.ChoiceField(label=_("Patient’s sex on the card"), choices=SEXES, required=False)
    service_date = forms.DateField(
        label=_("Day of care to ask about"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean_service_date(self) -> date | None:
        """Payers answer for a year back and until the end of this month."""
        day: date | None = self.cleaned_data["service_date"]
        today = timezone.localdate()
        last = today.replace(day=monthrange(today.year, today.month)[1])
        if day and not today - timedelta(days=ANSWERED_DAYS) <= day <= last:
            raise ValidationError(_("Payers answer for the last twelve months and until the end of this month."))
        return day

    def changes(self) -> dict[str, Any]:
        """Column → value, for columns of the request that were filled in."""
        return {name: value for name, value in self.cleaned_data.items() if value and name != "program_1"}

    def differences(self, verification: Verification) -> Iterator[Difference]:
        """Where what was typed is not what is on file. The form is valid."""
        for name, typed in self.cleaned_data.items():
            on_file = getattr(verification, "program" if name == "program_1" else name)
            if typed and typed != on_file:
                hidden = isinstance(self.fields[name], MemberIdField)
                yield Difference(
                    str(self.fields[name].label), self._words(name, on_file), self._words(name, typed), hidden
                )

    def _words(self, name: str, value: Any) -> str:
        field = self.fields[name]
        choices: Any = getattr(field, "choices", ())
        return str(dict(choices).get(value) or field.prepare_value(value) or "")


class FirstDayForm(forms.Form):
    admission_on = FirstDayField(label=_("Planned first day"))


class DecisionForm(forms.Form):
    """A person has read an answer that a computer could not settle."""

    decision = forms.ChoiceField(
        label=_("What do you decide?"),
        choices=[
            ("accept", _("The reading is right; the caller may hear it")),
            ("call", _("Call the payer")),
            ("again", _("Ask the payer’s computer again")),
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, verification: Verification, **kwargs: Any) -> None:
        """An answer that could not be read, or is about somebody else, has no reading to accept."""
        super().__init__(*args, **kwargs)
        if not verification.snapshots.filter(superseded_at=None).exists():
            choices = self.fields["decision"].choices  # type: ignore[attr-defined]
            self.fields["decision"].choices = [each for each in choices if each[0] != "accept"]  # type: ignore[attr-defined]
