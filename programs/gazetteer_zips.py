"""ZIP codes for `programs.gazetteer`: where one is, which ones a wrong number may stand for, which are abroad."""

from django.db.models import Avg, Max, Min
from django.utils.translation import gettext, gettext_lazy

from programs.models.place import Place

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
FEW = 8  # suggestions


def zip_code(code: str) -> Place | None:
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


def abroad(code: str) -> tuple[str, tuple[Place, ...]] | None:
    """Of a ZIP code of mail to places that are not in the United States: what it is, and what to search near instead."""
    if code.startswith(MILITARY):
        return gettext("%(zip)s is for military mail (APO, FPO, DPO). It has no place on a map.") % {"zip": code}, ()
    for country, codes in FREELY_ASSOCIATED.items():
        if code in codes:
            words = gettext("%(zip)s is in %(country)s. We list programs in the United States and its territories.")
            return words % {"zip": code, "country": country}, tuple(Place.objects.states().filter(state="GU"))
    return None


def zips_like(digits: str) -> tuple[Place, ...]:
    """ZIP codes that a wrong number may stand for: a lost leading zero, a missing digit, a mistyped last one."""
    if len(digits) == 4:
        return (*zips_starting(f"0{digits}", limit=1), *zips_starting(digits, limit=FEW - 1))
    if len(digits) == 5:
        return tuple(zips_starting(digits[:4], limit=FEW))
    return tuple(zips_starting(digits, limit=FEW)) if len(digits) == 3 else ()


def zips_starting(digits: str, *, limit: int) -> list[Place]:
    return list(Place.objects.zips().filter(key__startswith=digits).order_by("key")[:limit])
