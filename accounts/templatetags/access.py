"""What a page may offer to the person looking at it."""

from typing import Any

from django import template

from accounts import policy

register = template.Library()


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], name: str, method: str = "GET") -> bool:
    """True if the person signed in may use that address: a link nobody may follow is not shown."""
    user = context["request"].user
    return policy.allows(name, method, user.role if user.is_authenticated else None)
