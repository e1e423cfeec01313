"""Places as people choose between them and browse them, and what is known of the programs there."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import ngettext

from programs import gazetteer
from programs.models import Place, Program
from programs.models.program import ProgramQuerySet

AROUND_MILES = 25


@dataclass(frozen=True)
class City:
    """A city with a page: as the gazetteer has it, under the name its programs use."""

    name: str
    state: str
    place: Place

    @property
    def url(self) -> str:
        return city_url(self.state, self.name)


def slug(name: str) -> str:
    return slugify(name.replace("'", ""))


def city_url(state: str, name: str) -> str:
    return reverse("city", args=[state.lower(), slug(name)])


def place_json(place: Place) -> dict[str, Any]:
    """What to ask for to get this place, and how to name it."""
    return {"near": place.near, "label": place.label, "county": place.county or None}


def count_near(place: Place) -> int:
    """What a search gives in a state, or within 25 miles of a place."""
    programs = Program.objects.open_data().at_an_address()
    if place.kind == Place.Kind.STATE:
        return programs.filter(state=place.state).count()
    return programs.within(place, AROUND_MILES).count()


def cities(state: str) -> list[dict[str, Any]]:
    """The cities of a state that have programs, with counts."""
    rows = Program.objects.published().filter(state=state).values("city").annotate(count=Count("pk")).order_by("city")
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        found = merged.setdefault(slug(row["city"]), {"name": row["city"], "count": 0})
        found["count"] += row["count"]
    return [found | {"url": city_url(state, found["name"])} for key, found in merged.items() if key]


def find_city(state: str, city: str) -> City | None:
    """The city of this address, if it has programs and the gazetteer knows it."""
    names = Program.objects.published().filter(state=state.upper()).values_list("city", flat=True).distinct()
    name = next((name for name in names if slug(name) == city.lower()), None)
    if name is None:
        return None
    place = gazetteer.locate(f"{name}, {state}")
    return City(name, state.upper(), place) if isinstance(place, Place) else None


def facts(programs: ProgramQuerySet) -> list[str]:
    """What can be said of the programs of a place, only where somebody told us."""
    counts = programs.aggregate(
        medicaid=Count("pk", filter=Q(payment_types__contains=["medicaid"])),
        telehealth=Count("pk", filter=Q(services__contains=["telehealth"])),
        spanish=Count("pk", filter=Q(languages__contains=["spanish"])),
        teens=Count("pk", filter=Q(ages__contains=["children"])),
        priced=Count("pk", filter=Q(cost_per_week_min__isnull=False) | Q(cost_per_week_max__isnull=False)),
        newest=Max("sources__survey_year"),
    )
    words = {
        "medicaid": lambda n: ngettext("%(n)s says it takes Medicaid", "%(n)s say they take Medicaid", n),
        "telehealth": lambda n: ngettext("%(n)s has sessions by video", "%(n)s have sessions by video", n),
        "spanish": lambda n: ngettext("%(n)s treats people in Spanish", "%(n)s treat people in Spanish", n),
        "teens": lambda n: ngettext("%(n)s accepts children or teens", "%(n)s accept children or teens", n),
        "priced": lambda n: ngettext("%(n)s has told us its price", "%(n)s have told us their price", n),
    }
    return [words[name](count) % {"n": count} for name, count in counts.items() if name in words and count]


def made_up(programs: ProgramQuerySet) -> tuple[bool, bool]:
    """Whether any of these programs is made up, and whether all are (then search engines should stay away)."""
    kinds = set(programs.order_by().values_list("is_sample", flat=True).distinct())
    return True in kinds, kinds == {True}
