"""Everything the search page says, as its template reads it."""

import datetime as dt
import hashlib
from collections import OrderedDict
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import cached_property  # Python 3.11 locks its own at each use
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from programs import crisis, pills, places, results, videos, wording
from programs.filters import SORTS, ProgramFilterSet
from programs.gazetteer import AmbiguousPlace, UnknownPlace
from programs.map import Map, Pin, draw
from programs.models import Place
from programs.pager import page_url, pages_around
from programs.search import run
from programs.search.query import Answer, Query
from programs.search.vocabulary import label_of
from programs.slots import Outline, hole, in_ascii, skeleton

FAR_MILES = 50
SENTENCES = {
    "in": gettext_lazy("%(programs)s in %(place)s"),
    "within": gettext_lazy("%(programs)s within %(miles)s of %(place)s"),
    "near": gettext_lazy("Programs near %(place)s"),
    "measured": gettext_lazy("Straight-line miles from the %(place)s."),
    "distance": gettext_lazy("Nearest first."),
    "cost": gettext_lazy("Lowest cost first."),
    "start": gettext_lazy("Soonest start first."),
}


@cache
def _sentence(name: str, _language: str) -> str:
    """Kept, as nearly every page says some of them."""
    return str(SENTENCES[name])


@cache
def _sorts(chosen: str, has_miles: bool, _language: str) -> list[dict[str, str | bool]]:
    """The orders to choose from; without a place to measure from, the first is how lately they were checked."""
    words = SORTS if has_miles else SORTS | {"distance": _("Latest checked")}
    return [
        {"value": "" if value == "distance" else value, "label": str(label), "chosen": value == chosen}
        for value, label in words.items()
    ]


_maps: OrderedDict[object, SafeString] = OrderedDict()
KEPT_MAPS = 300

# What results.html reads of a page that has a list to show.
READ = (
    *("path", "finder", "filter_pills", "chips", "clear_url", "has_results", "map", "heading", "summary"),
    *("sort_words", "measured", "sorts", "others", "back", "is_video", "has_place", "not_told", "far", "cards"),
    *("pager", "virtual", "in_danger", "sample_data", "nearly_named"),
)


