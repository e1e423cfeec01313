"""The filters as the search page shows them: pills with counts, chips to take away, the week to tick."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote_plus

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from programs import gazetteer, schedule, wording
from programs.models import Place
from programs.placenames import ascii_fold
from programs.search import payment
from programs.search.query import STATES_BY_VIDEO, Query
from programs.search.vocabulary import FACETS, NamedPayer, is_payment_type, label_of, payers
from programs.slots import Skeleton

OTHER_LABELS = {
    "q": gettext_lazy("Name"),
    "radius": gettext_lazy("Distance"),
    "max_cost": gettext_lazy("Cost"),
    "sliding": gettext_lazy("Sliding scale"),
    "accepting": gettext_lazy("New patients"),
    "start_within": gettext_lazy("Next start"),
    "free": gettext_lazy("Free hours"),
    STATES_BY_VIDEO: gettext_lazy("States it may treat"),
}


def filter_label(name: str) -> str:
    """A filter's name in words."""
    return str(OTHER_LABELS[name] if name in OTHER_LABELS else FACETS[name].label)


PLAIN = re.compile(r"[\w.~-]*", re.ASCII).fullmatch  # stays as it is in an address


def pair(name: str, value: str) -> str:
    """One parameter as an address has it; most are slugs and numbers."""
    return "=".join(text if PLAIN(text) else quote_plus(text) for text in (name, value))


class Address:
    """A search's address, taken apart once: each filter in force needs the address without it."""

    def __init__(self, path: str, parameters: QueryDict) -> None:
        self.path = path
        self._parts = [
            (name, value, pair(name, value))
            for name, values in parameters.lists()
            for value in values
            if value and name != "page"
        ]

    def whole(self) -> str:
        """The address as it is, from the first page."""
        return self._of(part for _name, _value, part in self._parts)

    def only(self, name: str) -> str:
        """The address with nothing but this parameter."""
        return self._of(part for own, _value, part in self._parts if own == name)

    def without(self, name: str, value: str = "") -> str:
        """The address without a filter, or without one of its values."""
        return self._of(part for own, given, part in self._parts if own != name or (value and given != value))

    def without_all(self, *names: str) -> str:
        """The address without any of these."""
        return self._of(part for own, _given, part in self._parts if own not in names)

    def replacing(self, name: str, value: str) -> str:
        """The address with this one value for a parameter; none if it is empty. It starts at the first page."""
        names = [own for own, _given, _part in self._parts]
        place = names.index(name) if name in names else len(names)
        before, after = self._parts[:place], [part for part in self._parts[place:] if part[0] != name]
        new = [(name, value, pair(name, value))] if value else []
        return self._of(part for _own, _given, part in [*before, *new, *after])

    def _of(self, parts: Iterable[str]) -> str:
        query = "&".join(parts)
        return f"{self.path}?{query}" if query else self.path


def chips(query: Query, address: Address) -> list[dict[str, str]]:
    """Every filter in force, as words (`label`) and the address that leaves it out (`url`)."""
    found, language = [], get_language()
    for name, values in query.facets.items():
        found += [_chip(label_of(name, value, language), address.without(name, value)) for value in values]
    found += [_chip(span_words(span), address.without("free", schedule.format_free(span))) for span in query.free]
    singles = {
        "radius": query.radius and wording.within(query.radius, language),
        "q": query.name and f"“{query.name}”",
        "max_cost": query.max_cost is not None and _("Up to $%(cost)s a week") % {"cost": query.max_cost},
        "sliding": query.sliding and _("Sliding scale"),
        "accepting": query.accepting and _("Takes new patients"),
        "start_within": query.start_within is not None
        and _("Starts within %(days)s days") % {"days": query.start_within},
    }
    found += [_chip(str(label), address.without(name)) for name, label in singles.items() if label]
    return found


def _chip(label: str, url: str) -> dict[str, str]:
    return {"label": label, "url": url}


def span_words(span: schedule.Span) -> str:
    """Free Mon 9 am–12 pm"""
    day, start = divmod(span.start, schedule.DAY)
    end = span.end - day * schedule.DAY
    times = wording.hours(_time(start), _time(end))
    return _("Free %(day)s %(hours)s") % {"day": wording.days([day]), "hours": times}


