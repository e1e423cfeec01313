"""Every call this payer was sent, so that a test can say "exactly one"."""

import threading
import time
from collections import Counter, defaultdict, deque
from datetime import UTC, datetime
from typing import Any

from payersim.inquiry import normalise

FLOOR_SECONDS = 90  # CAQH CORE: the same question may not be sent again sooner
KEPT = 200_000


class Ledger:
    """Calls in order, how often each member was asked about, and which traces were used lately. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._calls: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._turns: Counter[tuple[str, ...]] = Counter()
        self._traces: dict[tuple[str, str], float] = {}
        self._sequence = 0

    def clear(self) -> None:
        with self._lock:
            self._clear()

    def next_turn(self, who: tuple[str, ...]) -> int:
        """How many calls there have been for this patient, this one included."""
        with self._lock:
            self._turns[who] += 1
            return self._turns[who]

    def violation(self, trace: tuple[str, str]) -> str | None:
        """What rule a call with this trace breaks, if any; the trace of one that is taken is remembered.

        A question without a trace (the guide allows it) repeats nothing.
        """
        if not trace[0]:
            return None
        now = time.monotonic()
        with self._lock:
            earlier = self._traces.get(trace)
            if earlier is not None and now - earlier < FLOOR_SECONDS:
                return f"CORE: trace repeated after {now - earlier:.1f} s, floor is {FLOOR_SECONDS} s"
            self._traces[trace] = now
            if len(self._traces) > KEPT:
                self._traces = {key: at for key, at in self._traces.items() if now - at < FLOOR_SECONDS}
        return None

    def record(self, *, status: int | None, violation: str | None = None, **call: str) -> None:
        with self._lock:
            self._sequence += 1
            at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            entry = {"seq": self._sequence, "at": at, **call, "http_status": status, "violation": violation}
            self._calls.append(entry)

    def shown(self, *, member: str = "", bht03: str = "") -> dict[str, Any]:
        """Calls as they were sent; `member` finds an ID however it was spelt."""
        wanted = normalise(member)
        with self._lock:
            calls = list(self._calls)
        calls = [
            call
            for call in calls
            if (not member or normalise(call["member_id"]) == wanted) and (not bht03 or call["bht03"] == bht03)
        ]
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for call in calls:
            if call["member_id"]:
                counts[call["member_id"]][call["bht03"]] += 1
        return {"calls": calls, "counts": counts}
