"""The directory's tables in Django's admin, for curators. What an act means is in `curation` and `reporting`."""

from programs.admin import casework, listing, sources
from programs.admin.curated import ReadOnly, TrackedAdmin

__all__ = ["ReadOnly", "TrackedAdmin", "casework", "listing", "sources"]
