"""Notices a worker that runs but takes nothing more, and ends it so that whoever watches it starts it again.

Celery on Redis is known for this after the broker was away (celery #8030, #8091, #10205): the process stays, answers
pings and consumes nothing. The sign is plain: messages wait, and this worker takes none of them.
"""

import logging
import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import redis
from billiard.process import active_children
from celery import bootsteps
from celery.worker import state
from django.conf import settings

log = logging.getLogger(__name__)


@dataclass
class Ear:
    """What one worker heard, look by look. `patience` and `longest_task` in seconds."""

    patience: float
    longest_task: float
    progress: tuple[int, int] = (-1, -1)
    since: float = 0.0

    def is_deaf(self, *, waiting: int | None, taken: int, in_hand: int, now: float) -> bool:
        """`waiting` messages (None: the broker is away) that it lets lie, for longer than its tasks may take."""
        if not waiting or (taken, in_hand) != self.progress:
            self.progress, self.since = (taken, in_hand), now
            return False
        return now - self.since > self.patience + (self.longest_task if in_hand else 0)


class Watchdog(bootsteps.StartStopStep):
    """A thread beside the worker's own loop, with a connection of its own."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.stopped = threading.Event()

    def start(self, parent: Any) -> None:
        threading.Thread(target=self._watch, args=(parent.app.conf.task_default_queue,), daemon=True).start()

    def stop(self, parent: Any) -> None:
        """A worker that finishes its work before it leaves takes nothing more, and rightly."""
        self.stopped.set()

    terminate = stop

    def _watch(self, queue: str) -> None:
        ear = Ear(patience=settings.DEAF_SECONDS, longest_task=settings.CELERY_TASK_TIME_LIMIT)
        broker = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2)
        while not self.stopped.wait(settings.DEAF_SECONDS / 6):
            waiting = _waiting(broker, queue)
            now, taken, in_hand = time.monotonic(), state.all_total_count[0], len(state.reserved_requests)
            if ear.is_deaf(waiting=waiting, taken=taken, in_hand=in_hand, now=now) and not self.stopped.is_set():
                _leave(waiting)


def _waiting(broker: redis.Redis, queue: str) -> int | None:
    try:
        return int(broker.llen(queue))
    except (redis.RedisError, OSError):
        return None


def _leave(waiting: int | None) -> None:
    """At once: its own loop may be what hangs. What it held is claimed again when the lease ends."""
    log.error("This worker lets messages lie; it ends, to be started again.", extra={"waiting": waiting})
    for child in active_children():
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
    os._exit(os.EX_SOFTWARE)
