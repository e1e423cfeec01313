"""The queue against its own floor, measured in the same run on the same machine: ratios, not absolute numbers."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from iopfinder import embedded, processes
from tests.plant import ROOT, WORKER, Plant

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3000)]

COUNT = int(os.environ.get("SIZE", "5000")) // 10
BACKLOG = int(os.environ.get("BACKLOG", "10000"))
Act = Callable[[str, int], float]
Table = Callable[[str, str, str, bool], None]


@pytest.fixture(scope="module")
def act(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Act]:
    """Real servers with durable commits, one worker of two processes, and a process that acts."""
    directory = tmp_path_factory.mktemp("queue")
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(embedded.postgres(directory / "postgres"))
        broker = stack.enter_context(embedded.redis(directory / "redis"))
        plant = stack.enter_context(Plant(directory, redis_url=broker, at_database=database, LOG_LEVEL="ERROR"))

        def run(name: str, count: int) -> float:
            command = [sys.executable, "-m", "tests.benchmarks.actor", name, str(count)]
            done = subprocess.run(command, env=plant.environment, cwd=ROOT, check=True, stdout=subprocess.PIPE)
            return json.loads(done.stdout)

        migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
        subprocess.run(migrate, env=plant.environment, cwd=ROOT, check=True)
        run("prepare", 0)
        worker = plant.start(
            "worker", sys.executable, *WORKER, "--concurrency", "2", "--include", "tests.benchmarks.floor"
        )
        stack.callback(processes.stop, worker, by=signal.SIGKILL)
        yield run


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    """Each figure beside its goal, printed together at the end."""
    rows: list[tuple[str, str, str, bool]] = []
    yield lambda what, figure, goal, is_met: rows.append((what, figure, goal, is_met))
    say("")
    for what, figure, goal, is_met in rows:
        say(f"{what:56} {figure:>18}  goal {goal:16} {'met' if is_met else 'NOT MET'}")


def test_throughput_against_the_floor(act: Act, table: Table) -> None:
    floor = COUNT / act("floor", COUNT)
    ours = COUNT / act("submit", COUNT)
    say(f"floor {floor:.1f}/s (message + exchange + three commits); verifications {ours:.1f}/s")
    is_met = ours >= 0.5 * floor
    table("verifications a second, of the floor", f"{ours / floor:.0%}", "at least 50 %", is_met)
    assert is_met


def test_a_backlog_drains_faster_in_batches(act: Act, table: Table) -> None:
    act("fill", BACKLOG)
    singly = BACKLOG / act("drain_singly", BACKLOG)
    act("fill", BACKLOG)
    batched = BACKLOG / act("drain_in_batches", BACKLOG)
    say(f"{BACKLOG} waiting rows: one message each {singly:.1f}/s, in batches {batched:.1f}/s")
    is_met = batched >= 2 * singly
    table(f"{BACKLOG} waiting rows, in batches against one by one", f"{batched / singly:.2f}x", "at least 2x", is_met)
    assert is_met


def test_an_idle_queue_adds_little_to_the_payers_own_time(act: Act, table: Table) -> None:
    median = act("latency", 15)
    is_met = median <= 3
    table("submit to answer (median), payer takes 1 s", f"{median:.2f} s", "at most 3 s", is_met)
    assert is_met


def test_a_claim_takes_as_long_with_a_hundred_thousand_waiting(act: Act, table: Table) -> None:
    act("fill", 130)
    few = act("claims", 1_000)
    many = act("claims", 100_000)
    say(f"claim: {few:.2f} ms with 1,000 waiting, {many:.2f} ms with 100,000")
    is_met = many <= 1.3 * few
    table("claim with 100,000 waiting, against 1,000", f"{many / few:.2f}x", "at most 1.3x", is_met)
    assert is_met


def say(text: str) -> None:
    print(f"  {text}", flush=True)  # noqa: T201  (the figures are what this run is for)
