"""Where rows of a list are: their own coordinates if they have them, else the gazetteer's centres, by the batch."""

from collections.abc import Iterable
from typing import NamedTuple

from programs import placenames, schedule
from programs.choices import LocationQuality
from programs.models import Place

# Should the gazetteer not know even the state, or no zone that there is; there is no such state in fixtures/places.csv.gz.
FALLBACK_ZONE = "America/New_York"


class Spot(NamedTuple):
    """A point with its quality, and what goes with the place: county and time zone."""

    latitude: float | None
    longitude: float | None
    quality: str
    county: str
    time_zone: str


class Centre(NamedTuple):
    """What the gazetteer knows of a ZIP code or city."""

    latitude: float
    longitude: float
    county: str
    time_zone: str


class Gazetteer:
    """Finds the centre of a ZIP code, else of a city; remembers what it was asked."""

    def __init__(self) -> None:
        self._zips: dict[str, Centre | None] = {}
        self._cities: dict[tuple[str, str], Centre | None] = {}
        self._zones = dict(Place.objects.states().values_list("state", "time_zone"))

    def look_up(self, addresses: Iterable[tuple[str, str, str]]) -> None:
        """Ask for many (zip, city, state) at once."""
        asked = list(addresses)
        zips = {code for code, _, _ in asked} - self._zips.keys()
        self._zips.update(dict.fromkeys(zips))
        found = Place.objects.zips().filter(key__in=zips)
        for code, *centre in found.values_list("key", *Centre._fields):
            self._zips[code] = Centre(*centre)
        cities = {
            (placenames.key(city), state) for code, city, state in asked if self._zips[code] is None
        } - self._cities.keys()
        self._cities.update(dict.fromkeys(cities))
        # Real cities before other spellings, larger before smaller: the first one found stays.
        self._look_up_cities(cities)

    def _look_up_cities(self, cities: set[tuple[str, str]]) -> None:
        """The few whose ZIP code nobody knows. What a name means before what it also means (aliases)."""
        if not cities:
            return
        names, states = [key for key, _ in cities], {state for _, state in cities}
        places = Place.objects.cities().filter(state__in=states)
        for question in ({"key__in": names}, {"aliases__overlap": names}):
            found = places.filter(**question).order_by("rank", "-population", "pk")
            for key, aliases, state, *centre in found.values_list("key", "aliases", "state", *Centre._fields):
                for city in ((name, state) for name in (key, *aliases)):
                    if city in cities and not self._cities[city]:
                        self._cities[city] = Centre(*centre)

    def spot(self, code: str, city: str, state: str, *, given: tuple[float, float] | None) -> Spot:
        """Where an address is that `look_up` was asked for."""
        centre, quality = self._zips[code], LocationQuality.ZIP_CENTRE
        if centre is None and self._cities:
            centre, quality = self._cities.get((placenames.key(city), state)), LocationQuality.CITY_CENTRE
        county = centre.county if centre else ""
        told = (centre.time_zone if centre else "", self._zones.get(state, ""))
        zone = next((name for name in told if name in schedule.zones()), FALLBACK_ZONE)
        if given:
            return Spot(*given, LocationQuality.GIVEN, county, zone)
        if centre:
            return Spot(centre.latitude, centre.longitude, quality, county, zone)
        return Spot(None, None, "", county, zone)
