"""The programs of an answer as lists show them: cards, with why each is there and what it has not told."""

import datetime as dt
from collections import OrderedDict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from programs import freshness, schedule, wording
from programs.models.evidence import Topic
from programs.pills import filter_label
from programs.search.cards import Card, CardPayer, cards
from programs.search.query import Hit, Query
from programs.search.vocabulary import label_of, payers
from programs.slots import Skeleton, in_ascii

KEPT, KEPT_SAID = 4000, 16
SHOWN_PAYERS = 4
SHOWN_LINES = 2
Ticks = tuple[tuple[str, tuple[str, ...]], ...]  # facets and their ticked values


@dataclass(frozen=True)
class Drawn:
    """A card as HTML without what belongs to one search, its payers, and what was said of it for the last questions."""

    skeleton: Skeleton
    payers: list[CardPayer]
    today: dt.date
    said: dict[tuple[Ticks, tuple[str, ...]], dict[str, SafeString]] = field(default_factory=dict)


class CardSkeletons:
    """Drawn cards by program, revision, day, clock (and whether it is named), language, and the payers there are."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int, dt.date, str, bool, str, int], Drawn] = OrderedDict()

    def of(self, card: Card, rev: int, today: dt.date, language: str, *, names_clock: bool) -> Drawn:
        key = (card.id, rev, today, card.time_zone, names_clock, language, payers.current().tag)
        drawn = self._kept.get(key)
        if drawn is None:
            skeleton = Skeleton("programs/card.html", card_words(card, today, names_clock=names_clock))
            drawn = self._kept[key] = Drawn(skeleton, card.payers(), today)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return drawn


skeletons = CardSkeletons()


def card_words(card: Card, today: dt.date, *, names_clock: bool) -> dict[str, Any]:
    """What the card's template needs beside the card itself."""
    lines = wording.track_lines(card.blocks)
    seen, seen_is_old = _seen(card, today)
    return {
        "card": card,
        "week": wording.week_strip(card.blocks),
        "lines": lines[:SHOWN_LINES],
        "more_lines": _("and %(count)s more") % {"count": len(lines) - SHOWN_LINES} if len(lines) > SHOWN_LINES else "",
        "openings": _openings(card, today),
        "cost": wording.money(card.cost_min, card.cost_max),
        "format": wording.format_words(card.formats),
        "area": f"{card.city}, {card.state}",
        "zone": wording.clock(card.time_zone) if names_clock else "",
        "seen": seen,
        "seen_is_old": seen_is_old,
        "gone": wording.gone(card.source.gone_since) if card.source and card.source.gone_since else "",
        "verify_url": _verify_url(),
    }


def _seen(card: Card, today: dt.date) -> tuple[str, bool]:
    """When what the card shows was checked, and whether that is long ago; else what the survey's word is worth."""
    shown = freshness.shown(
        meets=bool(card.blocks),
        priced=bool(card.slides or {card.cost_min, card.cost_max} != {None}),
        pays=bool(card.acceptances or card.payment_types),
    )
    if seen := freshness.seen(card.told, shown, today=today):
        return wording.seen(seen), seen.is_old
    if card.source:
        return wording.reported(card.source.name, card.source.year), True
    return _("Not checked yet"), True


def _openings(card: Card, today: dt.date) -> list[str]:
    """Next start and seats, while they may be believed."""
    if not card.shows_openings(today):
        return []
    lines = []
    if card.next_start_on and card.next_start_on >= today:
        lines.append(wording.date(card.next_start_on))
    if card.accepting_new is not None:
        lines.append(_("Takes new patients") if card.accepting_new else _("Takes no new patients now"))
    if card.seats_open:
        lines.append(_("%(seats)s seats open") % {"seats": card.seats_open})
    return lines[:2]


def _names_clock(card: Card, zone: str, today: dt.date) -> bool:
    """Whether its hours say whose they are: those by video, and those at an address that has another time than the person."""
    return card.is_virtual_only or schedule.shift(card.time_zone, zone, on=today) != 0


def _verify_url() -> str:
    try:
        return reverse("verify")
    except NoReverseMatch:
        return ""


