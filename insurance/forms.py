"""The desk's forms: a new call in the order of talk, and the small ones around a request."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from insurance import consent, queues
from insurance.fields import (
    BirthDateField,
    CardEndField,
    DayField,
    FirstDayField,
    MemberIdField,
    NameField,
    PayerField,
    PhoneField,
    ProgramField,
    plain,
)
from insurance.models import Casework, Consent, Outcome, Priority, Verification
from programs.choices import STATES
from programs.models import Program

YES_NO = [("yes", _("Yes")), ("no", _("No"))]
DEPENDENTS = ("spouse", "child", "other")  # of the person whose name is on the card
LATEST_CALL_BACK = timedelta(days=365)


class AskForm(forms.Form):
    """What a request needs, whoever fills it in: the desk and the caller's own form build on it."""

    phone = PhoneField(label=_("Call-back number"))
    may_leave_message = forms.ChoiceField(label=_("May we leave a message?"), choices=YES_NO, widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_("Language"), choices=Casework.Language, initial="en")
    caller_name = NameField(label=_("Name"), max_length=150, required=False)
    contact_notes = forms.CharField(label=_("When and how is it safe to reach you?"), max_length=500, required=False)
    # Where a wrong choice would do harm nothing is chosen beforehand.
    asking_for = forms.ChoiceField(label=_("Who is it for?"), choices=Casework.AskingFor, widget=forms.RadioSelect)
    state = forms.ChoiceField(label=_("State"), choices=[("", "–"), *STATES.items()], required=False)
    zip = forms.RegexField(
        r"^\s*\d{5}(-?\d{4})?\s*$",
        label=_("ZIP code"),
        required=False,
        error_messages={"invalid": _("Write five digits, like 53202.")},
    )
    condition = forms.ChoiceField(
        label=_("What is the care for?"), choices=Verification.Condition, widget=forms.RadioSelect
    )
    payer = PayerField(label=_("Insurance plan"))
    member_id = MemberIdField(label=_("Member ID"), required=False, help_text=_("As on the card, letters and digits."))
    group_number = MemberIdField(label=_("Group number"), max_length=50, required=False)
    subscriber_first_name = NameField(label=_("First name on the card"), max_length=35, required=False)
    subscriber_last_name = NameField(label=_("Last name on the card"), max_length=60, required=False)
    subscriber_birth_date = BirthDateField(label=_("Birth date of the person on the card"), required=False)
    relationship = forms.ChoiceField(
        label=_("The patient is"), choices=Verification.Relationship, widget=forms.RadioSelect
    )
    patient_first_name = NameField(label=_("Patient’s first name"), max_length=35, required=False)
    patient_last_name = NameField(label=_("Patient’s last name"), max_length=60, required=False)
    patient_birth_date = BirthDateField(label=_("Patient’s birth date"), required=False)
    program_1 = ProgramField(label=_("Program"))
    program_2 = ProgramField(label=_("Compare with"))
    program_3 = ProgramField(label=_("And with"))
    consent_verify = forms.BooleanField(
        label=_("Yes, ask the plan"),
        error_messages={"required": _("We cannot ask the plan without a yes.")},
    )
    consent_sud = forms.BooleanField(label=_("Yes, also about substance use treatment"), required=False)
    consent_share = forms.BooleanField(label=_("Yes, share the answer with the programs"), required=False)
    consent_version = forms.CharField(widget=forms.HiddenInput, initial=consent.CURRENT)

    mark_optional = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if field.required and field.error_messages["required"] == forms.Field.default_error_messages["required"]:
                self.ask(name)

    def ask(self, name: str) -> None:
        """An answer that is missing is named, so that the list of mistakes reads as a list of questions."""
        field = self.fields[name]
        field.error_messages["required"] = format_lazy(_("Please answer: {label}"), label=field.label)

    def clean_consent_version(self) -> str:
        version: str = self.cleaned_data["consent_version"]
        if version != consent.CURRENT:
            raise ValidationError(_("The consent text has changed. Read the new one and ask again."))
        return version

    def clean_zip(self) -> str:
        return self.cleaned_data["zip"].strip()[:5]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("relationship") in DEPENDENTS and not data.get("patient_last_name"):
            self.add_error("patient_last_name", _("Write the patient’s name as the plan knows it."))
        named = data.get("member_id") or (data.get("subscriber_last_name") and data.get("subscriber_birth_date"))
        if not named and not {"member_id", "subscriber_birth_date"} & set(self.errors):
            self.add_error("member_id", _("Write the member ID, or the name and birth date on the card."))
        return data

    def programs(self) -> list[Program]:
        """The programs chosen, each once, in their order."""
        chosen = (self.cleaned_data.get(f"program_{number}") for number in (1, 2, 3))
        return list(dict.fromkeys(program for program in chosen if program))

    def scopes(self) -> list[str]:
        given = {
            Consent.Scope.VERIFY: self.cleaned_data["consent_verify"],
            Consent.Scope.SUD: self.cleaned_data["consent_sud"],
            Consent.Scope.SHARE: self.cleaned_data["consent_share"],
        }
        return [scope.value for scope, yes in given.items() if yes]


