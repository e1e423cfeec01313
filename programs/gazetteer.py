"""From what people type to a place on the map, and help when it is not clear.

`locate` reads a whole answer ("53202", "St. Louis, Missouri", "43.04,-87.91"); `suggest` reads half of one.
Both ask the database one or two indexed questions; nothing leaves this machine.
"""

import math
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from django.conf import settings
from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Avg, Max, Min
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from programs import counties, geo
from programs.choices import STATES
from programs.models.place import Place, PlaceQuerySet
from programs.placenames import key, key_of_words, words

LONGEST = 120  # characters; nobody's town is longer
FEW = 8  # suggestions
OFF_THE_MAP = 100  # miles from the nearest place: a point has no state there
# The Census draws areas only for ZIP codes with houses in them, and in the islands it is all we have: a code for
# post-office boxes stands there at the middle of the codes that start alike. Elsewhere an unlisted code does not exist.
ISLANDS = ("PR", "VI", "GU", "MP", "AS")
# Military mail: Europe 09, the Americas 340, the Pacific 962 to 966.
MILITARY = ("09", "340", "962", "963", "964", "965", "966")
# Served by the U.S. Postal Service, but countries of their own.
FREELY_ASSOCIATED = {
    gettext_lazy("Palau"): ("96939", "96940"),
    gettext_lazy("the Federated States of Micronesia"): ("96941", "96942", "96943", "96944"),
    gettext_lazy("the Marshall Islands"): ("96960", "96970"),
}
# How states were shortened before there were ZIP codes, and newspapers still do it: "Milwaukee, Wis."
OLDER_SHORT_FORMS = dict(
    pair.split(":")
    for pair in (
        "ala:AL ariz:AZ ark:AR cal:CA calif:CA colo:CO conn:CT del:DE fla:FL ill:IL ind:IN kan:KS kans:KS mass:MA mich:MI "
        "minn:MN miss:MS mont:MT neb:NE nebr:NE nev:NV nmex:NM ncar:NC ndak:ND okla:OK ore:OR oreg:OR penn:PA penna:PA "
        "scar:SC sdak:SD tenn:TN tex:TX wash:WA wva:WV wis:WI wisc:WI wyo:WY"
    ).split()
)
COUNTRY = re.compile(r"[\s,]+(usa|u\.s\.a\.?|us|u\.s\.?|united states(?: of america)?)$", re.IGNORECASE)
ZIP = re.compile(r"(\d{5})(?:[-\s]?\d{4})?", re.ASCII)
CONDADO = re.compile(r"^condado del? ([^,]+)", re.IGNORECASE)
ZIP_AT_AN_END = re.compile(r"^(\d{5})(?:-\d{4})?[\s,]+\D|\D[\s,]+(\d{5})(?:-\d{4})?$", re.ASCII)


class InvalidPlace(ValueError):  # noqa: N818  (one of a family: AmbiguousPlace, UnknownPlace)
    """Coordinates that are no point on the globe; the message tells the person who typed them."""


@dataclass(frozen=True, slots=True)
class AmbiguousPlace:
    """A name that means several places: nobody guesses, the visitor chooses. A state first, then the largest."""

    text: str
    choices: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class UnknownPlace:
    """Nothing of that name; `suggestions` may be what was meant, `why` says what the text is, if it is known."""

    text: str
    suggestions: tuple[Place, ...] = ()
    why: str = ""


Located = Place | AmbiguousPlace | UnknownPlace


class Recent:
    """What was asked for in the last minute: most visitors look around the same places, and turn pages."""

    SECONDS = 60.0
    MOST = 2000

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str | None], tuple[float, Located]] = {}

    def get(self, text: str) -> Located:
        key, now = (text, translation.get_language()), time.monotonic()
        asked_at, found = self._kept.get(key, (0.0, None))
        if found is None or now - asked_at > self.SECONDS:
            if len(self._kept) >= self.MOST:
                self._kept.clear()
            found = _locate(text)
            self._kept[key] = now, found
        return found

    def forget(self) -> None:
        self._kept.clear()


recent = Recent()


def locate(text: str) -> Located:
    """The place that `text` names: a ZIP code, city, state or "latitude,longitude", however it is spelled.

    Raises InvalidPlace for two numbers that are no point on the globe, and nothing else for any text.
    """
    return recent.get(_tidy(text))


def _locate(text: str) -> Located:
    if point := _coordinates(text):
        return place_at(point)
    if len(text) > LONGEST or not text:
        return UnknownPlace(text[:LONGEST])
    if digits := ZIP.fullmatch(text):
        return _abroad(digits[1]) or _zip(digits[1]) or UnknownPlace(text, _zips_like(digits[1]))
    if (digits := ZIP_AT_AN_END.search(text)) and (found := _abroad(code := digits[1] or digits[2]) or _zip(code)):
        return found
    if text.isdigit():
        return UnknownPlace(text, _zips_like(text))
    return _named(text) or _county(text) or UnknownPlace(text, _names_like(text))


