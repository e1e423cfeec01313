"""Kill what can be killed and count what was lost. `make faults PROFILE=ci` (minutes) or `make faults` (long).

Every confirmed request must end with an answer or with a person; no answer may count twice.
"""

import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.stage import Stage, stage
from tests.plant import wait_for

pytestmark = pytest.mark.faults

# Shorter than in earnest, so that six tries fit into minutes.
ENVIRONMENT = {
    "INQUIRY_FLOOR_SECONDS": "1",
    "LEASE_SECONDS": "12",
    "PAYER_TOTAL_SECONDS": "3",
    "PAYER_CONNECT_SECONDS": "1",
    "BREAKER_REST_SECONDS": "1",
    "BROKER_PATIENCE_SECONDS": "3",
    "SWEEP_SECONDS": "0.5",
    "BACKGROUND_SECONDS": "120",
    "LOG_LEVEL": "ERROR",
}


@dataclass(frozen=True)
class Profile:
    requests: int
    kills: int
    redis_kills: int
    crashes: int
    every: float  # seconds between kills
    drain: float  # most seconds from the last fault to the last answer


PROFILES = {
    "ci": Profile(requests=1_000, kills=20, redis_kills=2, crashes=1, every=3.0, drain=120),
    "long": Profile(requests=10_000, kills=200, redis_kills=10, crashes=5, every=3.0, drain=120),
}
SUBMITTERS = 2


@pytest.fixture
def profile() -> Profile:
    return PROFILES.get(os.environ.get("PROFILE", "long"), PROFILES["long"])


@pytest.mark.timeout(3000)
def test_nothing_is_lost_and_nothing_counts_twice(profile: Profile, tmp_path: Path) -> None:
    say(f"shortened for this run: {ENVIRONMENT}")
    with stage(tmp_path, ENVIRONMENT) as scene:
        done, began = Counter(), time.monotonic()
        _play(scene, profile, done)
        drain = _drained(scene, profile)
        _account(scene, profile, done, drain=drain, took=time.monotonic() - began)


def _play(scene: Stage, profile: Profile, done: Counter) -> None:
    """Submit at an even pace while things die."""
    rng = random.Random(20261123)
    share = profile.requests // SUBMITTERS
    rate = share / (profile.kills * profile.every)
    submitters = {number: scene.submitter(number, count=share, rate=rate) for number in range(SUBMITTERS)}
    special = _moments(profile, rng)
    for kill in range(profile.kills):
        time.sleep(profile.every)
        done[scene.kill_worker(rng)] += 1
        for fault in special.get(kill, ()):
            _break(scene, fault, rng)
            done[fault] += 1
            if fault == "submitter":
                submitters[0] = scene.resubmit(0, count=share, rate=rate)
    # What the killing has delayed is sent as fast as it goes.
    wait_for(lambda: all(process.poll() is not None for process in submitters.values()), seconds=600, every=0.5)


def _drained(scene: Stage, profile: Profile) -> float:
    try:
        return scene.drained(profile.drain)
    except AssertionError:
        say(f"not finished: {scene.unfinished()}")
        raise


def _moments(profile: Profile, rng: random.Random) -> dict[int, list[str]]:
    """At which kill something else dies as well."""
    faults = ["redis"] * profile.redis_kills + ["postgres"] * profile.crashes + ["submitter", "sweeper"]
    moments: dict[int, list[str]] = {}
    for fault in faults:
        moments.setdefault(rng.randrange(profile.kills), []).append(fault)
    return moments


def _break(scene: Stage, fault: str, rng: random.Random) -> None:
    match fault:
        case "redis":
            scene.kill_redis()
        case "postgres":
            scene.crash_postgres()
        case "sweeper":
            scene.kill_sweeper(rng)


def _account(scene: Stage, profile: Profile, done: Counter, *, drain: float, took: float) -> None:
    confirmed = scene.confirmed()
    keys = {str(key) for (key,) in scene.rows("SELECT submission_key FROM insurance_verification")}
    lost = [key for key in confirmed if key not in keys]
    states = dict(scene.rows("SELECT state, count(*) FROM insurance_verification GROUP BY state"))
    results = scene.rows(
        "SELECT verification_id FROM insurance_benefitsnapshot WHERE superseded_at IS NULL "
        "GROUP BY verification_id HAVING count(*) > 1"
    )
    finished_twice = scene.rows(
        "SELECT verification_id FROM insurance_statusevent WHERE to_state = 'completed' "
        "GROUP BY verification_id HAVING count(*) > 1"
    )
    calls = scene.plant.calls()
    reused = [bht03 for bht03, heard in Counter(str(call["bht03"]) for call in calls).items() if heard > 1]
    steady = Counter(str(call["member_id"]) for call in calls if "PPO001" in str(call["member_id"]))
    repeats = sum(heard - 1 for heard in steady.values())
    say(f"confirmed {len(confirmed)}, in the database {len(keys)}, lost {len(lost)}")
    say(f"killed: {dict(done)}")
    say(f"ended as: {states}")
    say(f"double results {len(results) + len(finished_twice)}, message numbers used twice {len(reused)}")
    say(f"payer asked {len(calls)} times; of members that always answer, {repeats} were asked again")
    say(f"drained {drain:.1f} s after the last fault; whole run {took:.0f} s")
    assert len(confirmed) == profile.requests // SUBMITTERS * SUBMITTERS
    assert lost == []
    assert (results, finished_twice, reused) == ([], [], [])
    assert set(states) <= {"completed", "needs_review", "manual_required", "needs_info", "dead_letter", "config_error"}
    assert states.get("dead_letter", 0) + states.get("config_error", 0) == 0


def say(text: str) -> None:
    print(f"  {text}", flush=True)  # noqa: T201  (the ledger is what this run is for)
