"""Build fixtures/sample_programs.csv: fictional programs over all states, for a first look and for tests.

`python -m scripts.build_sample` writes the same file every time. Nothing in it is real: names are made
of landscape words, telephones are 555-01xx, NPIs begin with 2 (none of those is issued) and pass their check
digit. Cities, ZIP codes, counties and time zones come from fixtures/places.csv.gz. Dates are days before or
after the day of loading, so that the sample never grows old in the file. Columns are told in docs/data.md.
"""

import csv
import gzip
import json
import random
import re
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from scripts.sample_words import (
    ACCREDITATIONS,
    AREA_CODES,
    FIRST,
    FOCUSES,
    KINDS,
    LANGUAGES,
    MILWAUKEE,
    MORE,
    NATIONAL,
    PER_STATE,
    POPULATIONS,
    SENTENCES,
    SERVICES,
    SPRINGFIELDS,
    STATES,
    STREETS,
    TRACKS,
    WEEKDAYS,
    WEIGHTS,
)

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "fixtures" / "sample_programs.csv"


class Town(NamedTuple):
    city: str
    state: str
    zip: str
    county: str
    latitude: float
    longitude: float
    time_zone: str


def read_towns() -> dict[str, list[Town]]:
    """By state: ZIP codes of its cities, the largest cities first."""
    with gzip.open(ROOT / "fixtures" / "places.csv.gz", "rt", encoding="utf-8", newline="") as file:
        places = list(csv.DictReader(file))
    people = {(place["key"], place["state"]): int(place["population"]) for place in places if place["kind"] == "city"}
    towns = defaultdict(list)
    for place in places:
        size = people.get((re.sub(r"[^a-z]", "", place["name"].lower()), place["state"]), 0)
        if place["kind"] == "zip" and size:
            point = float(place["latitude"]), float(place["longitude"])
            town = Town(place["name"], place["state"], place["key"], place["county"], *point, place["time_zone"])
            towns[place["state"]].append((-size, town))
    return {state: [town for _, town in sorted(found)] for state, found in towns.items()}


