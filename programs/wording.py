"""Facts of a listing in plain words: days and hours, money, formats, how we know.

Looking a text up for its translation costs more than a filter does in a search, so what every page says is kept, by
language; `language` is that of the moment, from those who know it already.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import TypedDict

from django.utils import formats
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.text import capfirst, get_text_list
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from programs import schedule
from programs.choices import COARSE, STATES, Format, LocationQuality
from programs.freshness import Seen
from programs.models.evidence import Method, Topic
from programs.placenames import ascii_fold


class StripDay(TypedDict):
    """One cell of the week strip."""

    short: str
    name: str
    part: str


def week_strip(blocks: Iterable[schedule.Block]) -> list[StripDay]:
    """Seven cells: "" without a required session, "am" with one before noon, "on" with a later one."""
    parts = [""] * 7
    for block in schedule.required(blocks):
        if parts[block.weekday] != "on":
            parts[block.weekday] = "am" if block.starts.hour < 12 else "on"
    return [
        {"short": str(WEEKDAYS_ABBR[day])[:1].upper(), "name": str(WEEKDAYS[day]), "part": part}
        for day, part in enumerate(parts)
    ]


def hours(starts: dt.time, ends: dt.time) -> str:
    """6–9 pm · 9 am–12 pm · 5:30–8 pm"""
    first, last = _clock(starts), _clock(ends)
    if first.split()[1] == last.split()[1]:
        first = first.split()[0]
    return f"{first}–{last}"


def _clock(time: dt.time) -> str:
    minutes = f":{time.minute:02}" if time.minute else ""
    return f"{time.hour % 12 or 12}{minutes} {_('am') if time.hour < 12 else _('pm')}"


def days(weekdays: Sequence[int]) -> str:
    """Mon, Wed, Thu · Mon–Fri"""
    names = [str(WEEKDAYS_ABBR[day]).capitalize() for day in weekdays]
    if len(weekdays) > 3 and list(weekdays) == list(range(weekdays[0], weekdays[-1] + 1)):
        return f"{names[0]}–{names[-1]}"
    return ", ".join(names)


def hour_count(value: float) -> str:
    """9 · 9.2: no schedule is known to the minute."""
    return f"{value:.1f}".removesuffix(".0")


def track_lines(blocks: Iterable[schedule.Block]) -> list[str]:
    """One line for each track and time: "Evening: Mon, Wed, Thu · 6–9 pm"."""
    lines = []
    for track, found in schedule.tracks(schedule.required(blocks)).items():
        by_time = sorted(found, key=lambda block: (block.starts, block.ends, block.weekday))
        times = [
            f"{days(sorted({block.weekday for block in same}))} · {hours(starts, ends)}"
            for (starts, ends), group in groupby(by_time, key=lambda block: (block.starts, block.ends))
            if (same := list(group))
        ]
        lines.append(f"{track}: {'; '.join(times)}" if track else "; ".join(times))
    return lines


# The clocks that have a name of their own; others are called by their city.
CLOCKS = {
    "America/New_York": gettext_lazy("Times in Eastern Time"),
    "America/Chicago": gettext_lazy("Times in Central Time"),
    "America/Denver": gettext_lazy("Times in Mountain Time"),
    "America/Los_Angeles": gettext_lazy("Times in Pacific Time"),
}


def clock(zone: str) -> str:
    """Times in Central Time · Times in Boise time · "" for a zone that nobody knows."""
    if zone in CLOCKS or zone not in schedule.zones():
        return str(CLOCKS.get(zone, ""))
    return _("Times in %(zone)s time") % {"zone": zone.rpartition("/")[2].replace("_", " ")}


def collision(block: schedule.Block) -> str:
    """Wed 6–9 pm"""
    return f"{str(WEEKDAYS_ABBR[block.weekday]).capitalize()} {hours(block.starts, block.ends)}"


def amount(least: int | None, most: int | None) -> str:
    """$325 · $300–$450 · from $300 · up to $450 · "" when not told."""
    if least is not None and most is not None:
        return f"${least:,}" if least == most else f"${least:,}–${most:,}"
    if least is not None:
        return _("from %(amount)s") % {"amount": f"${least:,}"}
    return _("up to %(amount)s") % {"amount": f"${most:,}"} if most is not None else ""


def money(least: int | None, most: int | None) -> str:
    """$325 a week · From $300 a week · "" when not told."""
    told = amount(least, most)
    return capfirst(_("%(amount)s a week") % {"amount": told}) if told else ""


def format_words(values: Sequence[str]) -> str:
    """In person · By video · In person and by video (a mix) · In person or by video (as one likes)."""
    if Format.HYBRID in values:
        return str(Format.HYBRID.label)
    if {Format.IN_PERSON, Format.VIRTUAL} <= set(values):
        return _("In person or by video")
    return ", ".join(str(Format(value).label) for value in values)


def states(codes: Iterable[str]) -> list[str]:
    """Alaska, Hawaii, Wisconsin: by name, in the order of the reader's alphabet."""
    return sorted((str(STATES.get(code, code)) for code in {*codes}), key=ascii_fold)


def together(names: Sequence[str]) -> str:
    """Alaska, Hawaii and Wisconsin"""
    last = pgettext("before a name that begins with I", "and") if names[-1].startswith("I") else _("and")
    return str(get_text_list(list(names), last))


