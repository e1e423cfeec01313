"""CPU milliseconds of an act: this process and its PostgreSQL backend together."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection


def backend_cpu() -> float:
    """Seconds our PostgreSQL backend has computed, to the nanosecond."""
    return int(Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1e9


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
