"""From what people type to a place on the map, and help when it is not clear.

`locate` reads a whole answer ("53202", "St. Louis, Missouri", "43.04,-87.91"); `suggest` reads half of one.
Both ask the database one or two indexed questions; nothing leaves this machine.
"""

import math
import re
import time
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext

from programs import counties, geo
from programs.choices import STATES
from programs.gazetteer_regions import reaches, stands_for
from programs.gazetteer_text import (
    HERE,
    LEAD,
    LONGEST,
    SEVERAL_ZIPS,
    ZIP,
    city_and_state,
    name_key,
    state_names,
    state_of,
    tidy,
    zips_beside_words,
)
from programs.gazetteer_zips import FEW, abroad, zip_code, zips_like, zips_starting
from programs.models.place import Place, PlaceQuerySet
from programs.placenames import key, words

NEARBY = 25  # miles: a ZIP code and a town beside it that are no farther apart do not contradict each other
SPELLED_ALIKE = 0.8  # of 1, as difflib counts
FAR_LARGER = 100  # times as many people: who types the name of a hamlet may mean a city spelled nearly so
SMALLEST_KNOWN = 500  # people; the gazetteer has no figure for smaller places
OFF_THE_MAP = 100  # miles from the nearest place: a point has no state there
CONDADO = re.compile(r"^condado del? ([^,]+)", re.IGNORECASE)


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
    return recent.get(tidy(text))


def _locate(text: str) -> Located:
    if point := _coordinates(text):
        return place_at(point)
    if len(text) > LONGEST or not text:
        return UnknownPlace(text[:LONGEST])
    if digits := ZIP.fullmatch(text):
        return _abroad(digits[1]) or zip_code(digits[1]) or UnknownPlace(text, zips_like(digits[1]))
    if SEVERAL_ZIPS.fullmatch(text) and (found := _each_zip(text)):
        return found
    for code, names in zips_beside_words(text):
        if mail := _abroad(code):
            return mail
        if place := zip_code(code):
            return _unless_contradicted(text, place, names)
    if text.isdigit():
        return UnknownPlace(text, zips_like(text))
    return _named(text) or _here(text) or _after_lead(text) or _county(text) or UnknownPlace(text, _names_like(text))


def suggest(text: str, *, limit: int = FEW) -> tuple[Place, ...]:
    """What a half-typed text may become, the likeliest first; nothing before the second character."""
    text = tidy(text)
    if not 2 <= len(text) <= LONGEST:
        return ()
    if text[0].isdigit():
        digits = text.split("-")[0]
        return tuple(zips_starting(digits, limit=limit)) if digits.isdecimal() else ()
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


# --- names --------------------------------------------------------------------------------------


def _named(text: str) -> Place | AmbiguousPlace | None:
    """A state, a city in a state, or a bare name, in the order that reads most as people mean it."""
    parts = words(text)
    name = name_key(parts)
    if not name:
        return None
    if (code := "".join(parts).upper()) in STATES:
        return _state_or_initials(text, code, spelled_out=len(parts) > 1)
    if "," not in text and (found := _bare(text, name, state=state_of(parts))):
        return found
    for city, county, state in city_and_state(text):
        if found := _in_state(text, city, county, state):
            return found
    return _only_or_choices(text, list(_also_called(name)))


def _state_or_initials(text: str, code: str, *, spelled_out: bool) -> Place | AmbiguousPlace | None:
    """A state by its two letters. "LA" offers Los Angeles beside it, "L.A." asks which of them is meant."""
    state, cities = Place.objects.states().filter(state=code).first(), tuple(_meant_by(code.lower()))
    if state and cities and spelled_out:
        return AmbiguousPlace(text, (state, *cities))
    if state:
        state.others = cities
    return state


def _bare(text: str, name: str, *, state: str | None) -> Place | AmbiguousPlace | None:
    """A name without a state: of one place, or of several to choose from."""
    names = {name}
    if state and name in state_names():
        with translation.override("en"):  # "Nueva York" is the state, and the city too
            names.add(key(str(STATES[state])))
    states = list(Place.objects.states().filter(state=state)) if state else []
    known = Place.objects.cities().filter(Q(key__in=names) | Q(aliases__contains=[name])).largest_first()
    own = [city for city in known if city.key in names]
    meant = [*_meant_by(name), *(_spelled_alike(name, own, [city for city in known if city.key not in names]))]
    states += [place for place in meant if place.kind == Place.Kind.STATE]
    cities = sorted(
        [*own, *(place for place in meant if place.kind != Place.Kind.STATE)], key=lambda city: -city.population
    )
    return _only_or_choices(text, [*states, *cities], always_choose=len(stands_for(name)) > 1)


def _spelled_alike(name: str, own: list[Place], others: list[Place]) -> list[Place]:
    """Larger cities that are also written so: "Pittsburg" may be Pittsburgh. A name of one state is that one's, unless
    the other is far larger."""
    if not own:
        return []
    largest = max(SMALLEST_KNOWN, own[0].population) * (FAR_LARGER if len({city.state for city in own}) == 1 else 1)
    return [
        city
        for city in others
        if city.population > largest and SequenceMatcher(None, name, city.key).ratio() >= SPELLED_ALIKE
    ]


