"""Words for waits, and what may be seen of a hidden value."""

import re
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.forms import BooleanField, BoundField, ChoiceField
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from insurance import aaa, doubts, sample
from insurance.estimator import Span
from insurance.facts import Fact, money
from insurance.fields import PayerField, PhoneField
from insurance.models import Consent
from insurance.models.route import Detail
from insurance.states import Reason
from programs.models import Payer, Program

register = template.Library()


@register.filter
def wait(minutes: int) -> str:
    """28 min, 3 h 5 min, 2 days: what a person says of a wait."""
    if minutes < 60:
        return _("{n} min").format(n=minutes)
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return _("{h} h {m} min").format(h=hours, m=rest) if rest else _("{h} h").format(h=hours)
    days = hours // 24
    return _("1 day") if days == 1 else _("{d} days").format(d=days)


@register.filter
def took(milliseconds: float | None) -> str:
    """4 ms, 1.2 s: how long a payer takes."""
    if milliseconds is None:
        return "–"
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


@register.filter
def moment(at: datetime) -> str:
    """9:27 a.m. if it is today, else Nov 28, 9:27 a.m."""
    local = timezone.localtime(at)
    return date_format(local, "g:i a" if local.date() == timezone.localdate() else "M j, g:i a")


@register.filter
def told_on(fact: Fact | None, answered_at: datetime) -> str:
    """“ · November 26” behind a value that was told on another day than the answer it stands in; else nothing."""
    if fact is None or fact.as_of is None:
        return ""
    day = timezone.localdate(fact.as_of)
    return "" if day == timezone.localdate(answered_at) else f" · {date_format(day, 'MONTH_DAY_FORMAT')}"


@register.filter
def rejected(codes: str) -> str:
    """Member not found (75) × 2: a payer's codes in words."""
    meanings = {code: f"{rule.meaning} ({code})" for code, rule in aaa.RULES.items()}
    return re.sub(r"\w+(?= × )", lambda code: meanings.get(code[0], code[0]), codes)


@register.filter
def masked(value: str) -> str:
    """•••• 4417: enough to compare with a card, too little to use."""
    return f"•••• {value[-4:]}" if len(value) > 5 else "••••" if value else "–"


@register.filter
def said(field: BoundField) -> str:
    """What was filled in, in the words of the choices rather than their codes."""
    value = field.value()
    if isinstance(field.field, ChoiceField):
        words = {str(key): label for key, label in field.field.choices}  # type: ignore[misc,union-attr]
        return str(words.get(str(value), value))
    if isinstance(field.field, BooleanField):
        return _("Yes") if value else _("No")
    cleaned = field.form.cleaned_data.get(field.name)
    if isinstance(field.field, PhoneField):
        return dialed(cleaned) if cleaned else ""
    return str(field.field.prepare_value(cleaned) if cleaned is not None else value)


@register.filter
def dialed(number: str) -> str:
    """(414) 555-0142, with its extension if it has one."""
    digits, _sign, extension = number.removeprefix("+1").partition("x")
    plain = f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if len(digits) == 10 else number
    return f"{plain} x{extension}" if extension else plain


@register.filter
def dollars(result: dict[str, Any]) -> str:
    """One amount, or a range where something is not known; no single figure from an answer in doubt."""
    if result.get("total") is not None:
        return money(result["total"]) or "–"
    low, high = money(result.get("low")), money(result.get("high"))
    if low and low == high:
        return _("no single figure yet")
    if low and high:
        return f"{low}–{high}"
    return _("from {low}").format(low=low) if low else "–"


@register.filter
def listed(words: object) -> str:
    """A list as words, each once; anything else as it is."""
    if not isinstance(words, list):
        return str(words)
    return ", ".join(dict.fromkeys(doubts.in_words(str(word)) for word in words))


@register.filter
def amount(span: Span) -> str:
    """One amount, or a range."""
    low, high = money(span.low), money(span.high)
    return f"{low}" if low == high else f"{low}–{high}"


@register.filter
def noted(result: dict[str, Any]) -> list[str]:
    """What has to be said beside an estimate."""
    return [str(words) for code, words in doubts.NOTES.items() if code in result.get("notes", ())]


@register.filter
def scopes(given: list[str]) -> str:
    """What a consent allows, in words."""
    return ", ".join(str(Consent.Scope(scope).label) for scope in given)


@register.filter
def details(needed: list[str]) -> str:
    """What the payer wants to know, in words."""
    return ", ".join(str(Detail(detail).label) if detail in Detail.values else detail for detail in needed)


@register.filter
def reason(code: str) -> str:
    """A payer's code as it is ("2100C 71"); a reason of our own in words."""
    return str(Reason(code).label) if code in Reason.values else code


@register.filter
def segments(text: str) -> str:
    """An X12 answer with one segment on each line."""
    mark = text[105] if text.startswith("ISA") and len(text) > 105 else ""
    return text.replace(mark, f"{mark}\n") if mark and mark not in "\r\n" else text


@register.inclusion_tag("insurance/demo_members.html")
def demo_members() -> dict[str, Any]:
    """In a local run: which member IDs the payer simulator knows. Elsewhere nothing."""
    return {"members": sample.DEMO_MEMBERS if settings.LOCAL else ()}


@register.simple_tag
def words_of(field: BoundField) -> str:
    """What a suggesting text box shows: the words typed, or the name behind a slug that came without words."""
    beside = f"{field.html_name}_text"
    typed = field.form.data.get(beside) if field.form.is_bound else field.form.initial.get(beside)
    if typed:
        return str(typed)
    slug = str(field.value() or "").replace("\x00", "")  # PostgreSQL takes no NUL
    model = Payer if isinstance(field.field, PayerField) else Program
    return str(model.objects.filter(slug=slug).values_list("name", flat=True).first() or slug)
