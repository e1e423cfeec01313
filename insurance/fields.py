"""What people type on the phone or on a phone: birth dates, telephone numbers, member IDs, names, payers."""

import re
import unicodedata
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from insurance.x12.inquiry_270 import IDENTIFIER
from programs.models import Payer, Program
from programs.models.payer import PayerKind

FIRST_YEAR, LAST_YEAR = 1900, 2100
OLDEST = 120
# Letters that would end a segment of an X12 question, and characters that turn text around or hide it.
X12_DELIMITERS = set("*~^:")
EMERGENCY = {"911", "988"}
NOT_KNOWN, NOT_KNOWN_SLUG = "Plan not known yet", "plan-not-known"


def plain(text: str) -> str:
    """As typed (NFC), without control characters and without marks that turn the reading direction."""
    text = unicodedata.normalize("NFC", text)
    return "".join(character for character in text if unicodedata.category(character) not in {"Cc", "Cf", "Cs"})


class BirthDateField(forms.Field):
    """MM/DD/YYYY or YYYY-MM-DD. Two-digit years are refused: 01/02/50 must not become 2050."""

    widget = forms.TextInput(attrs={"placeholder": "MM/DD/YYYY", "inputmode": "numeric", "autocomplete": "off"})
    default_error_messages = {
        "shape": _("Write the birth date as MM/DD/YYYY, like 04/12/1990."),
        "no-such-day": _("There is no such day. Check the month and the day."),
        "future": _("This date is in the future."),
        "too-old": _("Check the year of birth."),
    }

    def to_python(self, value: Any) -> date | None:
        text = plain(str(value or "")).strip()
        if not text:
            return None
        found = re.fullmatch(r"(\d{1,2})[/\-. ](\d{1,2})[/\-. ](\d{4})", text, re.ASCII)
        iso = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text, re.ASCII)
        together = re.fullmatch(r"(\d{2})(\d{2})(\d{4})", text, re.ASCII)
        if not (found or iso or together):
            raise ValidationError(self.error_messages["shape"], code="shape")
        month, day, year = (iso[2], iso[3], iso[1]) if iso else (found or together).groups()  # type: ignore[union-attr]
        return self._in_range(int(year), int(month), int(day))

    def _in_range(self, year: int, month: int, day: int) -> date:
        try:
            born = date(year, month, day)
        except ValueError:
            raise ValidationError(self.error_messages["no-such-day"], code="no-such-day") from None
        today = timezone.localdate()
        if born > today:
            raise ValidationError(self.error_messages["future"], code="future")
        if born.year < max(FIRST_YEAR, today.year - OLDEST):
            raise ValidationError(self.error_messages["too-old"], code="too-old")
        return born

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%m/%d/%Y}" if isinstance(value, date) else value


class FirstDayField(forms.DateField):
    """The day care is planned to begin: today or later, within a year."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.DateInput(attrs={"type": "date"}), "required": False, **kwargs})

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        today = timezone.localdate()
        if day and not today <= day <= today + timedelta(days=365):
            raise ValidationError(_("Write a day from today on, within a year."), code="range")
        return day


class DayField(BirthDateField):
    """A day of our time, typed like a birth date. "No end" written as the year 9999 is a day no clock can reckon with."""

    default_error_messages = {
        "shape": _("Write the day as MM/DD/YYYY, like 12/31/2026."),
        "year": _("Check the year. If there is no end, leave this empty."),
    }

    def _in_range(self, year: int, month: int, day: int) -> date:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValidationError(self.error_messages["year"], code="year")
        try:
            return date(year, month, day)
        except ValueError:
            raise ValidationError(self.error_messages["no-such-day"], code="no-such-day") from None


class CardEndField(DayField):
    """The last day a card names. A day that has passed is refused: the plan has ended."""

    def _in_range(self, year: int, month: int, day: int) -> date:
        ends = super()._in_range(year, month, day)
        if ends < timezone.localdate():
            raise ValidationError(
                _("This plan has ended. Ask for a newer card; if there is none, leave this empty and we ask the plan."),
                code="ended",
            )
        return ends


class PhoneField(forms.CharField):
    """A number in the United States, kept as +1 and ten digits; an extension is kept behind an x."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"type": "tel", "autocomplete": "off", "inputmode": "tel"}
        super().__init__(**{"max_length": 30, "widget": forms.TextInput(attrs=attributes), **kwargs})

    def clean(self, value: Any) -> str:
        text = plain(super().clean(value)).strip()
        if not text:
            return ""
        number, _sign, extension = re.sub(r"(?i)\s*(?:ext\.?|x|#)\s*(\d{1,6})\s*$", r"|\1", text).partition("|")
        digits = re.sub(r"[\s().+\-]", "", number)
        if digits in EMERGENCY:
            raise ValidationError(_("This is an emergency line. If somebody is in danger, call it now."), code="danger")
        digits = digits[1:] if len(digits) == 11 and digits.startswith("1") else digits
        if not re.fullmatch(r"[2-9]\d{2}[2-9]\d{6}", digits, re.ASCII):
            raise ValidationError(_("Write a US number with its area code, like (414) 555-0142."), code="phone")
        return f"+1{digits}" + (f"x{extension}" if extension else "")