class NewCallForm(AskForm):
    """A call as an agent writes it down, fields in the order of talk."""

    field_order = [
        *("safe", "phone", "may_leave_message", "contact_notes", "language", "asking_for", "caller_name"),
        *("condition", "state", "zip", "payer", "member_id"),
        *("subscriber_first_name", "subscriber_last_name", "subscriber_birth_date", "relationship", "group_number"),
        *("card_ends", "patient_first_name", "patient_last_name", "patient_birth_date"),
        *("program_1", "program_2", "program_3", "consent_verify", "consent_sud", "consent_share", "consent_method"),
        *("note", "priority"),
    ]

    safe = forms.ChoiceField(
        label=_("Is it safe to talk now?"),
        choices=[("yes", _("Yes")), ("no", _("No, we call back"))],
        widget=forms.RadioSelect,
    )
    card_ends = CardEndField(label=_("Card valid until"), required=False)
    priority = forms.TypedChoiceField(
        label=_("How soon"), choices=Priority.choices, coerce=int, initial=Priority.WAITING.value
    )
    admission_on = FirstDayField(
        label=_("Planned first day"), help_text=_("If it is known: the plan is asked again the day before.")
    )
    consent_method = forms.ChoiceField(
        label=_("How was the consent given?"),
        choices=[("verbal", _("By voice, I heard it")), ("signed", _("Signed on paper"))],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Notes"),
        max_length=2000,
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("No member IDs here."),
    )


