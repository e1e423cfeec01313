"""The desk's queues: what waits for whom, longest wait first, and how much time is left on each clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import policy
from accounts.models import User
from insurance import hours
from insurance.models import StatusEvent, Verification
from insurance.states import OPEN_STATES, State

SHOWN = 100
DESK_ROLES = policy.DESK
SOON = timedelta(minutes=20)
TOO_LONG = timedelta(minutes=30)

WAITING_STATES = (State.QUEUED, State.SENDING, State.RETRY_WAIT, State.AWAITING_PAYER)
NOT_CLOSED = Q(casework__closed_at=None)
UNFINISHED = NOT_CLOSED & Q(state__in=OPEN_STATES)
# The caller's time is not ours.
LATE = NOT_CLOSED & Q(state__in=set(OPEN_STATES) - {State.NEEDS_INFO}, sla_due_at__lt=Now())
# A colleague who has left the desk looks after nobody.
UNOWNED = ~Q(casework__owner__is_active=True, casework__owner__role__in=DESK_ROLES)
PERSON_STATES = (
    *(State.MANUAL_REQUIRED, State.MANUAL_IN_PROGRESS, State.NEEDS_REVIEW, State.NEEDS_INFO),
    *(State.CONFIG_ERROR, State.DEAD_LETTER),
)


@dataclass(frozen=True)
class Queue:
    """One tab of the desk: its address, its words, its key after G."""

    slug: str
    label: Promise | str
    icon: str
    key: str
    empty: Promise | str
    count: int = 0


QUEUES = (
    Queue("new", _("New"), "inbox", "n", _("All caught up. Nobody is waiting.")),
    Queue("mine", _("Mine"), "user", "m", _("You have no open requests.")),
    Queue("call-back", _("Call back today"), "phone-outgoing", "b", _("No call-backs are left for today.")),
    Queue("waiting", _("Waiting on payer"), "hourglass", "w", _("No payer owes us an answer.")),
    Queue("person", _("Needs a person"), "user-plus", "p", _("Nothing needs a person right now.")),
    Queue("done", _("Done"), "circle-check", "d", _("Nothing was finished in the last seven days.")),
)
# What a figure of the board leads to; not in the rail.
LISTS = (
    Queue("open", _("Unfinished"), "inbox", "", _("Nothing is unfinished.")),
    Queue("late", _("Over their time"), "clock", "", _("No clock is broken.")),
    Queue("set-up", _("Set-up errors"), "settings", "", _("There are no set-up errors.")),
    Queue("dead", _("Dead letters"), "triangle-alert", "", _("There are no dead letters.")),
)
BY_SLUG = {queue.slug: queue for queue in (*QUEUES, *LISTS)}


def condition(slug: str, user: User) -> Q:
    """What belongs into a queue, as seen by `user`."""
    still_open = NOT_CLOSED & ~Q(state__in=[State.CANCELLED, State.EXPIRED, State.DRAFT])
    conditions = {
        "new": still_open & UNOWNED,
        "mine": still_open & Q(casework__owner=user),
        "call-back": still_open & Q(call_after__lt=end_of_today()),
        "waiting": still_open & Q(state__in=WAITING_STATES),
        "person": still_open & Q(state__in=PERSON_STATES),
        "open": UNFINISHED,
        "late": LATE,
        "set-up": NOT_CLOSED & Q(state=State.CONFIG_ERROR),
        "dead": NOT_CLOSED & Q(state=State.DEAD_LETTER),
        "done": (Q(casework__closed_at__gte=Now() - timedelta(days=7)))
        | Q(state=State.CANCELLED, casework__closed_at=None, created_at__gte=Now() - timedelta(days=7)),
    }
    return conditions[slug]


def rows(slug: str, user: User) -> QuerySet[Verification]:
    """The queue itself: most urgent first, then whoever has waited longest; the newest first among what is done."""
    asked = StatusEvent.objects.filter(verification=OuterRef("pk"), to_state=State.NEEDS_INFO).order_by("-version")
    found = (
        Verification.objects.filter(condition(slug, user))
        .select_related("payer", "program", "casework__owner", "casework__holder")
        .prefetch_related("notes")
        .annotate(asked_caller_at=Subquery(asked.values("at")[:1]))
    )
    if slug == "done":
        return found.order_by(F("casework__closed_at").desc(nulls_last=True), "-pk")[:SHOWN]
    if slug == "call-back":
        return found.order_by("call_after", "pk")[:SHOWN]
    return found.order_by("priority", "created_at", "pk")[:SHOWN]


def with_counts(user: User) -> list[Queue]:
    """All queues with how many requests are in each, in one query."""
    counted = Verification.objects.aggregate(
        **{queue.slug.replace("-", "_"): Count("pk", filter=condition(queue.slug, user)) for queue in QUEUES}
    )
    return [
        Queue(queue.slug, queue.label, queue.icon, queue.key, queue.empty, counted[queue.slug.replace("-", "_")])
        for queue in QUEUES
    ]


def beyond(slug: str, user: User) -> int:
    """How many of a queue the list does not show."""
    return max(0, Verification.objects.filter(condition(slug, user)).count() - SHOWN)


def end_of_today() -> datetime:
    """Midnight at the helpline."""
    zone = ZoneInfo(settings.TIME_ZONE)
    tomorrow = timezone.now().astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, datetime.min.time(), zone)


@dataclass(frozen=True)
class Clock:
    """How long somebody has waited in open hours, and how that looks: "", "soon" or "late"."""

    waited: timedelta
    urgency: str
    due_in: timedelta | None

    @property
    def minutes(self) -> int:
        return int(self.waited.total_seconds() // 60)

    @property
    def minutes_left(self) -> int | None:
        return None if self.due_in is None else int(self.due_in.total_seconds() // 60)


def clock(verification: Verification, now: datetime | None = None) -> Clock:
    """The clock of one request. It stands still while the helpline is closed, and while the caller is asked."""
    now = verification.waits_for_caller_since or now or timezone.now()
    open_hours = hours.helpline()
    waited = open_hours.between(verification.created_at, now)
    due = verification.sla_due_at
    left = None if due is None else open_hours.between(now, due) if due > now else -open_hours.between(due, now)
    late = waited >= TOO_LONG if left is None else left <= timedelta()
    soon = waited >= SOON if left is None else left <= TOO_LONG - SOON
    return Clock(waited, "late" if late else "soon" if soon else "", left)
