"""The night watch: whatever was not heard is rung again, whatever was lost is freed, whatever takes too long goes to
a person. It runs in a process of its own; several may run at once. With broker or workers away it does the work itself.
"""

import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event

import redis
from django.conf import settings
from django.db import connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Func, Q, QuerySet
from django.db.models.functions import Least, Now, Power

from accounts import audit
from insurance import bell, desk, feedback, renewal, retention, verification
from insurance.claiming import BY_TASK
from insurance.models import Verification, VerificationAttempt
from insurance.states import DUE_STATES, Reason, State, move

QUEUE = "celery"
DEEPEST = 300  # messages that wait; more would only delay the ones that are there
AT_ONCE = 500
BACKLOG = 100  # that many unheard rows are better taken in batches
DRAINERS = 4  # messages for a backlog; each takes batches until it is gone
FIRST_RING_SECONDS, LONGEST_RING_SECONDS = 5, 120
DEGRADED_SPELL = 10.0
RENEW_EVERY = 60.0

log = logging.getLogger(__name__)


@dataclass
class Broker:
    """What the sweeper sees of Redis: how deep the queue is, and whether it is still the same server."""

    url: str
    run_id: str = ""
    lost_at: float | None = None
    client: "redis.Redis | None" = field(default=None, repr=False)

    def look(self) -> int | None:
        """The number of waiting messages; None while the broker is away."""
        try:
            if self.client is None:
                self.client = redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=2)
            depth = int(self.client.llen(QUEUE))
            self._notice(str(self.client.info("server")["run_id"]))
        except (redis.RedisError, OSError):
            self.lost_at = self.lost_at or time.monotonic()
            return None
        self.lost_at = None
        return depth

    def _notice(self, run_id: str) -> None:
        """Another server means that every message is gone: all due rows count as unheard."""
        if self.run_id and self.run_id != run_id:
            log.warning("The broker was restarted; every waiting request is rung again.")
            with transaction.atomic():  # two sweepers notice at once; rows that somebody holds are being worked on
                rung = Verification.objects.filter(state__in=DUE_STATES, ring_count__gt=0)
                free = rung.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)
                Verification.objects.filter(pk__in=list(free)).update(rung_at=None, ring_count=0)
        self.run_id = run_id

    @property
    def is_gone(self) -> bool:
        return self.lost_at is not None and time.monotonic() - self.lost_at > settings.BROKER_PATIENCE_SECONDS


class Sweeper:
    def __init__(self, broker: Broker | None = None) -> None:
        self.broker = broker or Broker(settings.REDIS_URL)
        self.renewed_at = 0.0
        self.is_alone = False

    def sweep(self) -> None:
        """One round. Nothing in it waits for a payer unless broker or workers are gone."""
        free_lost_leases()
        escalate()
        depth = self.broker.look()
        if depth is not None:
            ring_unheard(room=DEEPEST - depth)
        if self.broker.is_gone or self.nobody_works():
            work_alone(DEGRADED_SPELL)
        if time.monotonic() - self.renewed_at > RENEW_EVERY:
            self.renewed_at = time.monotonic()
            renewal.renew_stale()
            feedback.expire()
            while audit.seal():  # all that is new, in batches
                pass
            desk.stop_finished()
            retention.purge(limit=50)

    def nobody_works(self) -> bool:
        """Something has long been due, and no worker has asked a payer since: they are gone, stopped or deaf.

        From then on nothing has to wait that long again, until one of them is seen at work.
        """
        due = Verification.objects.due().order_by()
        if not due.exists():
            return False
        if a_worker_asks():
            self.is_alone = False
        elif not self.is_alone:
            since = Now() - timedelta(seconds=settings.BROKER_PATIENCE_SECONDS)
            self.is_alone = due.filter(next_attempt_at__lt=since).exists()
        return self.is_alone