def npi(number: int) -> str:
    """A ten-digit identifier that begins with 2 and passes its check digit (Luhn, prefix 80840)."""
    nine = f"2{number:08}"
    total = 0
    for place, digit in enumerate(reversed("80840" + nine)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return f"{nine}{-total % 10}"


class Builder:
    """Makes rows one after another from one seeded source of chance."""

    def __init__(self) -> None:
        self.chance = random.Random("intensive outpatient")  # noqa: S311  (must repeat, need not be secret)
        self.towns = read_towns()
        self.rows: list[dict[str, Any]] = []
        self.slugs: set[str] = set()
        self.names = [f"{first} {kind}" for first in FIRST for kind in KINDS]
        self.chance.shuffle(self.names)
        medicaid = [payer for payer in _payers() if payer["kind"] == "medicaid"]
        self.medicaid = {payer["states"][0]: payer["slug"] for payer in medicaid}
        self.local = defaultdict(list)
        for payer in _payers():
            if payer["kind"] == "commercial":
                for state in payer["states"]:
                    self.local[state].append(payer["slug"])

    def some(self, values: list[str], least: int, most: int) -> list[str]:
        chosen = self.chance.sample(values, min(len(values), self.chance.randint(least, most)))
        return [value for value in dict.fromkeys(values) if value in chosen]

    def add(self, town: Town, *, name: str | None = None, **wanted: Any) -> None:
        """One program; `wanted` overrides what chance would say."""
        chance, number = self.chance, len(self.rows)
        name = name or self.names[number % len(self.names)]
        focus = wanted.pop("focus", None) or chance.choices(list(WEIGHTS), WEIGHTS.values())[0]
        teens = wanted.pop("teens", chance.random() < 0.1)
        mode = wanted.pop("mode", chance.choices(["in-person", "hybrid", "virtual"], [70, 22, 8])[0])
        tracks = wanted.pop("tracks", None)
        telling = wanted.pop("telling", chance.choices(["much", "some", "little"], [50, 32, 18])[0])
        row: dict[str, Any] = {
            **self._identity(town, name, number),
            **self._place(town, mode),
            **self._care(focus, teens=teens, telling=telling),
            **self._schedule(mode, teens=teens, telling=telling, tracks=tracks),
            **self._money(town.state, focus, telling=telling),
            **self._openings(telling),
            **self._checked(telling),
        }
        row["summary"] = " ".join(filter(None, [SENTENCES[focus], "For ages 13 to 17 and their families." * teens]))
        row |= self._billing(row)
        row |= wanted
        self.rows.append(row)

    def _identity(self, town: Town, name: str, number: int) -> dict[str, Any]:
        slug = base = "sample-" + re.sub(r"[^a-z0-9]+", "-", f"{name} {town.city} {town.state}".lower()).strip("-")
        while slug in self.slugs:
            slug = f"{base}-{number}"
        self.slugs.add(slug)
        return {
            "slug": slug,
            "name": name,
            "organization": name if self.chance.random() < 0.7 else f"{name.split()[0]} {name.split()[1]} Health Group",
            "ownership": self.chance.choices(["nonprofit", "for-profit", "local", "", "tribal"], [50, 38, 6, 5, 1])[0],
            "npi": npi(10_000_000 + number * 7919),
            "legal_name": f"{name} {self.chance.choice(['LLC', 'Inc', 'PC'])}"[:60],
            "website": f"https://{slug.removeprefix('sample-')[:50].strip('-')}.example/",
            "status": "published",
            "closed_days_ago": "",
            "phones": self._phones(AREA_CODES[town.state], number % 100),
        }

    def _phones(self, area: int, line: int) -> str:
        """`purpose number hours`, several by a bar."""
        found = [f"main {area}-555-01{line:02} Mon–Fri 8 am–6 pm"]
        if self.chance.random() < 0.6:
            found.append(f"intake {area}-555-01{(line + 37) % 100:02} Mon–Sat 8 am–8 pm")
        if self.chance.random() < 0.1:
            found.append(f"tty {area}-555-01{(line + 53) % 100:02}")
        return "|".join(found)

    def _place(self, town: Town, mode: str) -> dict[str, Any]:
        states = ""
        if mode != "in-person":
            others = self.some([state for state in STATES if state != town.state], 0, 9 if mode == "virtual" else 2)
            states = " ".join(sorted([town.state, *others]))
        return {
            "street": f"{self.chance.randint(100, 9900)} {self.chance.choice(STREETS)}",
            "street2": f"Suite {self.chance.randint(100, 480)}" if self.chance.random() < 0.4 else "",
            "city": town.city,
            "state": town.state,
            "zip": town.zip,
            "county": town.county,
            "latitude": f"{town.latitude + self.chance.uniform(-0.012, 0.012):.5f}",
            "longitude": f"{town.longitude + self.chance.uniform(-0.012, 0.012):.5f}",
            "location_quality": self.chance.choices(["rooftop", "street", "zip-centre"], [70, 20, 10])[0],
            "time_zone": town.time_zone,
            "formats": mode,
            "virtual_states": states,
        }

    def _care(self, focus: str, *, teens: bool, telling: str) -> dict[str, Any]:
        much = telling == "much"
        treats = FOCUSES[focus]
        medications = self.some("buprenorphine naltrexone psychiatric acamprosate".split(), 0, 3)
        no = []
        if much:
            asked = "therapy:dbt therapy:emdr therapy:twelve-step service:child-care service:transportation".split()
            said = {f"therapy:{therapy}" for therapy in treats["therapies"]}
            no = [token for token in asked if token not in said and self.chance.random() < 0.4]
        services = self.some(SERVICES, 2, 8) if telling != "little" else []
        languages = self.some(LANGUAGES, 0, 2) if telling != "little" else []
        return {
            "conditions": " ".join(treats["conditions"][: None if much else 3]),
            "therapies": " ".join(treats["therapies"] if telling != "little" else treats["therapies"][:2]),
            "populations": " ".join(["adolescents"] if teens else self.some(POPULATIONS, 0, 3)),
            "ages": "children" if teens else " ".join(self.some(["young-adults", "adults", "seniors"], 2, 3)),
            "min_age": "13" if teens else "18",
            "max_age": "17" if teens else "",
            "genders": "female male" if self.chance.random() < 0.9 else self.chance.choice(["female", "male"]),
            "languages": " ".join(["english", *languages]),
            "services": " ".join(services),
            "medications": " ".join(medications) if focus in {"substance", "dual"} and telling != "little" else "",
            "accreditations": " ".join(self.some(ACCREDITATIONS, 1, 3)) if telling != "little" else "",
            "not_offered": " ".join(token for token in no if token.split(":")[1] not in services),
            "other_levels": " ".join(self.some(["outpatient", "php", "residential-short"], 0, 2)),
            "family_program": self.chance.choice(["yes", "yes", "no"]) if much else "",
            "aftercare": self.chance.choice(["yes", "yes", "no"]) if much else "",
            "smoking": self.chance.choice(["not-permitted", "not-permitted", "designated"]) if much else "",
        }

    def _schedule(self, mode: str, *, teens: bool, telling: str, tracks: list[str] | None) -> dict[str, Any]:
        """`track: days start-end kind format`, several by a bar; an optional session ends in "optional"."""
        if tracks is None:
            usual = ["After school"] if teens else self.some(["Morning", "Afternoon", "Evening", "Early evening"], 1, 2)
            tracks = usual if telling == "much" or (telling == "some" and self.chance.random() < 0.5) else []
            if tracks and not teens and self.chance.random() < 0.12:
                tracks = [*tracks, "Weekend"]
        blocks, hours = [], 0.0
        for track in tracks:
            choices, start, end = TRACKS[track]
            days = self.chance.choice(choices)
            where = "virtual" if mode == "virtual" or (mode == "hybrid" and track == tracks[-1]) else "in-person"
            blocks.append(f"{track}: {days} {start}-{end} group {where}")
            length = (int(end[:2]) * 60 + int(end[3:]) - int(start[:2]) * 60 - int(start[3:])) / 60
            hours = hours or length * len(days.split())
            if telling == "much" and self.chance.random() < 0.3:
                free = next(day for day in WEEKDAYS[4::-1] if day not in days.split() or day == "Mon")
                if free not in days.split():
                    blocks.append(f"{track}: {free} 10:00-11:00 individual {where} optional")
        weeks = self.chance.choice([(6, 8), (8, 12), (8, 12), (10, 12), (12, 16), (4, 6)])
        return {
            "sessions": "|".join(blocks),
            "hours_per_week": f"{hours:g}" if hours and telling == "much" else "",
            "weeks_min": weeks[0] if telling != "little" else "",
            "weeks_max": weeks[1] if telling == "much" else "",
        }

    def _money(self, state: str, focus: str, *, telling: str) -> dict[str, Any]:
        """Payers as `slug network source days-ago`, several by a bar."""
        priced = telling == "much" or (telling == "some" and self.chance.random() < 0.4)
        low = self.chance.randrange(225, 560, 25)
        sliding = self.chance.choice(["yes", "yes", "no", ""]) if telling != "little" else ""
        payers = []
        medicaid = self.medicaid[state]
        takes_medicaid = self.chance.random() < 0.62
        if telling != "little":
            if takes_medicaid:
                payers.append(self._payer(medicaid, "in-network"))
            for slug in self.some(NATIONAL + self.local[state], 1, 6):
                network = self.chance.choices(
                    ["in-network", "out-of-network", "single-case", "unknown"], [70, 14, 4, 12]
                )
                payers.append(self._payer(slug, network[0]))
            if self.chance.random() < 0.15 and not takes_medicaid:
                payers.append(self._payer(medicaid, "not-accepted"))
        types = [name for name, told in (("medicaid", takes_medicaid), ("private", True), ("self-pay", True)) if told]
        types += ["sliding-fee"] if sliding == "yes" else []
        types += [name for name in ("medicare", "military", "state-funded") if self.chance.random() < 0.25]
        return {
            "cost_min": low if priced else "",
            "cost_max": low + self.chance.choice([0, 50, 100, 150]) if priced else "",
            "cost_includes": self.chance.choice(
                ["Groups and one individual session a week", "Groups, individual sessions and drug tests", ""]
            )
            if priced
            else "",
            "sliding_scale": sliding,
            "payment_types": " ".join(types) if telling != "little" or self.chance.random() < 0.5 else "",
            "payers": "|".join(payers),
        }

    def _payer(self, slug: str, network: str) -> str:
        source = self.chance.choices(["program", "curator-call", "benefits-check"], [60, 28, 12])[0]
        if network != "in-network" and source == "benefits-check":
            source = "program"
        return f"{slug} {network} {source} {self.chance.choice([3, 12, 30, 55, 80, 120, 200])}"

    def _openings(self, telling: str) -> dict[str, Any]:
        told = telling == "much" or self.chance.random() < 0.25
        accepting = self.chance.choices(["yes", "no"], [85, 15])[0] if told else ""
        return {
            "accepting_new": accepting,
            "next_start_in": self.chance.choice([1, 2, 4, 6, 9, 13, 20]) if accepting == "yes" else "",
            "seats_open": self.chance.choice([1, 2, 3, 4, 6, 8, ""]) if accepting == "yes" else "",
        }

    def _checked(self, telling: str) -> dict[str, Any]:
        """Confirmations as `topic method days-ago`, credentials as `kind number days-until-expiry`, by bars."""
        reach = {"much": 1.0, "some": 0.55, "little": 0.15}[telling]
        old = self.chance.random() < 0.15
        ages = {
            "availability": [0, 1, 2, 4, 6, 9, 20],
            "phone": [5, 20, 40, 70, 85, 110],
            "payers": [3, 15, 45, 75, 100, 150],
            "schedule": [10, 40, 90, 110, 140],
            "cost": [20, 90, 150, 175, 240],
            "license": [60, 200, 340, 400],
            "description": [30, 120, 300, 380],
        }
        found = []
        for topic, days in ages.items():
            if self.chance.random() < reach:
                method = self.chance.choice(["call", "call", "program", "website"])
                method = "registry" if topic == "license" else method
                found.append(f"{topic} {method} {self.chance.choice(days) + 260 * old}")
        credentials = []
        if telling == "much":
            credentials.append(f"carf C-{self.chance.randint(10000, 99999)} {self.chance.choice([40, 300, 700, 900])}")
        return {"confirmations": "|".join(found), "credentials": "|".join(credentials)}

    def _billing(self, row: dict[str, Any]) -> dict[str, Any]:
        """What the insurance side loads: contracts as `payer network allowed-a-day may-ask`, by bars."""
        days = max(3, len(set(re.findall(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b", row["sessions"].split("|")[0]))))
        cash = round(int(row["cost_min"] or self.chance.randrange(250, 500, 25)) / days)
        contracts = []
        for payer in filter(None, row["payers"].split("|")):
            slug, network, *_ = payer.split()
            short = {"in-network": "in", "out-of-network": "out", "unknown": "unknown"}.get(network)
            if short:
                allowed = round(cash * self.chance.uniform(0.9, 2.4), 2) if short == "in" else ""
                may_ask = "yes" if self.chance.random() < 0.8 else "no"
                contracts.append(f"{slug} {short} {allowed or '-'} {may_ask}")
        return {
            "setting": self.chance.choices(
                ["free-standing", "hospital-outpatient", "cmhc", "fqhc", "opioid-treatment", ""], [60, 16, 8, 5, 5, 6]
            )[0],
            "billing_codes": self.chance.choice(["H0015", "S9480", "H0015 S9480"]),
            "revenue_codes": self.chance.choice(["", "0905", "0906"]),
            "cash_day": f"{cash}.00",
            "billed_day": f"{round(cash * self.chance.uniform(2.5, 5))}.00",
            "days_per_week": days,
            "contracts": "|".join(contracts),
        }

    def city(self, name: str, state: str) -> list[Town]:
        return [town for town in self.towns[state] if town.city == name]


def _payers() -> list[dict[str, Any]]:
    return json.loads((ROOT / "fixtures" / "payers.json").read_text(encoding="utf-8"))


def build() -> list[dict[str, Any]]:
    builder = Builder()
    _milwaukee(builder)
    for state, count in SPRINGFIELDS:
        towns = builder.city("Springfield", state)
        for number in range(count):
            builder.add(towns[number % len(towns)])
    for state in STATES:
        towns = builder.towns[state]
        largest = list(dict.fromkeys(town.city for town in towns))[:4]
        for number in range(PER_STATE + MORE.get(state, 0)):
            city = [town for town in towns if town.city == largest[number % len(largest)]]
            builder.add(builder.chance.choice(city))
    _some_are_closed(builder)
    return builder.rows


def _milwaukee(builder: Builder) -> None:
    """Several evenings with BadgerCare, and one of each odd case."""
    by_zip = {town.zip: town for town in builder.towns["WI"]}
    badgercare = {"payers": "badgercare in-network curator-call 30", "contracts": "badgercare in 150.00 yes"}
    for name, place in MILWAUKEE.items():
        city, _, code = place.rpartition(" ")
        wanted: dict[str, Any] = {"mode": "in-person"}
        if "Evening" in name or name in {"Third Ward Recovery Center", "Riverwest Family Recovery"}:
            wanted |= {"telling": "much", "tracks": ["Evening"], "focus": "dual", "teens": False}
            wanted |= {"payers": "badgercare in-network benefits-check 12|quartz in-network program 40"}
            wanted |= {"contracts": "badgercare in 168.00 yes|quartz in 240.00 yes"}
            wanted |= {"payment_types": "medicaid private self-pay", "accepting_new": "yes", "next_start_in": 4}
        elif "Teen" in name:
            wanted |= {"telling": "much", "teens": True, "focus": "mental", **badgercare}
        elif "Eating" in name:
            wanted |= {"focus": "eating", "teens": False}
        elif "Women" in name:
            wanted |= {"telling": "much", "genders": "female", "populations": "women pregnant", "teens": False}
        builder.add(by_zip[code]._replace(city=city), name=name, **wanted)


def _some_are_closed(builder: Builder) -> None:
    for row in builder.rows[40::45]:
        row |= {"status": "closed", "closed_days_ago": builder.chance.choice([20, 90, 300])}
        row |= {"accepting_new": "", "next_start_in": "", "seats_open": ""}


def main() -> None:
    rows = build()
    with OUTPUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{OUTPUT.name}: {len(rows)} programs in {len({row['state'] for row in rows})} states")


if __name__ == "__main__":
    main()
