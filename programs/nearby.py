"""The programs nearest to one: care before and after it, and where to go when it has closed."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Q

from programs import geo, wording
from programs.choices import COARSE, CareLevel
from programs.models import Program

NEARBY_MILES = 25

STEP_UP = (CareLevel.PHP, CareLevel.RESIDENTIAL_SHORT, CareLevel.RESIDENTIAL_LONG, CareLevel.RESIDENTIAL)
STEP_DOWN = (CareLevel.OUTPATIENT,)


class Neighbour(NamedTuple):
    program: Program
    miles: float
    is_rough: bool  # one of the two stands at the middle of its ZIP code or city

    @property
    def away(self) -> str:
        return wording.roughly(self.miles) if self.is_rough else wording.miles(self.miles)


def neighbours(program: Program, *, levels: Sequence[str] = (), limit: int = 3) -> list[Neighbour]:
    """The nearest published programs within 25 miles, with one of `levels` at their place if any are given.

    Of a program by video there is none: the people it treats are far from its office.
    """
    if program.latitude is None or program.longitude is None or program.is_virtual_only:
        return []
    here = geo.Point(program.latitude, program.longitude)
    box = geo.box_around(here, NEARBY_MILES)
    inside = Q()
    for west, east in box.spans:
        inside |= Q(longitude__range=(west, east))
    near = Program.objects.published().filter(inside, latitude__range=(box.south, box.north)).exclude(pk=program.pk)
    near = near.filter(is_sample=program.is_sample).at_an_address()
    if levels:
        near = near.filter(other_levels__overlap=list(levels))
    found = [
        Neighbour(
            other,
            geo.distance(here, geo.Point(other.latitude, other.longitude)),
            program.location_quality in COARSE or other.location_quality in COARSE,
        )
        for other in near.only("slug", "name", "city", "state", "latitude", "longitude", "location_quality")
        if other.latitude is not None and other.longitude is not None
    ]
    inside_circle = [one for one in found if one.miles <= NEARBY_MILES]
    return sorted(inside_circle, key=lambda one: (one.miles, one.program.pk))[:limit]