def suggest(text: str, *, limit: int = FEW) -> tuple[Place, ...]:
    """What a half-typed text may become, the likeliest first; nothing before the second character."""
    text = _tidy(text)
    if not 2 <= len(text) <= LONGEST:
        return ()
    if text[0].isdigit():
        digits = text.split("-")[0]
        return tuple(_zips_starting(digits, limit=limit)) if digits.isdecimal() else ()
    found = _completions(text, limit=limit)
    return tuple(found) if found or len(text) < 4 else _names_like(text)[:limit]


def place_at(point: geo.Point) -> Place:
    """A bare point as a place, with the state and time zone of the place nearest to it."""
    near = _nearest(point)
    return Place(
        kind=Place.Kind.POINT,
        latitude=point.latitude,
        longitude=point.longitude,
        name=near.name if near else "",
        state=near.state if near else "",
        county=near.county if near else "",
        time_zone=near.time_zone if near else "UTC",
    )


# --- reading the text ---------------------------------------------------------------------------


def _tidy(text: str) -> str:
    """One line without control characters, doubled blanks, or the country's name at the end."""
    printable = "".join(c if c.isprintable() else " " for c in text[: 2 * LONGEST])
    return COUNTRY.sub("", " ".join(printable.split())).strip(" ,;()")


def _coordinates(text: str) -> geo.Point | None:
    """Two numbers with a comma are a point, or a mistake; everything else is None."""
    first, comma, second = text.partition(",")
    try:
        point = geo.Point(float(first), float(second)) if comma else None
    except ValueError:
        return None
    if point and not point.is_valid:
        raise InvalidPlace(
            gettext("These coordinates are not on the map. Latitude goes from -90 to 90, longitude from -180 to 180.")
        )
    return point


@cache
def _state_names() -> dict[str, str]:
    """Key of every state's name, in each language of the site, and of its abbreviations → abbreviation."""
    names = {code.lower(): code for code in STATES} | OLDER_SHORT_FORMS
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            names |= {key(str(name)): code for code, name in STATES.items()}
    return names


def _state(parts: list[str]) -> str | None:
    """The state that these words name: "wi", "n y", "new york", "washington state"."""
    if len(parts) > 1 and parts[-1] == "state":
        parts = parts[:-1]
    return _state_names().get("".join(parts)) or _state_names().get(key_of_words(parts))


def _city_and_state(text: str) -> Iterator[tuple[str, str, str]]:
    """The ways to read a text as a city in a state: (key of the city, key of its county or "", state)."""
    parts = [part for part in map(words, text.split(",")) if part]
    if len(parts) > 1 and (state := _state(parts[-1])):
        county = key_of_words(parts[1]) if len(parts) > 2 else ""
        yield key_of_words(parts[0]), county, state
        yield key_of_words(parts[-2]), "", state
    every = words(text)
    for length in range(min(4, len(every) - 1), 0, -1):
        if state := _state(every[-length:]):
            yield key_of_words(every[:-length]), "", state


# --- names --------------------------------------------------------------------------------------


def _named(text: str) -> Place | AmbiguousPlace | None:
    """A state, a city in a state, or a bare name, in the order that reads most as people mean it."""
    parts = words(text)
    name = key_of_words(parts)
    if not name:
        return None
    if "".join(parts).upper() in STATES:
        return Place.objects.states().filter(state="".join(parts).upper()).first()
    if "," not in text and (found := _bare(text, name, state=_state(parts))):
        return found
    for city, county, state in _city_and_state(text):
        if place := _in_state(city, county, state):
            return place
    return _only_or_choices(text, list(_also_called(name)))


def _bare(text: str, name: str, *, state: str | None) -> Place | AmbiguousPlace | None:
    """A name without a state: of one place, or of several to choose from."""
    names = {name}
    if state and name in _state_names():
        with translation.override("en"):  # "Nueva York" is the state, and the city too
            names.add(key(str(STATES[state])))
    states = Place.objects.states().filter(state=state) if state else ()
    return _only_or_choices(text, [*states, *Place.objects.cities().filter(key__in=names).largest_first()])


def _only_or_choices(text: str, rows: list[Place]) -> Place | AmbiguousPlace | None:
    firsts = [row for row in rows if row.rank == 0 or row.kind == Place.Kind.STATE]
    if not rows:
        return None
    if len({(row.kind, row.state) for row in rows}) > 1:
        return AmbiguousPlace(text, tuple(firsts))
    return _with_namesakes(rows)


def _in_state(name: str, county: str, state: str) -> Place | None:
    """The city of that name in a state, by its own name or else by another it is known by."""
    rows = list(Place.objects.cities().filter(key=name, state=state).order_by("rank"))
    if county:
        rows.sort(key=lambda row: not key(row.county).startswith(county))
        return rows[0] if rows else None
    return _with_namesakes(rows) if rows else _also_called(name).filter(state=state).first()


def _also_called(name: str) -> PlaceQuerySet:
    return Place.objects.cities().filter(aliases__contains=[name]).largest_first()


