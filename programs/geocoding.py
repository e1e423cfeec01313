"""Street addresses looked up at a geocoder, if the operator named one. Optional; never inside a request.

Only programs that stand at the centre of their ZIP code or city are asked about, one a second, and an
answer far from that centre is not believed.
"""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from geopy.extra.rate_limiter import RateLimiter
from geopy.geocoders import get_geocoder_for_service

from programs import geo
from programs.choices import COARSE, LocationQuality, Status
from programs.models import Program
from programs.search import record

SECONDS_BETWEEN: Final = 1.0  # what public geocoders ask of their users
PATIENCE: Final = 5  # seconds for one answer
FAR_MILES: Final = 25
BATCH: Final = 5  # even if each takes all its patience twice, below the task's time limit

Geocode = Callable[..., Any]


def is_on() -> bool:
    return bool(settings.GEOCODER)


def geocoder() -> Geocode:
    """The named geocoder behind geopy's rate limiter; it answers None when it fails."""
    options = {"user_agent": settings.GEOCODER_USER_AGENT} if settings.GEOCODER_USER_AGENT else {}
    service = get_geocoder_for_service(settings.GEOCODER)(timeout=PATIENCE, **options)
    return RateLimiter(
        service.geocode,
        min_delay_seconds=SECONDS_BETWEEN,
        max_retries=1,
        error_wait_seconds=2 * SECONDS_BETWEEN,
        swallow_exceptions=True,
    )


def locate_some(*, after: int = 0, geocode: Geocode | None = None) -> int | None:
    """Look up the next few programs after an id; returns the last id asked about, None when there are no more."""
    programs = Program.objects.filter(
        location_quality__in=COARSE, status=Status.PUBLISHED, is_sample=False, pk__gt=after
    ).exclude(street="")
    batch = list(programs.order_by("pk")[:BATCH])
    if not batch:
        return None
    ask = geocode or geocoder()
    for program in batch:
        found = ask(f"{program.street}, {program.city}, {program.state} {program.zip}, USA")
        if found:
            _move(program, found.latitude, found.longitude)
    return batch[-1].pk


@transaction.atomic
def _move(program: Program, latitude: float, longitude: float) -> None:
    """Put a program at its building, if that is near where we had it and nobody placed it meanwhile."""
    centre = geo.Point(program.latitude or 0.0, program.longitude or 0.0)  # a coarse quality has a point: a constraint
    if geo.distance(centre, geo.Point(latitude, longitude)) > FAR_MILES:
        return
    moved = Program.objects.filter(pk=program.pk, location_quality__in=COARSE).update(
        latitude=latitude, longitude=longitude, location_quality=LocationQuality.STREET
    )
    if moved:
        record.write([program.pk])
