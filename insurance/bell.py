"""Doorbells: a message that carries one id and says "look at this row". Losing one costs seconds, never a request.

Publishing never holds up the person who pressed the button: a broker that is away is given up after two seconds,
and left alone for a while after that. The sweeper rings again whatever was not heard.
"""

import logging
import threading
import time

from celery import current_app
from kombu.exceptions import OperationalError

VERIFY = "insurance.verify"
DRAIN = "insurance.drain"
REST_SECONDS = 10.0  # how long a broker that failed is left alone by this process

log = logging.getLogger(__name__)
_lock = threading.Lock()
_resting_until = 0.0


def ring(pk: int) -> bool:
    """Tell a worker to look at one verification. False if the broker could not be told."""
    return _publish(VERIFY, [pk])


def ring_for_backlog() -> bool:
    """Tell a worker to take a batch of whatever is due."""
    return _publish(DRAIN, [])


def _publish(task: str, arguments: list[int]) -> bool:
    global _resting_until
    if time.monotonic() < _resting_until:
        return False
    try:
        current_app.send_task(task, arguments, ignore_result=True)
    except (OperationalError, OSError):
        with _lock:
            _resting_until = time.monotonic() + REST_SECONDS
        log.warning("The broker did not take a message; the sweeper will ring again.")
        return False
    return True
