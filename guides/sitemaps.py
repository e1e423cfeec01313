"""Pages of this app that search engines may list, in both languages."""

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from guides.library import GUIDES


class GuideSitemap(Sitemap):
    """Home, guides, the self-check and the pages about the site."""

    i18n = True
    alternates = True
    changefreq = "monthly"

    def items(self) -> list[tuple[str, ...]]:
        pages = [("home",), ("guides",), ("check",), ("how-we-rank",), ("privacy",), ("data",)]
        return [*pages, *(("guide", slug) for slug in GUIDES)]

    def location(self, item: tuple[str, ...]) -> str:
        name, *arguments = item
        return reverse(name, args=arguments)