# --- cards --------------------------------------------------------------------------------------------------
def render_cards(
    hits: Iterable[Hit], query: Query, *, today: dt.date | None = None, first: int = 1, prefix: str = ""
) -> SafeString:
    """List items of these hits, numbered from `first`."""
    hits = list(hits)
    by_id = {hit.id: hit for hit in hits}
    today, zone = today or timezone.localdate(), query.place.time_zone if query.place else ""
    language, ticks = get_language() or "en", tuple(query.facets.items())
    html: list[str] = []
    for number, known in enumerate(cards.of(hits), start=first):
        card = known.on_clock_of(zone, today)
        hit = by_id[card.id]
        drawn = skeletons.of(card, hit.rev, today, language, names_clock=_names_clock(card, zone, today))
        said = drawn.said.get((ticks, hit.unknown)) or _say(drawn, card, ticks, hit.unknown)
        filled = {
            "id": f"{prefix}{number}",
            "number": str(number),
            "miles": _away(*wording.away(hit.miles, card.location_quality, language)) if hit.miles is not None else "",
            "fit": _fit(card, hit, query, today) if hit.fit else "",
            **said,
        }
        html += drawn.skeleton.pieces(map(filled.__getitem__, drawn.skeleton.holes))
    return in_ascii("".join(html))  # each is escaped


def _say(drawn: Drawn, card: Card, ticks: Ticks, unknown: tuple[str, ...]) -> dict[str, SafeString]:
    """The card's payer line, and why it is there. They are kept: neighbours in a list are asked the same again and again."""
    if len(drawn.said) >= KEPT_SAID:
        drawn.said.clear()
    asked = dict(ticks).get("payer", ())
    reasons = _reasons(card, drawn.payers, ticks)
    said = {
        "payers": in_ascii(_payers(drawn.payers, asked, drawn.today)),
        "why": in_ascii(_why(list(reasons), _silent(card, unknown))),
    }
    drawn.said[ticks, unknown] = said
    return said


@lru_cache(maxsize=2000)
def _away(miles: str, to: str) -> SafeString:
    return in_ascii(format_html("<b>{}</b>{} · ", miles, f" ({to})" if to else ""))


def _fit(card: Card, hit: Hit, query: Query, today: dt.date) -> str:
    if hit.fit == "fits":
        return format_html('<p class="tags"><span class="tag ok">{}</span></p>', _("Fits your week"))
    if hit.fit == "unknown":
        return format_html('<p class="tags"><span class="tag gold">{}</span></p>', _("Has not told us its schedule"))
    minutes = schedule.shift(card.time_zone, query.clock(by_video=card.is_virtual_only), on=today)
    collisions = schedule.fit(card.blocks, query.free, shift=minutes).collisions
    words = _("Collides with your week: %(when)s") % {"when": "; ".join(map(wording.collision, collisions))}
    return format_html('<p class="tags"><span class="tag warm">{}</span></p>', words)


def _payers(found: list[CardPayer], asked: Container[str], today: dt.date) -> str:
    """The payer line, asked payers first. Most cards of a page say the same, so the words are kept."""
    if asked:
        found = sorted(found, key=lambda payer: payer.slug not in asked)
    shown = tuple((payer.label, payer.slug in asked, _payer_note(payer, today)) for payer in found[:SHOWN_PAYERS])
    return _payer_line(shown, max(0, len(found) - SHOWN_PAYERS), get_language() or "en")


def _payer_note(payer: CardPayer, today: dt.date) -> str:
    """Since when a benefits check confirms it; one out of date confirms nothing."""
    if payer.evidence != "confirmed":
        return ""
    as_of = dt.date.fromisoformat(payer.as_of)
    if freshness.is_past(Topic.PAYERS, as_of, today=today):
        return ""
    return _("confirmed %(date)s") % {"date": wording.date(as_of)}


@lru_cache(maxsize=KEPT)
def _payer_line(shown: tuple[tuple[str, bool, str], ...], more: int, _language: str) -> str:
    rows = [{"label": label, "asked": asked, "note": note} for label, asked, note in shown]
    return render_to_string("programs/card_payers.html", {"payers": rows, "more": more})


def _reasons(card: Card, payers: list[CardPayer], ticks: Ticks) -> Iterator[str]:
    """Which of the ticked values the program has."""
    for name, values in ticks:
        has: Container[str]
        if name in ("when", "day"):
            has = schedule.times(card.blocks)
        elif name == "payer":
            has = {payer.slug for payer in payers} | {*card.payment_types}
        else:
            has = card.answers[name]
        yield from (label_of(name, value) for value in values if value in has)


def _silent(card: Card, unknown: Iterable[str]) -> list[str]:
    """The filters it has not answered. One that says how it meets has told that, though not about other ways."""
    return [_("another way to meet") if name == "format" and card.formats else filter_label(name) for name in unknown]


def _why(reasons: Sequence[str], silent: Sequence[str]) -> str:
    """Why it is in the list, and what it has not told us of what was asked."""
    parts = []
    if reasons:
        parts.append(format_html("<span>{} {}</span>", _("Matches:"), ", ".join(reasons)))
    if silent:
        parts.append(format_html("<span>{} {}</span>", _("Not told us:"), ", ".join(silent)))
    return format_html('<p class="why small muted">{}</p>', mark_safe(" · ".join(parts))) if parts else ""  # noqa: S308
