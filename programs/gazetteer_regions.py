"""Well-known names that are no town: islands, regions, nicknames, and the places of the gazetteer they stand for.

Kept short: a name belongs here if many people say it, and the gazetteer would not know it or would mean another place by
it alone. Towns are the principal ones; several are offered, and so is every city that has the name itself. Written by
hand from what everybody knows; nothing was copied from a list.
"""

from programs.placenames import key

REGIONS = {
    # Hawaii and the territories
    "Oahu": ("Honolulu, HI",),
    "Molokai": ("Kaunakakai, HI",),
    "Big Island": ("Hilo, HI", "Kailua-Kona, HI"),
    "Hawaii Island": ("Hilo, HI", "Kailua-Kona, HI"),
    "Island of Hawaii": ("Hilo, HI", "Kailua-Kona, HI"),
    "Kona": ("Kailua-Kona, HI",),
    "Niihau": ("Kauai County, HI",),
    "Samoa": ("AS",),
    "Tutuila": ("Pago Pago, AS",),
    "Manua": ("Tau, AS",),
    "Manua Islands": ("Tau, AS",),
    # The Atlantic and the lakes
    "New England": ("CT", "MA", "ME", "NH", "RI", "VT"),
    "Cape Cod": ("Hyannis, MA",),
    "Martha's Vineyard": ("Vineyard Haven, MA",),
    "Long Island": ("Nassau County, NY", "Suffolk County, NY"),
    "Jersey": ("NJ",),
    "Jersey Shore": ("Toms River, NJ", "Atlantic City, NJ"),
    "Outer Banks": ("Kill Devil Hills, NC",),
    "Florida Keys": ("Key West, FL", "Marathon, FL", "Key Largo, FL"),
    "Keys": ("Key West, FL", "Marathon, FL", "Key Largo, FL"),
    "Upper Peninsula": ("Marquette, MI",),
    "Twin Cities": ("Minneapolis, MN", "Saint Paul, MN"),
    # The West
    "Bay Area": ("San Francisco, CA", "Oakland, CA", "San Jose, CA"),
    "Catalina Island": ("Avalon, CA",),
    "San Juan Islands": ("Friday Harbor, WA",),
    "Whidbey Island": ("Oak Harbor, WA",),
}
NICKNAMES = {  # of cities; "LA" is the Post Office's Louisiana
    "Boise City": ("Boise, ID",),
    "Chi-town": ("Chicago, IL",),
    "L.A.": ("Los Angeles, CA",),
    "Indy": ("Indianapolis, IN",),
}
NAMES = REGIONS | NICKNAMES
STANDS_FOR = {key(name): places for name, places in NAMES.items()}
REGION_KEYS = {key(name) for name in REGIONS}


def stands_for(name: str) -> tuple[str, ...]:
    """What to type for a place of this name (as `placenames.key` folds it), with or without "the" before it."""
    return STANDS_FOR.get(name) or STANDS_FOR.get(name.removeprefix("the"), ())


def reaches(name: str, county: str, state: str) -> bool:
    """Whether the region of this name may have a part there: in a county it stands for, or in the state of its towns.

    A city by another name has none: it is where it is.
    """
    if REGION_KEYS.isdisjoint({name, name.removeprefix("the")}):
        return False
    places = (near.rpartition(", ") for near in stands_for(name))
    return any(code == state and (town == county or not town.endswith(" County")) for town, _, code in places)
