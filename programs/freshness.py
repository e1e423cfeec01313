"""How old a fact may be: what is fresh, due for a check, stale, or too old to show.

Every topic of a listing is confirmed on its own and decays on its own. Openings are the strictest:
after seven days they are hidden, as the NHS Directory of Services hides capacity that nobody renewed.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programs.choices import Status
from programs.models import Confirmation, Program, SourceRecord
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
LISTED = (Topic.SCHEDULE, Topic.COST, Topic.PAYERS)  # what lists show of a program, but for its openings
DUE_SHARE = 0.8  # of those days: from here on a check is due


class Band(models.TextChoices):
    """How old the newest confirmation of a topic is, against the days it may have."""

    FRESH = "fresh", _("Fresh")
    DUE = "due", _("Due for a check")
    STALE = "stale", _("Out of date")
    EXPIRED = "expired", _("Too old")  # more than twice its days; openings: any day past them
    NEVER = "never", _("Never checked")


PAST = (Band.STALE, Band.EXPIRED)


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


def is_past(topic: str, confirmed_on: dt.date, *, today: dt.date | None = None) -> bool:
    """Whether that check is older than its topic may be."""
    return band(topic, confirmed_on, today=today) in PAST


def shown(*, meets: bool, priced: bool, pays: bool) -> list[str]:
    """Of which topics a list has something to show."""
    return [topic for topic, is_shown in zip(LISTED, (meets, priced, pays), strict=True) if is_shown]


class Seen(NamedTuple):
    """What one line says of when a whole listing was checked."""

    topics: list[str]  # of what, if not times, price and insurance all were
    on: dt.date
    method: str
    is_old: bool


def seen(
    told: Mapping[str, tuple[dt.date, str]], shown: Collection[str], *, today: dt.date | None = None
) -> Seen | None:
    """No check speaks for more than it checked: of times, price and insurance all told and checked, the oldest counts.

    Else the newest does, with its topics named; the oldest that is out of date, if one is. Other topics count where none
    of these was told and checked, then whatever was checked. None if nothing was.
    """
    of_shown = {topic: told[topic] for topic in shown if topic in told}
    found = of_shown or {topic: one for topic, one in told.items() if topic not in LISTED} or told
    if not found:
        return None
    is_all = len(of_shown) == len(LISTED)
    past = [one for topic, one in found.items() if is_past(topic, one[0], today=today)]
    chosen = min(found.values()) if is_all else min(past) if past else max(found.values())
    topics = [str(topic) for topic in Topic if found.get(topic) == chosen]
    return Seen([] if is_all else topics, *chosen, is_old=bool(past))


def newest_source(sources: Iterable[SourceRecord]) -> SourceRecord | None:
    """The newest directory that listed a program, as its card has it (`search.cards`): of two, one that still does."""
    return max(sources, key=lambda one: (one.survey_year, one.gone_since_year is None, one.source), default=None)


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
