"""manage.py geocode: look up street addresses at the geocoder the operator named."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from programs import geocoding


class Command(BaseCommand):
    help = "Look up the addresses of programs that stand at the centre of their ZIP code, one a second."

    def handle(self, *args: Any, **options: Any) -> None:
        if not geocoding.is_on():
            raise CommandError("GEOCODER names no geocoder; nothing was asked.")
        ask, last = geocoding.geocoder(), 0
        with tqdm(desc="Geocoding", unit=" programs", file=self.stderr) as bar:
            while (reached := geocoding.locate_some(after=last, geocode=ask)) is not None:
                last = reached
                bar.update(geocoding.BATCH)
        self.stdout.write("Done.")