def _meant_by(name: str, state: str = "") -> list[Place]:
    """The places that a well-known island or region stands for, in one state or in all."""
    typed = [near for near in stands_for(name) if near.endswith(state)]
    found = (_named(near) or _county(near) for near in typed)
    return [place for place in found if isinstance(place, Place)]


def _only_or_choices(text: str, rows: list[Place], *, always_choose: bool = False) -> Place | AmbiguousPlace | None:
    firsts = [row for row in rows if row.rank == 0 or row.kind == Place.Kind.STATE]
    if not rows:
        return None
    if always_choose or len({(row.kind, row.state) for row in rows}) > 1:
        return AmbiguousPlace(text, tuple(firsts))
    return _with_namesakes(rows)


def _in_state(text: str, name: str, county: str, state: str) -> Place | AmbiguousPlace | None:
    """The city of that name in a state, by its own name or else by another it is known by."""
    rows = list(Place.objects.cities().filter(key=name, state=state).order_by("rank"))
    if county:
        rows.sort(key=lambda row: not key(row.county).startswith(county))
        return rows[0] if rows else None
    if rows:
        return _with_namesakes(rows)
    if meant := _meant_by(name, state):
        return meant[0] if len(meant) == 1 else AmbiguousPlace(text, tuple(meant))
    return _also_called(name).filter(state=state).first()


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
    for name, _county_of, state in city_and_state(text):
        if found := counties.named(name, state):
            return found[0]
    found = counties.named(key(text)) if len(key(text)) > 3 else []
    return found[0] if len(found) == 1 else AmbiguousPlace(text, tuple(found)) if found else None


def _here(text: str) -> UnknownPlace | None:
    """Words for where one is: no place, and nothing that is spelled like them."""
    if not HERE.fullmatch(text):
        return None
    why = gettext(
        "We do not see where you are unless you tell us. Press “Use my location” if this page shows it, or type a city "
        "or ZIP code."
    )
    return UnknownPlace(text, why=why)


def _after_lead(text: str) -> Located | None:
    """What stands after "near" or "in", where no place begins with these words; asked once, however many there are."""
    rest = LEAD.sub("", text)
    return _locate(rest) if rest and rest != text else None


def _completions(text: str, *, limit: int) -> list[Place]:
    """Cities and states whose name starts so, by population; "milwaukee w" narrows to states that start with W."""
    city, comma, start = text.partition(",")
    name, code = key(city), "".join(words(start)).upper()
    cities = Place.objects.cities().filter(key__startswith=name)
    if comma and code:
        named = [c for k, c in state_names().items() if k.startswith(code.lower())]
        cities = cities.filter(state__in=named)
    if not name:
        return []
    states = [] if comma else Place.objects.states().filter(key__startswith=name)
    if not comma and (code := name.upper()) in STATES:
        states = Place.objects.states().filter(state=code)
    found = [*states, *(() if comma else _meant_by(name)), *cities.largest_first()[:limit]]
    if not found or (not comma and len(found) < limit):
        found += [p for p in _also_called(name)[:2] if p not in found]
    if not found and not comma:  # "milwaukee wi", typed without the comma
        readings = (_in_state(text, *reading) for reading in city_and_state(text))
        found = next(([place] if isinstance(place, Place) else list(place.choices) for place in readings if place), [])
    return found[:limit]


def _names_like(text: str) -> tuple[Place, ...]:
    """Cities and states spelled almost so, in the state that was named if any; the larger of equals first."""
    reading = next(city_and_state(text), None)
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


def _abroad(code: str) -> UnknownPlace | None:
    if found := abroad(code):
        why, suggestions = found
        return UnknownPlace(code, suggestions, why)
    return None


def _each_zip(text: str) -> Place | AmbiguousPlace | None:
    """Several ZIP codes: nobody guesses which one is meant; of a long list the first few are offered."""
    codes = list(dict.fromkeys(re.findall(r"\d{5}", text)))[:FEW]
    found = tuple(place for code in codes if (place := zip_code(code)))
    return found[0] if len(found) == 1 else AmbiguousPlace(text, found) if found else None


def _unless_contradicted(text: str, place: Place, names: list[str]) -> Place | AmbiguousPlace:
    """A ZIP code; or a choice between it and what the words beside it name, if that lies somewhere else."""
    if not names or any(_in_region(place, name) for name in names):
        return place
    named = next((found for name in names if (found := _named(name))), None)
    if not named and (state := state_of(words(names[-1].rpartition(",")[2]))):  # a town we do not know, in a state
        named = Place.objects.states().filter(state=state).first()
    if not named:
        return place
    others = (named, *named.others) if isinstance(named, Place) else named.choices
    return place if any(_agree(place, other) for other in others) else AmbiguousPlace(text, (place, *others[:FEW]))


def _in_region(place: Place, text: str) -> bool:
    """Whether the text names a region that a ZIP code may lie in, however far from the towns the region stands for."""
    readings = [(name_key(words(text)), place.state), *((name, state) for name, _, state in city_and_state(text))]
    return any(state == place.state and reaches(name, place.county, state) for name, state in readings)


def _agree(place: Place, other: Place) -> bool:
    """Whether a ZIP code lies in that state, or in or about that town of its state."""
    if place.state != other.state:
        return False
    is_its_own = other.kind == Place.Kind.STATE or other.key == key(place.name)
    return is_its_own or geo.distance(place.point, other.point) <= NEARBY


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