def miles(value: float, language: str | None = None) -> str:
    """0.8 miles · 12 miles"""
    shown = "" if value < 0.05 else f"{value:.1f}" if value < 9.95 else f"{value:,.0f}"
    return _miles(shown, language or get_language())


@lru_cache(maxsize=2000)
def _miles(shown: str, _language: str | None) -> str:
    if not shown:
        return _("under 0.1 mile")
    return _("%(miles)s mile") % {"miles": shown} if shown == "1.0" else _("%(miles)s miles") % {"miles": shown}


@lru_cache(maxsize=100)
def reach(radius: float, _language: str | None) -> str:
    """1 mile · 25 miles"""
    return (_("%(miles)s mile") if radius == 1 else _("%(miles)s miles")) % {"miles": f"{radius:g}"}


def away(value: float, quality: str, language: str | None = None) -> tuple[str, str]:
    """1.3 miles; where only its ZIP code or city is known: about 3 miles, to the middle of its ZIP code."""
    language = language or get_language()
    if quality not in COARSE:
        return miles(value, language), ""
    return _roughly(round(value), language), _to_middle(quality, language)


def roughly(value: float) -> str:
    """within a few miles · about 3 miles: no tenth of a mile where an end of the line is a guess."""
    return _roughly(round(value), get_language())


@lru_cache(maxsize=2000)
def _roughly(whole: int, _language: str | None) -> str:
    return _("within a few miles") if whole < 2 else _("about %(miles)s miles") % {"miles": f"{whole:,}"}


@lru_cache(maxsize=20)
def _to_middle(quality: str, _language: str | None) -> str:
    if quality == LocationQuality.ZIP_CENTRE:
        return _("to the middle of its ZIP code")
    return _("to the middle of its city")


def date(value: dt.date) -> str:
    return formats.date_format(value, "DATE_FORMAT")


def checked(on: dt.date, method: str) -> str:
    """How the newest check was done, and when."""
    words = {
        Method.CALL: _("Checked by phone %(date)s"),
        Method.PROGRAM: _("Told by the program %(date)s"),
        Method.REGISTRY: _("Checked in the license registry %(date)s"),
        Method.WEBSITE: _("Checked on its website %(date)s"),
        Method.BENEFITS_CHECK: _("Confirmed by a benefits check %(date)s"),
    }
    return words[Method(method)] % {"date": date(on)}


def seen(what: Seen) -> str:
    """Checked by phone Nov. 3, 2026 · Insurance: told by the program Nov. 26, 2026"""
    words = checked(what.on, what.method)
    if not what.topics:
        return words
    topics = ", ".join(str(Topic(topic).label).lower() for topic in what.topics)
    return f"{capfirst(topics)}: {words[0].lower()}{words[1:]}"


def gone(year: int) -> str:
    """What a newer directory without a listing says of it."""
    return _("Not in the %(year)s directory any more") % {"year": year}


def reported(source: str, year: int) -> str:
    """What a survey's word is worth."""
    if source.startswith("samhsa"):
        return _("Reported to SAMHSA in %(year)s, not confirmed") % {"year": year}
    return _("From a partner’s list of %(year)s, not confirmed") % {"year": year}


def programs(count: int, language: str | None = None) -> str:
    """1 program · 1,204 programs"""
    return _programs(count, language or get_language())


@lru_cache(maxsize=2000)
def _programs(count: int, _language: str | None) -> str:
    return ngettext("%(count)s program", "%(count)s programs", count) % {"count": f"{count:,}"}


def within(miles: float, language: str | None = None) -> str:
    """Within 25 miles"""
    return _within(miles, language or get_language())


@lru_cache(maxsize=200)
def _within(miles: float, _language: str | None) -> str:
    return ngettext("Within %(miles)g mile", "Within %(miles)g miles", 1 if miles == 1 else 2) % {"miles": miles}


def by_video(count: int, *, told: bool = True, language: str | None = None) -> str:
    """12 programs by video · 2 programs by video have not told us"""
    return _by_video(count, told, language or get_language())


@lru_cache(maxsize=2000)
def _by_video(count: int, told: bool, _language: str | None) -> str:
    if told:
        words = ngettext("%(count)s program by video", "%(count)s programs by video", count)
    else:
        words = ngettext(
            "%(count)s program by video has not told us", "%(count)s programs by video have not told us", count
        )
    return words % {"count": f"{count:,}"}


@lru_cache(maxsize=2000)
def fit(count: int, _language: str) -> str:
    """12 programs fit"""
    return ngettext("%(count)s program fits", "%(count)s programs fit", count) % {"count": f"{count:,}"}


@lru_cache(maxsize=2000)
def not_told(count: int, _language: str) -> tuple[str, str]:
    """How many more may fit, and the link to them alone."""
    more = ngettext(
        "%(count)s more has not told us about %(what)s.", "%(count)s more have not told us about %(what)s.", count
    )
    only = ngettext(
        "See %(count)s program that has not told us about %(what)s",
        "See %(count)s programs that have not told us about %(what)s",
        count,
    )
    return more, only


@lru_cache(maxsize=2000)
def not_told_by_video(count: int, _language: str) -> str:
    words = ngettext(
        "%(count)s more by video has not told us everything you ask for.",
        "%(count)s more by video have not told us everything you ask for.",
        count,
    )
    return words % {"count": f"{count:,}"}