def free_lost_leases() -> int:
    """A worker that was killed comes back for nothing: its question counts as asked, and the floor holds."""
    freed = 0
    lost = Verification.objects.filter(state=State.SENDING, lease_until__lt=Now()).order_by("lease_until", "pk")
    for pk in lost.values_list("pk", flat=True)[:AT_ONCE]:
        with transaction.atomic():
            row = lost.filter(pk=pk).order_by().select_for_update(of=("self",), skip_locked=True).first()
            if row is not None:
                verification.abandon(row)
                freed += 1
    return freed


def escalate() -> int:
    """Past the time that computers have: a person takes over. A hold that ran out goes back to the queue.

    Nobody takes over what the desk has finished.
    """
    unfinished = Verification.objects.filter(casework__closed_at=None)
    late = Q(state__in=[State.QUEUED, State.RETRY_WAIT], auto_deadline_at__lte=Now())
    held = Q(state=State.MANUAL_IN_PROGRESS, held_until__lte=Now())
    moved = 0
    for pk in unfinished.filter(late | held).values_list("pk", flat=True)[:AT_ONCE]:
        with transaction.atomic():
            rows = unfinished.filter(late | held, pk=pk)
            row = rows.select_for_update(of=("self",), skip_locked=True).first()
            if row is not None:
                is_held = row.state == State.MANUAL_IN_PROGRESS
                move(row, State.MANUAL_REQUIRED, reason=Reason.HOLD_EXPIRED if is_held else Reason.DEADLINE_PASSED)
                moved += 1
    return moved


def unheard() -> QuerySet[Verification]:
    """Due, and not rung for lately: 5 s after the first ring, then twice as long each time, up to two minutes."""
    pause = Least(FIRST_RING_SECONDS * Power(2.0, Least(F("ring_count"), 10) - 1), float(LONGEST_RING_SECONDS))
    again_at = ExpressionWrapper(
        F("rung_at") + Func(pause, function="make_interval", template="%(function)s(secs => %(expressions)s)"),
        output_field=DateTimeField(),
    )
    return Verification.objects.due().alias(again_at=again_at).filter(Q(rung_at=None) | Q(again_at__lte=Now()))


def ring_unheard(*, room: int) -> int:
    """Ring for what nobody heard, as far as the queue has room; a backlog is rung for in batches."""
    if room <= 0:
        return 0
    with transaction.atomic():
        rows = unheard().select_for_update(of=("self",), skip_locked=True)
        found = list(rows.values_list("pk", flat=True)[:AT_ONCE])
        is_backlog = len(found) >= BACKLOG
        if not is_backlog:
            found = found[:room]
        Verification.objects.filter(pk__in=found).update(rung_at=Now(), ring_count=F("ring_count") + 1)
    if is_backlog:
        return sum(bell.ring_for_backlog() for _ in range(DRAINERS))
    return sum(bell.ring(pk) for pk in found)


def a_worker_asks() -> bool:
    """Among the newest questions one was asked lately, because a message called for it."""
    lately = Q(claimed_at__gt=Now() - timedelta(seconds=settings.BROKER_PATIENCE_SECONDS))
    newest = VerificationAttempt.objects.order_by("-pk").annotate(is_late=~lately)
    return any(not late and by.startswith(BY_TASK) for by, late in newest.values_list("worker", "is_late")[:AT_ONCE])


def work_alone(seconds: float) -> int:
    """Take what is due ourselves, for a spell, then look again."""
    return verification.drain(seconds)


def watch(stop: Event, *, beat: Path | None = None) -> None:
    """Sweep until told to stop. A round that fails is logged, and the next one comes all the same.

    `beat`: a file touched after every round that went well, for whoever watches the watch.
    """
    sweeper = Sweeper()
    while not stop.is_set():
        try:
            sweeper.sweep()
            if beat:
                beat.touch()
        except Exception:
            log.exception("A sweep failed; the next one follows.")
            connection.close()  # a broken connection is replaced, not kept
        stop.wait(settings.SWEEP_SECONDS)
