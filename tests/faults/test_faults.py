"""Kill what can be killed and count what was lost. `make faults PROFILE=ci` (minutes) or `make faults` (long).

Every confirmed request must end with an answer or with a person; no answer may count twice.
"""

import os
import random
import statistics
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.stage import WORKERS, Stage, stage
from tests.plant import CONCURRENCY, wait_for

pytestmark = pytest.mark.faults


@dataclass(frozen=True)
class Profile:
    requests: int
    kills: int
    redis_kills: int
    silences: int  # times that Redis takes connections and says nothing
    crashes: int
    deaf: int  # workers made to take nothing more
    copies: int  # times that messages are delivered again
    every: float  # seconds between kills
    patience: int  # seconds that computers may try; what a payer never answers ends then with a person
    drain: float  # most seconds from the last fault to the last answer


COMMON = {"drain": 120.0, "every": 3.0}
PROFILES = {
    "ci": Profile(
        requests=1_000, kills=20, redis_kills=2, silences=1, crashes=1, deaf=1, copies=3, patience=45, **COMMON
    ),
    "long": Profile(
        requests=10_000, kills=200, redis_kills=10, silences=5, crashes=5, deaf=5, copies=20, patience=110, **COMMON
    ),
}
SUBMITTERS = 2
CALLING = 0.95  # the part of the run in which callers call; faults outlast them a little
# Payers that answer in the end, those that never make sense, and one that answers about somebody else.
ANSWERING = ("simppo001", "simslow1", "simdown1", "sim202-2")
USELESS = ("simhang", "simdrop", "simhtml", "simempty")
WRONG = "simwrongid"


def environment(profile: Profile) -> dict[str, str]:
    """Shorter than in earnest, so that six tries fit into minutes."""
    return {
        "INQUIRY_FLOOR_SECONDS": "1",
        "LEASE_SECONDS": "12",
        "PAYER_TOTAL_SECONDS": "3",
        "PAYER_CONNECT_SECONDS": "1",
        "BREAKER_REST_SECONDS": "1",
        "BROKER_PATIENCE_SECONDS": "3",
        "DEAF_SECONDS": "6",
        "SWEEP_SECONDS": "0.5",
        "BACKGROUND_SECONDS": str(profile.patience),
        "LOG_LEVEL": "ERROR",
    }


@pytest.fixture
def profile() -> Profile:
    return PROFILES.get(os.environ.get("PROFILE", "long"), PROFILES["long"])


@pytest.mark.timeout(3000)
def test_nothing_is_lost_and_nothing_counts_twice(profile: Profile, tmp_path: Path) -> None:
    shortened = environment(profile)
    say(f"shortened for this run: {shortened}")
    with stage(tmp_path, shortened) as scene:
        done, began = Counter(), time.monotonic()
        last_fault = _play(scene, profile, done)
        drain = _drained(scene, profile, done, last_fault)
        _account(scene, profile, done, drain=drain, took=time.monotonic() - began)


def _play(scene: Stage, profile: Profile, done: Counter) -> float:
    """Submit at an even pace while things die; gives the moment of the last fault."""
    rng = random.Random(20261123)
    share = profile.requests // SUBMITTERS
    rate = share / (profile.kills * profile.every * CALLING)
    submitters = {number: scene.submitter(number, count=share, rate=rate) for number in range(SUBMITTERS)}
    special = _moments(profile, rng)
    for kill in range(profile.kills):
        time.sleep(profile.every)
        done["deaf and restarted"] += scene.revive_workers()
        done[scene.kill_worker(rng)] += 1
        for fault in special.get(kill, ()):
            done[fault] += _break(scene, fault, rng)
            if fault == "submitter":
                submitters[0] = scene.resubmit(0, count=share, rate=rate)
    last_fault = time.monotonic()
    # What the killing has delayed is sent as fast as it goes.
    wait_for(lambda: all(process.poll() is not None for process in submitters.values()), seconds=600, every=0.5)
    say(f"the last request was confirmed {time.monotonic() - last_fault:.1f} s after the last fault")
    return last_fault


