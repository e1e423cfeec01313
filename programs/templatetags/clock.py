"""Which clock a page tells its times by."""

from django import template
from django.utils import timezone

from programs import wording

register = template.Library()


@register.simple_tag
def site_clock() -> str:
    """The site's own: Times in Central Time."""
    return wording.clock(timezone.get_current_timezone_name())
