"""Places as people choose between them and browse them, and what is known of the programs there."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Func, Q
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import ngettext

from programs import gazetteer
from programs.choices import STATES, Format
from programs.models import Place, Program, SearchRecord
from programs.models.program import ProgramQuerySet
from programs.placenames import ascii_fold

AROUND_MILES = 25


@dataclass(frozen=True)
class City:
    """A city that has programs, under the name they use; `place` is None if nobody knows where it is."""

    name: str
    state: str
    place: Place | None
    spellings: list[str]  # as the programs write it: "St. Louis", "St Louis"

    @property
    def url(self) -> str:
        return city_url(self.state, self.name)

    @property
    def programs(self) -> ProgramQuerySet:
        return at(self.state).filter(city__in=self.spellings)


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


def at(state: str) -> ProgramQuerySet:
    """The published programs that one can go to in a state."""
    return Program.objects.published().at_an_address().filter(state=state)


@dataclass(frozen=True)
class Tally:
    """A state's programs, counted as a search in it counts them."""

    here: int
    by_video: int  # wherever their office is: those that may treat people in this state
    offices: int  # of programs by video, whomever they may treat
    samples: int

    @property
    def is_known(self) -> bool:
        """Whether the state has a page: also if all that leads to it is the page of a program by video."""
        return bool(self.here or self.by_video or self.offices)


def tally(state: str) -> Tally:
    """Two questions, because each has an index: programs by their state, search records by the states of those by video."""
    sample, offices = Q(is_sample=True), Q(formats=[Format.VIRTUAL])
    in_state = Program.objects.published().filter(state=state)
    here = in_state.aggregate(
        here=Count("pk", filter=~offices),
        offices=Count("pk", filter=offices),
        samples=Count("pk", filter=sample & ~offices),
    )
    treats = SearchRecord.objects.filter(virtual_states__contains=[state])
    video = treats.aggregate(by_video=Count("pk"), samples=Count("pk", filter=sample))
    return Tally(**here | video | {"samples": here["samples"] + video["samples"]})


def by_video(states: Collection[str]) -> list[tuple[str, str, int]]:
    """The states of these whose people a program by video may treat, each by its name, its code and how many may."""
    each = Func("virtual_states", function="unnest", output_field=CharField())
    treating = SearchRecord.objects.filter(virtual_states__overlap=[*states]).annotate(treats=each)
    found = treating.values("treats").annotate(count=Count("pk")).values_list("treats", "count")
    named = [(str(STATES.get(state, state)), state, count) for state, count in found if state in states]
    return sorted(named, key=lambda one: ascii_fold(one[0]))


def cities(state: str) -> list[dict[str, Any]]:
    """The cities of a state that have programs to go to, with counts."""
    rows = at(state).values("city").annotate(count=Count("pk")).order_by("city")
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        found = merged.setdefault(slug(row["city"]), {"name": row["city"], "count": 0})
        found["count"] += row["count"]
    return [found | {"url": city_url(state, found["name"])} for key, found in merged.items() if key]


def find_city(state: str, city: str) -> City | None:
    """The city of this address, if it has programs that one can go to."""
    state = state.upper()
    if state not in STATES:
        return None
    names = at(state).order_by("city").values_list("city", flat=True).distinct()
    spellings = [name for name in names if slug(name) == city.lower()]
    return City(spellings[0], state, _place(spellings, state), spellings) if spellings else None


def _place(spellings: list[str], state: str) -> Place | None:
    """Where a city is; of one that the gazetteer does not know, where its programs are."""
    known = gazetteer.locate(f"{spellings[0]}, {state}")
    if isinstance(known, Place) and known.state == state:
        return known
    programs = at(state).filter(city__in=spellings).order_by("pk")
    if point := programs.exclude(latitude=None).values("latitude", "longitude", "time_zone").first():
        return Place(kind=Place.Kind.POINT, name=spellings[0], state=state, **point)
    by_zip = gazetteer.locate(programs[0].zip)
    return by_zip if isinstance(by_zip, Place) else None


def facts(programs: ProgramQuerySet) -> list[str]:
    """What can be said of the programs of a place, only where somebody told us."""
    counts = programs.aggregate(
        medicaid=Count("pk", filter=Q(payment_types__contains=["medicaid"])),
        telehealth=Count("pk", filter=Q(services__contains=["telehealth"])),
        spanish=Count("pk", filter=Q(languages__contains=["spanish"])),
        teens=Count("pk", filter=Q(ages__contains=["children"])),
        priced=Count("pk", filter=Q(cost_per_week_min__isnull=False) | Q(cost_per_week_max__isnull=False)),
    )
    words = {
        "medicaid": lambda n: ngettext("%(n)s says it takes Medicaid", "%(n)s say they take Medicaid", n),
        "telehealth": lambda n: ngettext("%(n)s has sessions by video", "%(n)s have sessions by video", n),
        "spanish": lambda n: ngettext("%(n)s treats people in Spanish", "%(n)s treat people in Spanish", n),
        "teens": lambda n: ngettext("%(n)s accepts children or teens", "%(n)s accept children or teens", n),
        "priced": lambda n: ngettext("%(n)s has told us its price", "%(n)s have told us their price", n),
    }
    return [words[name](count) % {"n": count} for name, count in counts.items() if count]


def made_up(programs: ProgramQuerySet) -> tuple[bool, bool]:
    """Whether any of these programs is made up, and whether all are (then search engines should stay away)."""
    kinds = set(programs.order_by().values_list("is_sample", flat=True).distinct())
    return True in kinds, kinds == {True}