def _with_namesakes(rows: list[Place]) -> Place:
    """The one the name means in its state, offering the others."""
    first, *others = sorted(rows, key=lambda row: row.rank)
    first.others = tuple(others)
    return first


def _county(text: str) -> Place | AmbiguousPlace | None:
    """A county of that name, however it is called; asked last, because it costs more than a city."""
    text = CONDADO.sub(r"\1 county", text)
    for name, _county_of, state in _city_and_state(text):
        if found := counties.named(name, state):
            return found[0]
    found = counties.named(key(text)) if len(key(text)) > 3 else []
    return found[0] if len(found) == 1 else AmbiguousPlace(text, tuple(found)) if found else None


def _completions(text: str, *, limit: int) -> list[Place]:
    """Cities and states whose name starts so, by population; "milwaukee w" narrows to states that start with W."""
    city, comma, start = text.partition(",")
    name, code = key(city), "".join(words(start)).upper()
    cities = Place.objects.cities().filter(key__startswith=name)
    if comma and code:
        named = [c for k, c in _state_names().items() if k.startswith(code.lower())]
        cities = cities.filter(state__in=named)
    if not name:
        return []
    states = [] if comma else Place.objects.states().filter(key__startswith=name)
    if not comma and (code := name.upper()) in STATES:
        states = Place.objects.states().filter(state=code)
    found = [*states, *cities.largest_first()[:limit]]
    if not found or (not comma and len(found) < limit):
        found += [p for p in _also_called(name)[:2] if p not in found]
    if not found and not comma:  # "milwaukee wi", typed without the comma
        places = (_in_state(*reading) for reading in _city_and_state(text))
        found = [place for place in places if place][:1]
    return found[:limit]


def _names_like(text: str) -> tuple[Place, ...]:
    """Cities and states spelled almost so, in the state that was named if any; the larger of equals first."""
    reading = next(_city_and_state(text), None)
    name, state = (reading[0], reading[2]) if reading else (key(text.split(",")[0]), None)
    if not 3 <= len(name) <= 60:
        return ()
    alike = (
        Place.objects.exclude(kind=Place.Kind.ZIP)
        .filter(key__trigram_similar=name)
        .order_by(TrigramSimilarity("key", name).desc(), "-population", "pk")
    )

    def likelihood(place: Place) -> float:
        same_letters = SequenceMatcher(None, name, place.key).ratio()
        return same_letters + math.log10(place.population + 1) / 25 + (0.3 if place.state == state else 0)

    return tuple(sorted(alike[:60], key=likelihood, reverse=True)[:FEW])


# --- ZIP codes and points -----------------------------------------------------------------------


def _zip(code: str) -> Place | None:
    """A ZIP code; in the islands, one that is not listed stands at the middle of those that start like it."""
    if place := Place.objects.zips().filter(key=code).first():
        return place
    alike = Place.objects.zips().filter(key__startswith=code[:3], state__in=ISLANDS)
    middle = alike.aggregate(
        latitude=Avg("latitude"), longitude=Avg("longitude"), state=Min("state"), time_zone=Max("time_zone")
    )
    if middle["state"] is None:
        return None
    place = Place(kind=Place.Kind.ZIP, key=code, **middle)
    place.is_approximate = True
    return place


def _abroad(code: str) -> UnknownPlace | None:
    """ZIP codes of mail to places that are not in the United States, and what to do instead."""
    if code.startswith(MILITARY):
        return UnknownPlace(
            code,
            why=gettext("%(zip)s is for military mail (APO, FPO, DPO). It has no place on a map.") % {"zip": code},
        )
    for country, codes in FREELY_ASSOCIATED.items():
        if code in codes:
            guam = tuple(Place.objects.states().filter(state="GU"))
            words = gettext("%(zip)s is in %(country)s. We list programs in the United States and its territories.")
            return UnknownPlace(code, guam, why=words % {"zip": code, "country": country})
    return None


def _zips_like(digits: str) -> tuple[Place, ...]:
    """ZIP codes that a wrong number may stand for: a lost leading zero, a missing digit, a mistyped last one."""
    if len(digits) == 4:
        return (*_zips_starting(f"0{digits}", limit=1), *_zips_starting(digits, limit=FEW - 1))
    if len(digits) == 5:
        return tuple(_zips_starting(digits[:4], limit=FEW))
    return tuple(_zips_starting(digits, limit=FEW)) if len(digits) == 3 else ()


def _zips_starting(digits: str, *, limit: int) -> list[Place]:
    return list(Place.objects.zips().filter(key__startswith=digits).order_by("key")[:limit])


def _nearest(point: geo.Point) -> Place | None:
    """The ZIP code or city nearest to a point, unless it is off the map."""
    for miles in (5, 25, OFF_THE_MAP):
        around = Place.objects.exclude(kind=Place.Kind.STATE).inside(geo.box_around(point, miles))
        rows = [
            (geo.distance(point, geo.Point(*at)), pk) for pk, *at in around.values_list("pk", "latitude", "longitude")
        ]
        if rows and min(rows)[0] <= miles:
            return Place.objects.get(pk=min(rows)[1])
    return None
