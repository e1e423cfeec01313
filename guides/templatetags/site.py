"""Tags every page may use: icons, the language switch, full addresses, telephone links, facts with sources."""

import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from guides.facts import FACTS
from guides.library import Guide

register = template.Library()

LINE = re.compile(r'<path d="([^"]+)"\s*/>')  # a drawing's lines become one: fewer elements on every page
START = re.compile(r"([Mm])\s*(-?[\d.]+)[\s,]*(-?[\d.]+)[\s,]*(.*)")
ICONS = Path(settings.BASE_DIR) / "templates" / "icons"


@cache
def drawing(name: str) -> SafeString:
    """The shapes inside one Lucide icon; an unknown name is a programmer's mistake and raises."""
    svg = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    inner = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    lines = "".join(map(_line, LINE.findall(inner)))
    shapes = LINE.sub("", re.sub(r"\s*\n\s*", "", inner).strip())
    return mark_safe(f'<path d="{lines}"/>{shapes}' if lines else shapes)  # noqa: S308 our own file, no visitor's text


def _line(d: str) -> str:
    """A path that may follow another: it begins at a point of the picture, not at where the other ended."""
    begin, x, y, rest = START.fullmatch(d).groups()  # type: ignore[union-attr]
    more = {"m": "l", "M": "L"}[begin] if rest[:1].isdigit() or rest[:1] in ("-", ".") else ""  # what its pairs mean
    return f"M{x} {y}{more}{rest}"


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon drawn in the text's colour: decoration, unless `label` gives it words of its own."""
    if label:
        return format_html(
            '<svg class="i" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>', label, drawing(name)
        )
    return decoration(name)


@cache
def decoration(name: str) -> SafeString:
    """An icon without words of its own: the same wherever it stands."""
    return format_html('<svg class="i" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', drawing(name))


@register.simple_tag(takes_context=True)
def language_url(context: dict[str, Any], language: str) -> str:
    """This same page in another language, its query kept; the front page where there is no such page."""
    request: HttpRequest | None = context.get("request")
    here = request.get_full_path() if request else ""
    there = translate_url(here, language)
    return there if there != here else translate_url("/", language)


@register.simple_tag(takes_context=True)
def page_url(context: dict[str, Any], language: str = "") -> str:
    """The full address of this page without its query, for `canonical` and `hreflang`."""
    request: HttpRequest | None = context.get("request")
    path = request.path if request else "/"
    return urljoin(settings.SITE_URL, translate_url(path, language) if language else path)


@register.filter
def tel(number: str) -> str:
    """A telephone number as a link needs it: "(800) 555-0142" becomes "+18005550142"."""
    digits = re.sub(r"\D", "", str(number))
    return f"+1{digits}" if len(digits) == 10 else f"+{digits}" if len(digits) > 10 else digits


@register.simple_tag(takes_context=True)
def fact(context: dict[str, Any], key: str) -> SafeString:
    """A figure from `guides.facts` in its own words; on a guide, with the numbers of its sources."""
    known = FACTS[key]
    return format_html("{}{}", known.text, cite(context, *known.sources))


@register.simple_tag(takes_context=True)
def cite(context: dict[str, Any], *sources: str) -> SafeString:
    """Raised numbers that lead to the sources at the foot of a guide; nothing elsewhere."""
    guide: Guide | None = context.get("guide")
    if guide is None:
        return SafeString("")
    return format_html_join(
        "",
        '<sup class="cite"><a href="#source-{}" aria-label="{}">{}</a></sup>',
        ((number, gettext("Source %s") % number, number) for number in map(guide.number, sources)),
    )
