"""How hard to throw, with which seed, and how many requests it came to.

PROFILE  short (some thousand requests), ci (more than ten thousand) or long
FUZZ_SEED  the same seed throws the same input; short and ci always use 1, `make fuzz PROFILE=long` draws a new one
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

PROFILE = os.environ.get("PROFILE", "short")
SEED = int(os.environ.get("FUZZ_SEED") or 1)


@dataclass(frozen=True)
class Effort:
    """Rounds of every address for every role, and cases of every path of the API in each mode."""

    rounds: int
    cases: int


EFFORT = {"short": Effort(3, 25), "ci": Effort(10, 150), "long": Effort(40, 2000)}[PROFILE]


@pytest.fixture
def count_requests(record_property: Callable[[str, object], None]) -> Callable[[int, int], None]:
    """Tell the summary how many requests a test made, and how many were answered with 500 or more."""

    def count(made: int, crashed: int) -> None:
        record_property("requests", made)
        record_property("crashes", crashed)

    return count


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for found in terminalreporter.stats.values() for report in found]
    properties = [
        pair for report in reports if getattr(report, "when", "") == "call" for pair in report.user_properties
    ]
    made, crashed = (sum(value for key, value in properties if key == name) for name in ("requests", "crashes"))
    if made:
        terminalreporter.write_line(f"fuzz: {made:,} requests, {crashed} × 5xx (PROFILE={PROFILE} FUZZ_SEED={SEED})")