def _time(minute: int) -> dt.time:
    minute %= schedule.DAY
    return dt.time(minute // 60, minute % 60)


def filled(parameters: QueryDict) -> QueryDict:
    """The parameters without empty values: of a repeated one the last that says something is meant."""
    left = QueryDict(mutable=True)
    for name, values in parameters.lists():
        if kept := [value for value in values if value]:
            left.setlist(name, kept)
    return left


def tidy(parameters: QueryDict) -> QueryDict:
    """The address without empty parameters, and with the slug of a payer whose name was typed."""
    left = filled(parameters)
    if payers_typed := left.getlist("payer"):
        near = left.get("near", "")
        left.setlist("payer", list(dict.fromkeys(_payer_slug(typed, near) for typed in payers_typed)))
    return left


def typed(parameters: QueryDict) -> list[str]:
    """What stands in the boxes where people write words of their own."""
    return [text for box in ("near", "q", "payer") for text in parameters.getlist(box)]


@dataclass(frozen=True)
class FilterSkeleton:
    """The filter block without counts and ticks: what fills its holes if nothing is counted or chosen, and where they are."""

    skeleton: Skeleton
    blank: list[str]
    place: dict[str, int]
    counted: dict[str, list[tuple[str, int, int]]]  # facet -> value, the hole of its count, that of its being grey

    @classmethod
    def draw(cls, named: tuple[str, ...]) -> "FilterSkeleton":
        skeleton = Skeleton("programs/filters.html", {"groups": _groups(named), **_week_words()})
        place = {hole: number for number, hole in enumerate(skeleton.holes)}
        counted: dict[str, list[tuple[str, int, int]]] = {}
        for hole, number in place.items():
            kind, _colon, option = hole.partition(":")
            if kind == "n":
                name, _colon, value = option.partition(":")
                counted.setdefault(name, []).append((value, number, place[f"none:{option}"]))
        nothing = {"n": "0", "none": GREY}
        unset = _unset_words()
        blank = [unset.get(hole, nothing.get(hole.partition(":")[0], "")) for hole in skeleton.holes]
        return cls(skeleton, blank, place, counted)


def _payer_slug(typed: str, near: str) -> str:
    """The one kind of payment or plan that is meant; what may be several stays as it is, and is told so."""
    if _is_payer(typed):
        return typed
    found = payment.meant(typed)
    if len(found) > 1 and (state := _state(near)):
        found = payment.meant(typed, state=state)
    return found[0] if len(found) == 1 else typed


def _is_payer(value: str) -> bool:
    return is_payment_type(value) or value in payers.current().by_slug


def _state(near: str) -> str:
    """The state of the place asked for; none if it is no place, or may be several."""
    try:
        place = gazetteer.locate(near)
    except gazetteer.InvalidPlace:
        return ""
    return place.state if isinstance(place, Place) else ""


class FilterSkeletons:
    """Those drawn so far, by language, by the payers offered, and by what payers are called now."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, tuple[str, ...], int], FilterSkeleton] = {}

    def of(self, named: tuple[str, ...]) -> FilterSkeleton:
        key = (get_language() or "en", named, payers.current().tag)
        if key not in self._kept:
            if len(self._kept) > 50:
                self._kept.clear()
            self._kept[key] = FilterSkeleton.draw(named)
        return self._kept[key]


filter_skeletons = FilterSkeletons()
CHECKED = " checked"
GREY = " none"  # an option nobody says yes to; it stays, because programs may not have told us
MOST_NAMED = 12  # payers offered by name beside those that are ticked

RADII = (5, 10, 25, 50, 100)
NUMBERS = ("max_cost", "start_within")

# Pills, each with the facets in its popover.
PILLS = (
    ("when", ("when", "day")),
    ("week", ()),
    ("payer", ("payer",)),
    ("format", ("format",)),
    ("who", ("age", "population", "gender", "language")),
    ("care", ("condition", "therapy", "service", "medication", "level")),
    ("more", ("accreditation",)),
)
# The pill of each filter that has one: there it is told what is wrong with it.
HOMES = {
    **{name: pill for pill, names in PILLS for name in names},
    "radius": "radius",
    "free": "week",
    "sliding": "more",
    "accepting": "more",
    **dict.fromkeys(NUMBERS, "more"),
}

PILL_NAMES = {
    "when": gettext_lazy("When"),
    "week": gettext_lazy("My week"),
    "payer": gettext_lazy("Insurance"),
    "format": gettext_lazy("In person or video"),
    "who": gettext_lazy("Who it is for"),
    "care": gettext_lazy("Care"),
    "more": gettext_lazy("More"),
}


@cache
def _pill_name(pill: str, _language: str | None) -> str:
    return str(PILL_NAMES[pill])


def _unset_words() -> dict[str, str]:
    """The words of pills, and the choice among distances, while nothing is chosen."""
    labels = {f"label:{pill}": escape(str(name)) for pill, name in PILL_NAMES.items()}
    return labels | {"label:radius": escape(_("Any distance")), "radius:": CHECKED}


def _groups(named: tuple[str, ...]) -> list[dict[str, Any]]:
    groups = []
    for pill, names in PILLS:
        facets = []
        for name in names:
            values = FACETS[name].values + (list(named) if name == "payer" else [])
            options = [{"value": value, "label": label_of(name, value)} for value in values]
            facets.append({"name": name, "label": FACETS[name].label, "help": FACETS[name].help, "options": options})
        groups.append({"pill": pill, "facets": facets})
    return groups


def render_filters(
    query: Query, counts: dict[str, dict[str, int]], errors: Mapping[str, list[str]], typed: QueryDict
) -> SafeString:
    """Every filter with its count: how many programs ticking it alone would give; what is wrong stands beside it."""
    drawn = filter_skeletons.of(_named(query, counts, typed.getlist("payer")))
    contents = drawn.blank.copy()
    for name, options in drawn.counted.items():
        found = counts.get(name, {})
        for value, number, grey in options:
            if count := found.get(value):
                contents[number], contents[grey] = f"{count:,}", ""
    numbers = {name: escape(typed[name][:20]) for name in NUMBERS if name in typed}
    words_of = _chosen_words(query) | numbers | (_complaints(errors) if errors else {})
    for hole, words in words_of.items():
        if hole in drawn.place:
            contents[drawn.place[hole]] = words
    return drawn.skeleton.fill_in_order(contents)


def _chosen_words(query: Query) -> dict[str, str]:
    """What is chosen, by hole: ticks, names of pills, distance, free hours."""
    chosen = [(name, value) for name, values in query.facets.items() for value in values]
    chosen += [(name, "1") for name in ("sliding", "accepting") if getattr(query, name)]
    language = get_language()
    words = {f"on:{name}:{value}": CHECKED for name, value in chosen} | _free_ticks(query) | _radius(query, language)
    if query.video:
        words["video"] = _hidden("video", "1")
    for pill, names in PILLS:
        if ticked := _ticked_in(pill, names, query, language):
            words[f"set:{pill}"], words[f"label:{pill}"] = " set", _pill_label(_pill_name(pill, language), ticked)
    return words


def _ticked_in(pill: str, names: Sequence[str], query: Query, language: str | None) -> list[str]:
    """The words of what is chosen in one pill."""
    found = [label_of(name, value, language) for name in names for value in query.facets.get(name, ())]
    if pill == "week" and query.free:
        hours = sum(span.end - span.start for span in query.free) / 60
        return [_("%(hours)g hours free") % {"hours": hours}]
    if pill == "more":
        numbers = ("sliding", "accepting", "max_cost", "start_within")
        found += [filter_label(name) for name in numbers if _is_set(query, name)]
    return found


def _radius(query: Query, language: str | None) -> dict[str, str]:
    """Which distance is chosen; one that is not offered is a choice of its own, or the next tick would lose it."""
    if not query.radius:
        return {}
    words = escape(wording.within(query.radius, language))
    values: dict[str, str] = {"set:radius": " set", "label:radius": words, "radius:": ""}
    if query.radius in RADII:
        return values | {f"radius:{query.radius:g}": CHECKED}
    box = '<label class="opt"><input type="radio" name="radius" value="{}" checked>{}</label>'
    return values | {"radius:other": format_html(box, f"{query.radius:g}", words)}


def _complaints(errors: Mapping[str, list[str]]) -> dict[str, str]:
    """Messages beside their filters; the first pill that has one stands open."""
    values: dict[str, str] = {}
    told = {name: messages for name, messages in errors.items() if name in HOMES}
    for name, messages in told.items():
        values[f"err:{name}"] = render_to_string("programs/_filter_error.html", {"name": name, "messages": messages})
        values[f"bad:{name}"] = f' aria-invalid="true" aria-describedby="{name}_error"'
    if told:
        values[f"open:{HOMES[next(iter(told))]}"] = " open"
    return values


def _hidden(name: str, value: str) -> SafeString:
    return format_html('<input type="hidden" name="{}" value="{}">', name, value)


def _is_set(query: Query, name: str) -> bool:
    return getattr(query, name) not in (None, False)


def _pill_label(name: str, ticked: list[str]) -> str:
    """What is ticked, short: "Mornings (before noon)" and Sunday are "Mornings +1"; behind the pill's name for who cannot see it."""
    words = ticked[0].partition(" (")[0]
    if len(ticked) > 1:
        words = _("%(first)s +%(more)s") % {"first": words, "more": len(ticked) - 1}
    return format_html('<span class="vh">{}: </span>{}', name, words)


def by_state(payer: NamedPayer) -> tuple[Any, ...]:
    """The order of plans that share a name: nationwide ones, then by the names of their states, then by their own."""
    return [ascii_fold(name) for name in wording.states(payer.states)], ascii_fold(payer.name), payer.slug


def may_mean(typed: str) -> list[str]:
    """Slugs of what is told of what this may mean: kinds of payment, then plans in the order of their states."""
    known, found = payers.current().by_slug, payment.meant(typed)[: payment.MOST_TOLD]
    plans = sorted((known[slug] for slug in found if slug in known), key=by_state)
    return [slug for slug in found if slug not in known] + [payer.slug for payer in plans]


def _named(query: Query, counts: dict[str, dict[str, int]], typed: Sequence[str]) -> tuple[str, ...]:
    """Payers to offer by name: those that what was typed may mean, then the ticked ones and those most programs here take."""
    known = payers.current().by_slug  # no kind of payment is in it
    best = sorted([(-count, slug) for slug, count in counts["payer"].items() if count and slug in known])[:MOST_NAMED]
    ticked = [slug for slug in query.facets.get("payer", ()) if slug in known]
    perhaps = [slug for words in typed if not _is_payer(words) for slug in may_mean(words) if slug in known]
    others = {*ticked, *(slug for _count, slug in best)}
    return tuple(dict.fromkeys([*perhaps, *sorted(others, key=lambda slug: (known[slug].name, slug))]))


# --- my week ------------------------------------------------------------------------------------------------
# The grid's rows: early morning to night, in blocks of three hours.
WEEK_ROWS = ((6, 9), (9, 12), (12, 15), (15, 18), (18, 21), (21, 24))


WEEK_SPANS = [
    schedule.Span(day * schedule.DAY + start * 60, day * schedule.DAY + end * 60)
    for start, end in WEEK_ROWS
    for day in range(7)
]


def _week_words() -> dict[str, Any]:
    """The week grid's days and hours, for its template."""
    days = [{"short": wording.days([day])} for day in range(7)]
    rows = []
    for row, (start, end) in enumerate(WEEK_ROWS):
        spans = WEEK_SPANS[row * 7 : row * 7 + 7]
        cells = [
            {"value": schedule.format_free(span), "day": day["short"]} for span, day in zip(spans, days, strict=True)
        ]
        rows.append({"label": wording.hours(_time(start * 60), _time(end * 60)), "cells": cells})
    return {"rows": rows, "days": days}


def _free_ticks(query: Query) -> dict[str, str]:
    """Which boxes of the grid lie wholly in the free hours; hours that fill no box travel hidden."""
    if not query.free:
        return {}
    merged = schedule.merge(query.free)
    ticked = [span for span in WEEK_SPANS if any(one.start <= span.start and span.end <= one.end for one in merged)]
    rest = schedule.outside(query.free, ticked)
    hidden = mark_safe("".join(_hidden("free", schedule.format_free(span)) for span in rest))  # noqa: S308  (escaped)
    return {f"on:free:{schedule.format_free(span)}": CHECKED for span in ticked} | {"free:rest": hidden}