def _drained(scene: Stage, profile: Profile, done: Counter, last_fault: float) -> float:
    """Until machines have nothing left; until then somebody starts workers again that ended by themselves."""
    answered = None
    while left := scene.with_machines():
        done["deaf and restarted"] += scene.revive_workers()
        took = time.monotonic() - last_fault
        if answered is None and not any(payer in ANSWERING for payer, *_ in scene.unfinished()):
            answered = took
        if took > profile.drain:
            say(f"not finished: {scene.unfinished()}")
            raise AssertionError(f"{left} requests were not finished {profile.drain} s after the last fault")
        time.sleep(0.5)
    took = time.monotonic() - last_fault
    say(
        f"drained {took:.1f} s after the last fault; what payers answer, {took if answered is None else answered:.1f} s"
    )
    return took


def _moments(profile: Profile, rng: random.Random) -> dict[int, list[str]]:
    """At which kill something else happens as well."""
    faults = ["redis"] * profile.redis_kills + ["postgres"] * profile.crashes + ["submitter", "sweeper"]
    faults += ["silent redis"] * profile.silences + ["deaf worker"] * profile.deaf + ["copies"] * profile.copies
    moments: dict[int, list[str]] = {}
    for fault in faults:
        moments.setdefault(rng.randrange(profile.kills), []).append(fault)
    return moments


def _break(scene: Stage, fault: str, rng: random.Random) -> int:
    """Play one fault; how often it counts."""
    match fault:
        case "redis":
            scene.kill_redis()
        case "silent redis":
            scene.silence_redis()
        case "postgres":
            scene.crash_postgres()
        case "sweeper":
            scene.kill_sweeper(rng)
        case "deaf worker":
            return int(scene.deafen(rng.choice(WORKERS)))
        case "copies":
            return scene.deliver_again()
    return 1


def _account(scene: Stage, profile: Profile, done: Counter, *, drain: float, took: float) -> None:
    confirmed = scene.confirmed()
    keys = {str(key) for (key,) in scene.rows("SELECT submission_key FROM insurance_verification")}
    lost = [key for key in confirmed if key not in keys]
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
    waits = sorted(confirmed.values())
    say(f"confirmed {len(confirmed)}, in the database {len(keys)}, lost {len(lost)}")
    say(f"confirming took {statistics.median(waits):.2f} s (median), {waits[-1]:.1f} s (longest)")
    say(f"faults: {dict(done)}; deadlocks {scene.all_deadlocks()}")
    say(f"double results {len(results) + len(finished_twice)}, message numbers used twice {len(reused)}")
    say(f"payer asked {len(calls)} times; of members that always answer, {repeats} were asked again")
    say(f"whole run {took:.0f} s")
    assert len(confirmed) == profile.requests // SUBMITTERS * SUBMITTERS
    assert lost == []
    assert (results, finished_twice, reused) == ([], [], [])
    # What is under way when a process dies is asked again: one request in a pool process, in a worker one in each of its
    # processes, in all workers when their database goes.
    whole = done["worker"] + done["deaf and restarted"] + done["postgres"] * len(scene.workers)
    assert repeats <= done["pool process"] + whole * CONCURRENCY
    assert drain <= profile.drain
    _ended_well(scene)


def _ended_well(scene: Stage) -> None:
    """Payer by payer: who answers is answered, who does not ends with a person and never with a result."""
    ends: dict[str, Counter] = defaultdict(Counter)
    for payer, state, reason, snapshots in scene.rows(
        "SELECT payer.slug, state, state_reason, count(snapshot.id) FROM insurance_verification row "
        "JOIN programs_payer payer ON payer.id = payer_id "
        "LEFT JOIN insurance_benefitsnapshot snapshot ON snapshot.verification_id = row.id GROUP BY row.id, payer.slug"
    ):
        ends[payer][f"{state}: {reason}"] += 1
        if payer == WRONG or payer in USELESS:
            assert (state in {"needs_review", "manual_required"}, snapshots) == (True, 0), (payer, state, reason)
    for payer in sorted(ends):
        say(f"ended, {payer}: {dict(ends[payer])}")
    answered = sum(count for payer in ANSWERING for end, count in ends[payer].items() if end == "completed: answered")
    asked = sum(sum(ends[payer].values()) for payer in ANSWERING)
    assert answered >= 0.99 * asked  # the others a person took over, after six killed workers or past the time
    assert ends[WRONG]["needs_review: wrong_member"] > 0
    endings = {end.partition(":")[0] for counted in ends.values() for end in counted}
    assert endings <= {"completed", "needs_review", "manual_required", "needs_info"}


def say(text: str) -> None:
    print(f"  {text}", flush=True)  # noqa: T201  (the ledger is what this run is for)
