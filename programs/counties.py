"""Counties, parishes and boroughs: no rows of the gazetteer, but made of its cities when somebody names one."""

import math

from programs.models.place import Place
from programs.placenames import key

KINDS = ("", "county", "parish", "borough", "municipality", "municipio", "censusarea")


def named(name: str, state: str = "") -> list[Place]:
    """The counties of this name ("milwaukeecounty" or "milwaukee", as `placenames.key` folds it), in one state or in all.

    Each stands where its people live: at the mean of its cities, weighted by population.
    """
    cities = Place.objects.cities().exclude(county="")
    rows = (cities.filter(state=state) if state else cities).order_by("state", "county")
    wanted = {name + kind for kind in KINDS}
    pairs = rows.values_list("state", "county").distinct()
    return [_middle(code, county) for code, county in pairs if key(county) in wanted]


def _middle(state: str, county: str) -> Place:
    cities = list(Place.objects.cities().filter(state=state, county=county).largest_first())
    x = y = z = 0.0  # on the globe, so that islands on both sides of the date line have a middle too
    for city in cities:
        north, east = math.radians(city.latitude), math.radians(city.longitude)
        weight = max(city.population, 1)
        x += weight * math.cos(north) * math.cos(east)
        y += weight * math.cos(north) * math.sin(east)
        z += weight * math.sin(north)
    return Place(
        kind=Place.Kind.CITY,
        key=key(county),
        name=county,
        state=state,
        latitude=math.degrees(math.atan2(z, math.hypot(x, y))),
        longitude=math.degrees(math.atan2(y, x)),
        time_zone=cities[0].time_zone,
        population=sum(city.population for city in cities),
    )
