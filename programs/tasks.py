"""Doorbells of the directory: each calls one function."""

from celery import shared_task

from programs import geocoding


@shared_task(name="programs.geocode", ignore_result=True)
def geocode(after: int = 0) -> None:
    """Look up a few addresses, then ring for the next few."""
    last = geocoding.locate_some(after=after)
    if last is not None:
        geocode.delay(last)