class MemberIdField(forms.CharField):
    """As it stands on the card. Characters that a payer's computer cannot take are refused."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"})
        super().__init__(**{"max_length": 80, "widget": widget, **kwargs})

    def clean(self, value: Any) -> str:
        text = unicodedata.normalize("NFKC", plain(super().clean(value))).strip(" -")
        if text and not IDENTIFIER.fullmatch(text):
            raise ValidationError(_("Use only letters, digits and dashes, as on the card."), code="characters")
        if text and len(re.sub(r"[\s\-]", "", text)) < 2:
            raise ValidationError(_("This is too short for a member ID."), code="short")
        return text


class NameField(forms.CharField):
    """A person's name as they write it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.TextInput(attrs={"autocomplete": "off"}), **kwargs})

    def clean(self, value: Any) -> str:
        text = plain(super().clean(value)).strip()
        if X12_DELIMITERS.intersection(text):
            raise ValidationError(_("Leave out the characters * ~ ^ and :"), code="characters")
        return text


class Suggested(forms.TextInput):
    """A text box that suggests: the picked slug travels in a field beside it; without JavaScript the words count."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name) or data.get(f"{name}_text", "")


class PayerField(forms.CharField):
    """A payer by its slug, or by a name or alias as typed; the value is the Payer."""

    default_error_messages = {"payer": _("Pick a plan from the list. Not there? Write “Plan not known yet”.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 120, "widget": Suggested, **kwargs})

    def clean(self, value: Any) -> Any:
        text = plain(super().clean(value)).strip()
        if not text:
            return None
        found = plan_not_known() if text.casefold() == NOT_KNOWN.casefold() else payer_called(text)
        if found is None:
            raise ValidationError(self.error_messages["payer"], code="payer")
        return found


def plan_not_known() -> Payer:
    """Stands where nobody knows the plan yet; a person finds out."""
    kind = PayerKind.OTHER
    return Payer.objects.get_or_create(slug=NOT_KNOWN_SLUG, defaults={"name": NOT_KNOWN, "kind": kind})[0]


def payer_called(text: str) -> Payer | None:
    """The payer of that slug, name or alias, in any case."""
    exact = Payer.objects.filter(slug=text).first() or Payer.objects.filter(name__iexact=text).first()
    wanted = text.casefold()
    also = (payer for payer in Payer.objects.order_by("pk") if wanted in {name.casefold() for name in payer.aliases})
    return exact or next(also, None)


class ProgramField(forms.CharField):
    """A published program by its slug; the value is the Program."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 200, "required": False, "widget": Suggested, **kwargs})

    def clean(self, value: Any) -> Any:
        text = plain(super().clean(value)).strip()
        if not text:
            return None
        found = Program.objects.published().filter(slug=text).first()
        found = found or Program.objects.published().filter(name__iexact=text).order_by("pk").first()
        if found is None:
            raise ValidationError(_("Pick a program from the list."), code="program")
        return found
