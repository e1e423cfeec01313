"""What search engines may find: real programs, states and cities that have some. No sample listings."""

import datetime as dt
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.db.models import Max
from django.urls import reverse

from programs import places
from programs.models import Program


class ProgramSitemap(Sitemap):
    limit = 10_000

    def items(self) -> Any:
        return Program.objects.published().real().order_by("pk").only("slug", "updated_at")

    def lastmod(self, item: Program) -> dt.datetime:
        return item.updated_at


class PlaceSitemap(Sitemap):
    """State and city pages, each as new as its newest program."""

    def items(self) -> list[tuple[str, dt.datetime]]:
        programs = Program.objects.published().real().at_an_address()
        rows = programs.values("state", "city").annotate(newest=Max("updated_at"))
        newest: dict[str, dt.datetime] = {}
        for row in rows:
            addresses = [reverse("state", args=[row["state"].lower()])]
            if places.slug(row["city"]):
                addresses.append(places.city_url(row["state"], row["city"]))
            for address in addresses:
                newest[address] = max(row["newest"], newest.get(address, row["newest"]))
        return sorted(newest.items())

    def location(self, item: tuple[str, dt.datetime]) -> str:
        return item[0]

    def lastmod(self, item: tuple[str, dt.datetime]) -> dt.datetime:
        return item[1]


sitemaps = {"programs": ProgramSitemap, "places": PlaceSitemap}
