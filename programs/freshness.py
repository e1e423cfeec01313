"""How old a fact may be: what is fresh, due for a check, stale, or too old to show.

Every topic of a listing is confirmed on its own and decays on its own. Openings are the strictest:
after seven days they are hidden, as the NHS Directory of Services hides capacity that nobody renewed.
"""

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programs.choices import Status
from programs.models import Confirmation, Program
from programs.models.evidence import Topic

# Days after which a confirmation no longer counts as fresh (payers and phones: the federal 90 days).
FRESH_DAYS: Mapping[str, int] = {
    Topic.AVAILABILITY: 7,
    Topic.PHONE: 90,
    Topic.PAYERS: 90,
    Topic.SCHEDULE: 120,
    Topic.COST: 180,
    Topic.LICENSE: 365,
    Topic.DESCRIPTION: 365,
}
DUE_SHARE = 0.8  # of those days: from here on a check is due


class Band(models.TextChoices):
    """How old the newest confirmation of a topic is, against the days it may have."""

    FRESH = "fresh", _("Fresh")
    DUE = "due", _("Due for a check")
    STALE = "stale", _("Out of date")
    EXPIRED = "expired", _("Too old")  # more than twice its days; openings: any day past them
    NEVER = "never", _("Never checked")


def band(topic: str, confirmed_on: dt.date | None, *, today: dt.date | None = None) -> Band:
    """The band of one topic. A date in the future counts as today."""
    if confirmed_on is None:
        return Band.NEVER
    days = ((today or timezone.localdate()) - confirmed_on).days
    limit = FRESH_DAYS[topic]
    if days <= limit * DUE_SHARE:
        return Band.FRESH
    if days <= limit:
        return Band.DUE
    return Band.STALE if days <= 2 * limit and topic != Topic.AVAILABILITY else Band.EXPIRED


def newest(confirmations: Iterable[Confirmation]) -> dict[str, Confirmation]:
    """The newest confirmation of each topic that has one."""
    found: dict[str, Confirmation] = {}
    for confirmation in sorted(confirmations, key=lambda one: (one.confirmed_on, one.pk)):
        found[confirmation.topic] = confirmation
    return found


def shows_openings(program: Program, *, today: dt.date | None = None) -> bool:
    """Whether "accepting new patients", the next start and open seats may be shown: confirmed within 7 days.

    A closed program has no openings, however freshly they were told.
    """
    if program.status == Status.CLOSED:
        return False
    confirmation = newest(program.confirmations.all()).get(Topic.AVAILABILITY)
    confirmed_on = confirmation.confirmed_on if confirmation else None
    return band(Topic.AVAILABILITY, confirmed_on, today=today) in (Band.FRESH, Band.DUE)


def next_start(program: Program, *, today: dt.date | None = None) -> dt.date | None:
    """The next start, if it may be shown and is still to come."""
    today, starts = today or timezone.localdate(), program.next_start_on
    return starts if starts and starts >= today and shows_openings(program, today=today) else None
