"""The site's settings and, for the benchmarks, the peers: their tables, and a site where they stand beside ours."""

import os

from iopfinder.settings import *  # noqa: F403
from iopfinder.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.benchmarks.peers"]
ROOT_URLCONF = "tests.benchmarks.site"
HAS_POSTGIS = os.environ.get("BENCH_POSTGIS") == "1"
if HAS_POSTGIS:  # the peers need it; ours run on the same connection and never import it
    DATABASES["default"]["ENGINE"] = "django.contrib.gis.db.backends.postgis"
