"""What a page may offer to the person looking at it."""

from typing import Any

from django import template
from django.utils.translation import gettext

from accounts import policy

register = template.Library()


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], name: str, method: str = "GET") -> bool:
    """True if the person signed in may use that address: a link nobody may follow is not shown."""
    user = context["request"].user
    return policy.allows(name, method, user.role if user.is_authenticated else None)


# In this order: each name is also in those that stand before it.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
MACHINES = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "Chromebook",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


@register.filter
def device(user_agent: str) -> str:
    """“Firefox, Windows”: what a browser says of itself in the words of whoever uses it."""
    found = [next((name for mark, name in names.items() if mark in user_agent), "") for names in (BROWSERS, MACHINES)]
    return ", ".join(filter(None, found)) or gettext("An unknown browser")
