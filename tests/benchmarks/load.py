"""Many visitors at once on a running site: `make run` in one terminal, `make load` in another.

Each visitor searches as families do, one request after another, for LOAD_SECONDS. Printed: requests a second, the
middle and the slowest twentieth, and every answer that was not 200. Loopback only: it is no tool against others.
"""

import os
import statistics
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

SITE = os.environ.get("SITE_URL", "http://127.0.0.1:8000")
VISITORS = int(os.environ.get("VISITORS", "16"))
SECONDS = float(os.environ.get("LOAD_SECONDS", "20"))
PATHS = (
    "/programs/?near=53202",
    "/programs/?near=Chicago, IL&radius=25&when=evening",
    "/programs/?near=90012&payer=medicaid",
    "/programs/?near=WI&condition=depression",
    "/api/v1/programs?near=10001&radius=10",
    "/",
)


@dataclass
class Tally:
    """What all visitors saw."""

    times: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)


def visit(tally: Tally, first: int, until: float) -> None:
    with httpx.Client(base_url=SITE, timeout=30) as browser:
        turn = first
        while time.monotonic() < until:
            began = time.perf_counter()
            try:
                answer = str(browser.get(PATHS[turn % len(PATHS)]).status_code)
            except httpx.HTTPError as error:
                answer = type(error).__name__
            tally.times.append(time.perf_counter() - began)
            tally.answers[answer] += 1
            turn += 1


def main() -> int:
    if urlsplit(SITE).hostname not in {"127.0.0.1", "localhost"}:
        sys.stderr.write("Only a site on this machine may be loaded.\n")
        return 2
    tally, until = Tally(), time.monotonic() + SECONDS
    visitors = [threading.Thread(target=visit, args=(tally, number, until)) for number in range(VISITORS)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    slow = statistics.quantiles(tally.times, n=20)[-1]
    sys.stdout.write(
        f"{VISITORS} visitors, {SECONDS:.0f} s: {len(tally.times) / SECONDS:.0f} requests a second, "
        f"median {statistics.median(tally.times) * 1000:.0f} ms, p95 {slow * 1000:.0f} ms, answers {dict(tally.answers)}\n"
    )
    return 0 if set(tally.answers) <= {"200", "300"} else 1


if __name__ == "__main__":
    sys.exit(main())