class NoteForm(forms.Form):
    text = forms.CharField(label=_("Add a note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def clean_text(self) -> str:
        return self.cleaned_data["text"].strip()


class SnoozeForm(forms.Form):
    """When to call back, in the caller's own time zone."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}))

    def __init__(self, *args: Any, zone: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(zone or settings.TIME_ZONE)
        self.fields["day"].initial = timezone.localdate(timezone=self.zone)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "day" in data and "time" in data:
            today: date = timezone.localdate(timezone=self.zone)
            data["until"] = datetime.combine(data["day"], data["time"], self.zone)
            # Days before moments: at either end of the calendar a moment cannot be told in another time zone.
            if data["day"] > today + LATEST_CALL_BACK:
                self.add_error("day", _("Pick a day within a year."))
            elif data["day"] < today or data["until"] <= timezone.now():
                self.add_error("time", _("This time has passed. Pick a later one."))
        return data


class HandOverForm(forms.Form):
    to = forms.ModelChoiceField(User.objects.none(), label=_("Colleague"))

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = User.objects.filter(is_active=True, role__in=queues.DESK_ROLES).exclude(pk=by.pk)
        self.fields["to"].queryset = colleagues.order_by("name", "pk")  # type: ignore[attr-defined]


class CloseForm(forms.Form):
    outcome = forms.ChoiceField(label=_("How did it end?"), choices=Outcome, widget=forms.RadioSelect)


class WhyForm(forms.Form):
    """Asked before a hidden value or a raw answer is shown; it is written into the audit trail."""

    why = forms.ChoiceField(
        label=_("Why do you need to see it?"),
        choices=[
            ("caller-asks", _("The caller asks")),
            ("call-payer", _("I am calling the payer")),
            ("check-answer", _("I am checking the answer")),
            ("complaint", _("A complaint or an audit")),
        ],
    )


class SearchForm(forms.Form):
    """A request number, a name, a phone number or a member ID. Sent by POST: none of them belongs in an address."""

    q = forms.CharField(label=_("Search"), max_length=100)

    def clean_q(self) -> str:
        text = plain(self.cleaned_data["q"]).strip()
        if len(text) < 2:
            raise ValidationError(_("Write at least two characters."))
        return text


YES_NO_UNKNOWN = [("yes", _("Yes")), ("no", _("No")), ("unknown", _("Not known"))]


def three_way(label: Any) -> forms.ChoiceField:
    """Yes, no, or not known; nothing is assumed."""
    return forms.ChoiceField(label=label, choices=YES_NO_UNKNOWN, initial="unknown", widget=forms.RadioSelect)


def dollars(label: Any) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return DollarsField(label=label, min_value=0, max_value=999_999, decimal_places=2, required=False, widget=widget)


class DollarsField(forms.DecimalField):
    """$1,500 as people write it."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("$", "").replace(",", "") if isinstance(value, str) else value)


class PayerCallForm(forms.Form):
    """What a representative says, as fields. Empty means not told; it never means no or zero."""

    carve_out_company = NameField(label=_("Another company decides"), max_length=80, required=False)
    carve_out_phone = PhoneField(label=_("Its number"), required=False)
    plan_name = NameField(label=_("Plan name"), max_length=60, required=False)
    plan_active = three_way(_("Plan active today"))
    plan_ends = DayField(label=_("Plan year ends"), required=False)
    covered = three_way(_("IOP covered at this program"))
    network = forms.ChoiceField(
        label=_("Program’s network"),
        choices=[("in", _("In")), ("out", _("Out")), ("unknown", _("Not known"))],
        initial="unknown",
        widget=forms.RadioSelect,
    )
    authorization = three_way(_("Approval in advance"))
    authorization_phone = PhoneField(label=_("Approval: number"), required=False)
    penalty = forms.CharField(label=_("Penalty without approval"), max_length=200, required=False)
    copay = dollars(_("Copay"))
    copay_unit = forms.ChoiceField(
        label=_("Copay for each"),
        choices=[("", _("day")), ("week", _("week")), ("month", _("month")), ("episode", _("whole program"))],
        required=False,
    )
    coinsurance = forms.DecimalField(
        label=_("Patient pays, percent"), min_value=0, max_value=100, decimal_places=2, required=False
    )
    deductible_applies = three_way(_("Deductible applies"))
    deductible_total = dollars(_("Deductible, one person"))
    deductible_left = dollars(_("Left of it"))
    family_deductible_left = dollars(_("Family deductible left"))
    oop_total = dollars(_("Out-of-pocket limit"))
    oop_left = dollars(_("Left of the limit"))
    family_oop_left = dollars(_("Family limit left"))
    visit_limit = forms.IntegerField(label=_("Days or visits a year"), min_value=0, max_value=366, required=False)
    visits_used = forms.IntegerField(label=_("Used so far"), min_value=0, max_value=366, required=False)
    exclusions = forms.CharField(label=_("Exclusions"), max_length=500, required=False)
    department = forms.CharField(label=_("Department"), max_length=80, required=False)
    rep_name = NameField(
        label=_("Representative’s name"),
        max_length=100,
        error_messages={"required": _("Ask for the name; without it the answer cannot be proven.")},
    )
    reference = NameField(label=_("Reference number"), max_length=60, required=False)
    reference_refused = forms.BooleanField(label=_("They gave no reference number"), required=False)
    disclaimer_read = forms.BooleanField(
        label=_("“Not a guarantee of payment” was said"),
        error_messages={"required": _("Ask whether this is a guarantee of payment, then tick this.")},
    )

    mark_optional = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("reference") and not data.get("reference_refused"):
            self.add_error("reference", _("Write the reference number, or tick that they gave none."))
        total, left = data.get("deductible_total"), data.get("deductible_left")
        if total is not None and left is not None and left > total:
            self.add_error("deductible_left", _("More is left than there is in all. Ask again."))
        total, left = data.get("oop_total"), data.get("oop_left")
        if total is not None and left is not None and left > total:
            self.add_error("oop_left", _("More is left than there is in all. Ask again."))
        return data


class BrokenOffForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("How did it end?"),
        widget=forms.Select(attrs={"form": "answers"}),  # sent with what has been typed so far
        choices=[
            ("closed", _("The line is closed")),
            ("hung_up", _("Cut off, or held too long")),
            ("refused", _("They would not say")),
        ],
    )


class ReviewForm(forms.Form):
    """A second person’s word on a result."""

    agreed = forms.ChoiceField(
        label=_("Is this answer right?"),
        choices=[("yes", _("I agree")), ("no", _("I disagree"))],
        widget=forms.RadioSelect,
    )
    remark = forms.CharField(
        label=_("Remark"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("agreed") == "no" and not data.get("remark"):
            self.add_error("remark", _("Say what is wrong."))
        return data