class SearchPage:
    """One request's page: what was asked, the answer, and the words for both."""

    def __init__(self, request: HttpRequest) -> None:
        self.request, self.path, self.parameters = request, request.path, pills.tidy(request.GET)
        self.filters = ProgramFilterSet(self.parameters)
        self.address = pills.Address(self.path, self.parameters)
        self.in_danger = crisis.speaks_of_danger(*pills.typed(self.parameters))

    def part(self) -> SafeString:
        """What htmx swaps. A page with a list is a skeleton filled; one that must help first is drawn as it comes."""
        if self.errors or not (self.has_results and self.cards):
            return render_to_string("programs/results.html", {"page": self, "operator": settings.OPERATOR})
        band = {name: getattr(self.band, name) for name in videos.READ}
        page = Outline({name: getattr(self, name) for name in READ} | {"band": band})

        def context() -> dict[str, object]:
            return {"page": page.stand_ins(), "operator": settings.OPERATOR}

        drawn = skeleton("programs/results.html", self.language, page.shape, context=context)
        return drawn.fill(page.words.__getitem__)

    def whole(self) -> SafeString:
        """The whole page. The frame is the same for every visitor: public pages know nobody."""
        frame = skeleton("programs/search.html", self.language, request=self._frame)
        filled = {
            "error": f"{_('Error:')} " if self.errors or self.is_unknown else "",
            "query": escape(self.request.META.get("QUERY_STRING", "")),
            "robots": '<meta name="robots" content="noindex, follow">' if self.is_filtered else "",
            "results": self.part(),
        }
        return frame.fill(filled.__getitem__)

    def _frame(self) -> HttpRequest:
        """The request that the frame is drawn for, by nobody: every visitor sees what is drawn, so nothing of this one is in it."""
        frame = HttpRequest()
        frame.path = frame.path_info = self.path
        frame.META = {"QUERY_STRING": f"{hole('query')}"}
        return frame

    @property
    def finder(self) -> SafeString:
        """The first row: where, and by name."""
        if self.errors or self.is_unknown:
            return render_to_string("programs/_finder.html", {"page": self})
        filled, brief = {"near": escape(self.near), "q": escape(self.query.name)}, bool(self.near)

        def context() -> dict[str, object]:
            return {"page": {"near": hole("near"), "query": {"name": hole("q")}}, "brief": brief}

        drawn = skeleton("programs/_finder.html", self.language, brief, context=context)
        return drawn.fill(filled.__getitem__)

    @cached_property
    def query(self) -> Query:
        return self._asked[0]

    @cached_property
    def answer(self) -> Answer:
        return self._asked[1]

    @cached_property
    def _asked(self) -> tuple[Query, Answer]:
        """The question and its answer; a page past the end is the last one."""
        query = self.filters.query()
        answer = run(query, today=self.today)
        if query.page > answer.pages:
            query = replace(query, page=answer.pages)
            answer = run(query, today=self.today)
        return query, answer

    @cached_property
    def language(self) -> str:
        return get_language() or "en"

    @cached_property
    def today(self) -> dt.date:
        """One day for the whole page, at midnight too."""
        return timezone.localdate()

    # --- the place --------------------------------------------------------------------------------------
    @property
    def place(self) -> Place | None:
        return self.filters.place

    @property
    def near(self) -> str:
        return self.parameters.get("near", "")

    @cached_property
    def errors(self) -> dict[str, list[str]]:
        return {name: list(messages) for name, messages in self.filters.errors.items()}

    @property
    def problems(self) -> list[dict[str, str]]:
        """What could not be understood, and where on the page it is told again."""
        at = {name: f"{name}_error" for name in pills.HOMES} | {"near": "near", "q": "q"}
        if self.has_results and not self.is_empty:
            at["sort"] = "sort"
        return [
            {"words": message, "at": at.get(name, "")} for name, messages in self.errors.items() for message in messages
        ]

    @cached_property
    def choices(self) -> list[dict[str, Any]]:
        """Places to choose from, when the name means several; each keeps the other filters."""
        located = self.filters.located
        if not isinstance(located, AmbiguousPlace):
            return []
        return [self._choice(place) | {"programs": self._programs_of(place)} for place in located.choices]

    def _programs_of(self, place: Place) -> str:
        count = places.count_near(place)
        if place.kind == Place.Kind.STATE:
            return wording.programs(count, self.language)
        return ngettext("%(count)s program nearby", "%(count)s programs nearby", count) % {"count": f"{count:,}"}

    @cached_property
    def is_unknown(self) -> bool:
        return isinstance(self.filters.located, UnknownPlace)

    @property
    def why(self) -> str:
        """What an unknown place is, if we know that much."""
        located = self.filters.located
        return located.why if isinstance(located, UnknownPlace) else ""

    @property
    def near_error(self) -> str:
        """What is wrong with the place, at its field."""
        if self.is_unknown:
            return self.why or _("We do not know this place.")
        return self.errors.get("near", [""])[0]

    @property
    def has_results(self) -> bool:
        return not (self.choices or self.is_unknown or "near" in self.errors)

    @cached_property
    def suggestions(self) -> list[dict[str, Any]]:
        located = self.filters.located
        return [self._choice(place) for place in located.suggestions] if isinstance(located, UnknownPlace) else []

    @cached_property
    def others(self) -> list[dict[str, Any]]:
        """Namesakes in the same state."""
        return [self._choice(place) for place in self.place.others] if self.place else []

    def _choice(self, place: Place) -> dict[str, Any]:
        return {"label": place.label, "county": place.county, "url": self.address.replacing("near", place.near)}

    # --- the words --------------------------------------------------------------------------------------
    @cached_property
    def heading(self) -> str:
        """How many programs, and where."""
        count, place = self.answer.total, self.place
        if self.is_empty and self.chips:
            return _("No program fits everything you asked for")
        if self.query.video:
            return wording.by_video(count, told=self.query.told, language=self.language)
        if not self.query.told:
            return ngettext("%(count)s program has not told us", "%(count)s programs have not told us", count) % {
                "count": f"{count:,}"
            }
        programs = wording.programs(count, self.language)
        if place is None:
            return programs
        if place.kind == Place.Kind.STATE:
            return self._say("in", programs=programs, place=place.label)
        if self.query.radius:
            return self._say("within", programs=programs, miles=self._radius, place=place.label)
        return self._say("near", place=place.label)

    @property
    def _radius(self) -> str:
        return wording.reach(self.query.radius or 0, self.language)

    def _say(self, sentence: str, **words: str) -> str:
        return _sentence(sentence, self.language) % words

    @property
    def is_empty(self) -> bool:
        return self.query.told and not self.answer.total

    @property
    def looked(self) -> str:
        """For an empty list: where we looked."""
        if self.place is None:
            return ""
        if self.query.radius:
            words = {"miles": self._radius, "place": self.place.label}
            return _("We looked within %(miles)s of %(place)s.") % words
        return _("We looked in %(place)s.") % {"place": self.place.label} if not self.query.has_distance else ""

    @cached_property
    def summary(self) -> str:
        """With no radius: how many lie how near, and in which order they stand."""
        within = self.answer.within
        if not within or self.query.video or not self.query.told or not self.answer.count:
            return ""
        near = next((ring for ring in (10, 25, 50, 100) if within[ring]), None)
        words = {"total": f"{self.answer.count:,}", "near": f"{within[near]:,}" if near else "", "miles": near}
        found = (
            _("%(near)s within %(miles)s miles; %(total)s in all.")
            if near
            else _("None within 100 miles; %(total)s in all.")
        )
        return f"{found % words} {self.sort_words}"

    @property
    def measured(self) -> str:
        """What distances are measured from."""
        if self.place is None or not self._has_miles:
            return ""
        return self._say("measured", place=self.place.measured_from)

    @property
    def has_place(self) -> bool:
        return self.place is not None

    @property
    def is_video(self) -> bool:
        """Whether the list is of programs by video only."""
        return self.query.video

    @property
    def _has_miles(self) -> bool:
        return self.query.has_distance and not self.query.video

    @property
    def far(self) -> str:
        """A word when even the nearest is far; programs by video are a way only where there are some."""
        nearest = self.answer.nearest
        if nearest is None or nearest <= FAR_MILES or self.query.page > 1 or self.query.video or not self.query.told:
            return ""
        by_video = self.answer.virtual_count or self.answer.virtual_not_told
        words = (
            _("The nearest program is %(miles)s away. Programs by video may be a way.")
            if by_video
            else _("The nearest program is %(miles)s away.")
        )
        return words % {"miles": wording.roughly(nearest)}

    @property
    def nearly_named(self) -> str:
        """That no name holds what was typed, though programs are listed."""
        if not self.answer.nearly_named:
            return ""
        return _("No name holds “%(name)s”. These programs are called nearly so.") % {"name": self.query.name}

    @cached_property
    def chips(self) -> list[dict[str, str]]:
        return pills.chips(self.query, self.address)

    @cached_property
    def clear_url(self) -> str:
        return self.address.only("near")

    @property
    def sorts(self) -> list[dict[str, str | bool]]:
        """The orders to choose from."""
        return _sorts(self.query.sort or "distance", self._has_miles, self.language)

    @property
    def sort_words(self) -> str:
        if self.query.free and not self.query.sort:
            return _("Programs that fit your week first, then the nearest.")
        sort = self.query.sort or ("distance" if self._has_miles else "")
        return self._say(sort) if sort in SENTENCES else ""

    # --- the lists --------------------------------------------------------------------------------------
    @cached_property
    def cards(self) -> SafeString:
        first = (self.query.page - 1) * self.query.page_size + 1
        return results.render_cards(self.answer.hits, self.query, today=self.today, first=first)

    @cached_property
    def band(self) -> videos.Band:
        return videos.Band(self.query, self.answer, self.address, self.language)

    @cached_property
    def virtual(self) -> SafeString:
        return results.render_cards(self.band.hits, self.query, today=self.today, prefix="v")

    @cached_property
    def outside(self) -> SafeString:
        return results.render_cards(self.answer.outside, self.query, today=self.today, prefix="o")

    @cached_property
    def map(self) -> SafeString:
        """The same programs on a map; the list is its text alternative. The last few hundred are kept."""
        if not self.has_results or not len(listed := self.answer.points):
            return SafeString("")
        revisions = tuple((hit.id, hit.rev) for hit in self.answer.hits)
        places = hashlib.blake2b(listed.xyz.tobytes()).digest()
        key = (self.address.whole(), self.language, revisions, places)
        drawn = _maps.get(key)
        if drawn is None:
            drawn = _maps[key] = in_ascii(render_to_string("components/map.html", {"map": self._draw_map()}))
            while len(_maps) > KEPT_MAPS:
                _maps.popitem(last=False)
        return drawn

    def _draw_map(self) -> Map:
        first = (self.query.page - 1) * self.query.page_size + 1
        shown = results.cards.of(self.answer.hits)
        pins = [
            Pin(card.latitude, card.longitude, number, card.name)
            for number, card in enumerate(shown, start=first)
            if card.latitude is not None and card.longitude is not None
        ]
        others = np.column_stack(self.answer.points.besides({card.id for card in shown}).degrees())
        # Of the address only what tells kept maps apart: the next visitor's page may have been typed otherwise.
        asked = QueryDict(page_url(self.address, self.query.page).partition("?")[2])
        return draw(pins, others, query=asked, home=self.place, radius=self.query.radius)

    @cached_property
    def filter_pills(self) -> SafeString:
        counts = self.answer.counts if self.has_results else {"payer": {}}
        return pills.render_filters(self.query, counts, self.errors, self.parameters)

    @cached_property
    def not_told(self) -> dict[str, str] | None:
        """ "12 programs fit; 3 more have not told us: time of day", and where to see them."""
        count = self.answer.not_told
        if not count or not self.query.told or self.query.video:
            return None
        names = ", ".join(pills.filter_label(name).lower() for name in self.answer.not_told_by)
        more, only = wording.not_told(count, self.language)
        words = {"count": f"{count:,}", "what": names}
        return {
            "fit": wording.fit(self.answer.count, self.language),
            "more": more % words,
            "only": only % words,
            "url": self.address.replacing("not_told", "1"),
        }

    @property
    def back(self) -> dict[str, str] | None:
        """From a list of its own to the one it was opened from."""
        if not self.query.told:
            return {"label": _("Back to the programs that fit"), "url": self.address.without("not_told")}
        if self.query.video:
            return {"label": _("Back to the programs you can go to"), "url": self.address.without("video")}
        return None

    @cached_property
    def relief(self) -> list[dict[str, str]]:
        """For an empty list: the single changes that help most, with what they give; else what no filter at all gives."""
        found = [self._change(name, count) for name, count in self.answer.relief[:3]]
        if not found and self.chips and (count := run(Query(place=self.place)).count):
            programs = wording.programs(count, self.language)
            found.append(
                {"label": _("Clear all filters to see %(programs)s") % {"programs": programs}, "url": self.clear_url}
            )
        return found

    def _change(self, name: str, count: int) -> dict[str, str]:
        words = {"programs": wording.programs(count, self.language)}
        nearest = self.answer.outside[0].miles if name == "radius" and self.answer.outside else None
        if nearest is not None:
            words["miles"] = wording.roughly(max(nearest, 2))
            label = _("Look at any distance to see %(programs)s, the nearest %(miles)s away") % words
        else:
            values = ", ".join(str(label_of(name, value)) for value in self.query.facets.get(name, ()))
            words["filter"] = values or pills.filter_label(name)
            label = _("Drop “%(filter)s” to see %(programs)s") % words
        return {"label": label, "url": self.address.without_all(name, "not_told")}

    @property
    def pager(self) -> dict[str, Any] | None:
        return pages_around(self.query.page, self.answer.pages, self.address)

    @property
    def is_filtered(self) -> bool:
        """Whether search engines should stay away: any address but the bare page."""
        return bool(self.parameters)

    @property
    def sample_data(self) -> bool:
        """Whether the page shows made-up programs."""
        if not self.has_results:
            return False
        return any(hit.is_sample for hit in (*self.answer.hits, *self.band.hits, *self.answer.outside))
