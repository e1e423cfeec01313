"""Every address of the site. Public pages are also served in Spanish under /es/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.sitemaps.views import index as sitemap_index
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path

from accounts.views import audit_trail, welcome
from guides.sitemaps import GuideSitemap
from guides.views import robots
from insurance.urls import pages as caller_pages
from insurance.views.cost import cost_page
from iopfinder import health
from programs.sitemaps import sitemaps as program_sitemaps
from programs.urls import pages as program_pages

SITEMAPS = {"pages": GuideSitemap, **program_sitemaps}
SITEMAP_VIEW = "django.contrib.sitemaps.views.sitemap"  # the name by which Django's index finds its parts

urlpatterns = [
    *i18n_patterns(path("", include(program_pages)), prefix_default_language=False),  # first: most are asked for most
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("robots.txt", robots, name="robots"),
    path("admin/", admin.site.urls),
    path("accounts/welcome/", welcome, name="account_welcome"),
    path("accounts/", include("allauth.urls")),
    path("desk/audit/", audit_trail, name="audit_trail"),
    path("desk/people/", include("accounts.urls")),
    path("desk/", include("insurance.urls")),
    path("sitemap.xml", login_not_required(sitemap_index), {"sitemaps": SITEMAPS}, name="sitemap_index"),
    path("sitemap-<section>.xml", login_not_required(sitemap), {"sitemaps": SITEMAPS}, name=SITEMAP_VIEW),
    path("", include("programs.urls")),
]

urlpatterns += i18n_patterns(
    path("", include("guides.urls")),
    path("", include(caller_pages)),
    path("cost/", cost_page, name="cost"),
    prefix_default_language=False,
)
