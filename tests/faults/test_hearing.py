"""Faults that kill nothing: a Redis that takes connections and says nothing, and a worker that takes nothing more."""

import itertools
import signal
import statistics
import sys
from collections.abc import Callable, Iterator

import pytest

from iopfinder.supervisor import Command, Supervisor
from tests.faults.stage import Stage
from tests.faults.test_faults import PROFILES, environment, say
from tests.plant import ROOT, WORKER, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

COUNT = 20
NUMBERS = itertools.count(100)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory, shortened = tmp_path_factory.mktemp("hearing"), environment(PROFILES["ci"])
    with Stage(directory, shortened, workers=(), sweepers=("sweeper-1",)) as running:
        yield running


@pytest.fixture(scope="module")
def supervisor(scene: Stage) -> Iterator[Supervisor]:
    """One worker, started again as `make run` does it."""
    watched = Supervisor(notes=scene.directory / "children.json", say=say)
    command = [sys.executable, *WORKER, "--concurrency", "2", "--hostname", "watched@plant"]
    log = scene.directory / "worker.log"
    watched.start(Command("Worker", command, log, scene.plant.environment, ROOT, stop_signal=signal.SIGKILL))
    yield watched
    watched.stop()


@pytest.fixture
def submit(scene: Stage) -> Callable[[], list[float]]:
    """Log requests of members who always answer; gives how many seconds each took."""

    def some() -> list[float]:
        earlier = scene.confirmed().keys()
        assert scene.submitter(next(NUMBERS), count=COUNT, rate=50, only="SIMPPO001").wait(60) == 0
        return [seconds for key, seconds in scene.confirmed().items() if key not in earlier]

    return some


def newest_were_taken_by_the_worker(scene: Stage) -> bool:
    """Somebody other than the sweeper asked about one of the last requests."""
    sweeper = scene.plant.running["sweeper-1"].pid
    askers = scene.rows("SELECT worker FROM insurance_verificationattempt ORDER BY id DESC LIMIT %s", COUNT)
    return any(not asker.endswith(f":{sweeper}") for (asker,) in askers)


def works_again(scene: Stage, supervisor: Supervisor, submit: Callable[[], list[float]]) -> bool:
    supervisor.watch()
    submit()
    scene.drained(30)
    return newest_were_taken_by_the_worker(scene)


def test_while_redis_says_nothing_requests_are_taken_and_answered(scene, supervisor, submit) -> None:
    wait_for(lambda: works_again(scene, supervisor, submit), seconds=60)
    with scene.proxy.silent():
        waits = submit()
        took = scene.drained(30)
        assert not newest_were_taken_by_the_worker(scene)
    healed = wait_for(lambda: works_again(scene, supervisor, submit), seconds=90)
    say(f"silent Redis: confirmed in {statistics.median(waits):.2f} s (median), {max(waits):.1f} s (longest)")
    say(f"answered by the sweeper within {took:.0f} s; the worker took requests again {healed:.0f} s after the silence")
    assert (statistics.median(waits) < 0.5, max(waits) < 4) == (True, True)


def test_a_worker_that_takes_nothing_more_is_noticed_and_started_again(scene, supervisor, submit) -> None:
    wait_for(lambda: works_again(scene, supervisor, submit), seconds=60)
    deaf = supervisor.running[0].process
    wait_for(lambda: scene.deafen("watched"), seconds=30)
    submit()
    answered = scene.drained(30)
    assert not newest_were_taken_by_the_worker(scene)
    noticed = wait_for(lambda: deaf.poll() is not None, seconds=30)
    again = wait_for(lambda: works_again(scene, supervisor, submit), seconds=60)
    say(
        f"deaf worker: requests answered within {answered:.0f} s, noticed after {answered + noticed:.0f} s, back {again:.0f} s later"
    )
    calls = [call["member_id"] for call in scene.plant.calls()]
    assert len(calls) == len(set(calls)) == len(scene.confirmed())
