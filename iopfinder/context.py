"""What every page may show about the site itself."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """The operator's own facts (name, helpline, owner, funding); unset means not shown."""
    return {"operator": settings.OPERATOR}
