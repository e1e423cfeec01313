"""`{% slot "name" %}`: a hole in a template that `programs.slots` fills for each request."""

from django import template
from django.utils.safestring import SafeString

from programs.slots import hole

register = template.Library()


@register.simple_tag
def slot(*name: object) -> SafeString:
    """A hole; several parts make one name, joined by colons."""
    return hole(":".join(map(str, name)))
