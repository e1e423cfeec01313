"""Telephone numbers as people read them."""

from django import template

register = template.Library()


@register.filter
def phone(number: str) -> str:
    """ "+14145550142" as "(414) 555-0142"; anything else unchanged."""
    digits = number.removeprefix("+1")
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if len(digits) == 10 and digits.isdigit() else number
