"""CPU milliseconds of an act: this process and its PostgreSQL backend together."""

import os
import statistics
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db import connection


def backend_cpu() -> float:
    """Seconds our PostgreSQL backend has computed, to the nanosecond."""
    return int(os.pread(_schedstat(connection.connection.info.backend_pid), 64, 0).split()[0]) / 1e9


@lru_cache(maxsize=1)
def _schedstat(pid: int) -> int:
    """Kept open: opening it anew would cost a tenth of what is measured."""
    return os.open(f"/proc/{pid}/schedstat", os.O_RDONLY)


def cpu(act: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds of both sides, and what came out."""
    before = time.process_time() + backend_cpu()
    found = act()
    return (time.process_time() + backend_cpu() - before) * 1e3, found


def median(act: Callable[[], Any], *, times: int) -> tuple[float, Any]:
    """The median of several acts, the first of which is not counted, and what came out last."""
    found = act()
    took = []
    for _ in range(times):
        one, found = cpu(act)
        took.append(one)
    return statistics.median(took), found
