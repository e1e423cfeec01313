"""What `programs.gazetteer` reads from a text before it asks the database: one line, states, cities, ZIP codes."""

import re
from collections.abc import Iterator
from functools import cache

from django.conf import settings
from django.utils import translation

from programs.choices import STATES
from programs.placenames import key, key_of_words, words

LONGEST = 120  # characters; nobody's town is longer
# How states were shortened before there were ZIP codes, and newspapers still do it: "Milwaukee, Wis."
OLDER_SHORT_FORMS = dict(
    pair.split(":")
    for pair in (
        "ala:AL ariz:AZ ark:AR cal:CA calif:CA colo:CO conn:CT del:DE fla:FL ill:IL ind:IN kan:KS kans:KS mass:MA mich:MI "
        "minn:MN miss:MS mont:MT neb:NE nebr:NE nev:NV nmex:NM ncar:NC ndak:ND okla:OK ore:OR oreg:OR penn:PA penna:PA "
        "scar:SC sdak:SD tenn:TN tex:TX wash:WA wva:WV wis:WI wisc:WI wyo:WY"
    ).split()
)
# What people in the islands call their territory.
ISLANDS_SAY = {"usvi": "VI", "virginislands": "VI", "cnmi": "MP", "northernmarianas": "MP", "marianaislands": "MP"}
COUNTRY = re.compile(r"[\s,]+(usa|u\.s\.a\.?|us|u\.s\.?|united states(?: of america)?)$", re.IGNORECASE)
DASHES = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)  # telephones write them by themselves
ZIP = re.compile(r"(\d{5})(?:[-\s]?\d{4}|-\d{0,3})?\.?", re.ASCII)
SEVERAL_ZIPS = re.compile(r"\d{5}(?:(?:[\s,;/&]|or|and|o|y)+\d{5})+", re.ASCII | re.IGNORECASE)
LABEL = r"(?:\b(?:the |el )?(?:zip ?code|zip|postal code|c[oóÓ]digo postal)\b:?)"
# At the end first: five digits at the beginning may be the number of a house.
ZIP_BESIDE_WORDS = (
    re.compile(r"^(?P<words>.*\D)[\s,]+(?P<zip>\d{5})(?:-\d{4})?$", re.ASCII),
    re.compile(rf"^(?i:{LABEL}[\s#]*)?(?P<zip>\d{{5}})(?:-\d{{4}})?[\s,]+(?P<words>\D.*)$", re.ASCII),
)
# Taken away one after the other, for as long as nothing is found: Zip City and the Bay Area are places.
FILLING = (re.compile(LABEL, re.IGNORECASE), re.compile(r"\b(?:area|zona)\b:?", re.IGNORECASE))
# All of them at once. "IN" in capitals is Indiana; the Near North Side is in Chicago.
LEAD = re.compile(
    r"^(?:(?:[Ii]n|[Ee]n|(?i:near(?! (?:north|south) side\b)|nearby|around|close to|cerca de))(?:\s+|$))+"
)
HERE = re.compile(
    r"(?:(?:near|nearby|around|close to|by|in)\s+)?(?:me|here)|(?:use )?my (?:current )?location|current location|near my (?:home|house)"
    r"|(?:cerca de )?(?:m[ií]|aqu[ií])|(?:usar )?mi ubicaci[oó]n(?: actual)?|cerca de mi casa",
    re.IGNORECASE,
)


def tidy(text: str) -> str:
    """One line without control characters, doubled blanks, or the country's name at the end."""
    printable = "".join(c if c.isprintable() else " " for c in text[: 2 * LONGEST]).translate(DASHES)
    return COUNTRY.sub("", " ".join(printable.split())).strip(' ,;()#"“”')


def zips_beside_words(text: str) -> Iterator[tuple[str, list[str]]]:
    """The ways to read a text as a ZIP code with words before or after it: (ZIP code, what the words may name)."""
    text = LEAD.sub("", text)
    for pattern in ZIP_BESIDE_WORDS:
        if found := pattern.search(text):
            yield found["zip"], _may_name(found["words"])


def _may_name(typed: str) -> list[str]:
    """The words beside a ZIP code, with "ZIP code" and "area" and without; nothing if they say no more than that."""
    readings = [typed]
    for filling in FILLING:
        readings.append(filling.sub("", readings[-1]))
    names = [LEAD.sub("", " ".join(reading.split()).strip(" ,")) for reading in readings]
    return list(dict.fromkeys(names)) if names[-1] else []


def name_key(parts: list[str]) -> str:
    """The key of a name; letters alone are initials and no compass points: "S.F.", "N.Y.C."."""
    return "".join(parts) if max(map(len, parts), default=0) == 1 else key_of_words(parts)


@cache
def state_names() -> dict[str, str]:
    """Key of every state's name, in each language of the site, and of its abbreviations → abbreviation."""
    names = {code.lower(): code for code in STATES} | OLDER_SHORT_FORMS | ISLANDS_SAY
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            names |= {key(str(name)): code for code, name in STATES.items()}
    return names


def state_of(parts: list[str]) -> str | None:
    """The state that these words name: "wi", "n y", "new york", "washington state"."""
    if len(parts) > 1 and parts[-1] == "state":
        parts = parts[:-1]
    return state_names().get("".join(parts)) or state_names().get(key_of_words(parts))


def city_and_state(text: str) -> Iterator[tuple[str, str, str]]:
    """The ways to read a text as a city in a state: (key of the city, key of its county or "", state)."""
    parts = [part for part in map(words, text.split(",")) if part]
    if len(parts) > 1 and (state := state_of(parts[-1])):
        county = key_of_words(parts[1]) if len(parts) > 2 else ""
        yield name_key(parts[0]), county, state
        yield name_key(parts[-2]), "", state
    every = words(text)
    for length in range(min(4, len(every) - 1), 0, -1):
        if state := state_of(every[-length:]):
            yield name_key(every[:-length]), "", state
