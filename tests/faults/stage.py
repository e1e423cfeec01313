"""What the fault run plays on: its own PostgreSQL and Redis, the engine's processes, and a way to look inside."""

import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg2
from celery import Celery

from insurance import bell
from iopfinder import embedded, processes
from tests.faults.proxy import Proxy
from tests.plant import ROOT, Plant, wait_for

# Commits survive the death of every process here; only a power cut is not played.
SURVIVES_CRASHES = {"fsync": "off", "synchronous_commit": "on", "full_page_writes": "on", "max_connections": "100"}
WORKERS = ("worker-1", "worker-2")
SWEEPERS = ("sweeper-1", "sweeper-2")
SILENCE_SECONDS = 8.0
COPIES = 5


class Stage:
    """Starts everything, and breaks it on request."""

    def __init__(
        self,
        directory: Path,
        environment: dict[str, str],
        *,
        workers: Sequence[str] = WORKERS,
        sweepers: Sequence[str] = SWEEPERS,
    ) -> None:
        self.directory, self.workers, self.sweepers = directory, workers, sweepers
        self.postgres = embedded.Postgres(directory / "postgres", options=SURVIVES_CRASHES)
        self.redis = embedded.Redis(directory / "redis")
        self.environment = environment
        self.ledger = directory / "ledger.txt"
        self.deadlocks = 0
        self.servers: dict[str, subprocess.Popen[bytes]] = {}
        self.stack = contextlib.ExitStack()

    def __enter__(self) -> "Stage":
        self.servers = {"postgres": self.postgres.start(), "redis": self.redis.start()}
        self.stack.callback(self._stop_servers)
        # Everybody but this stage reaches Redis through a proxy that can fall silent.
        self.proxy = self.stack.enter_context(Proxy(self.redis.port or 0))
        by_proxy = self.redis.url.replace(f":{self.redis.port}/", f":{self.proxy.port}/")
        self.plant = Plant(self.directory, redis_url=by_proxy, at_database=self.postgres.url, **self.environment)
        self.stack.enter_context(self.plant)
        for command in (("manage.py", "migrate", "-v", "0"), ("-m", "tests.faults.members", "prepare")):
            subprocess.run([sys.executable, *command], env=self.plant.environment, cwd=ROOT, check=True)
        for name in self.workers:
            self.plant.worker(name)
        for name in self.sweepers:
            self.plant.sweeper(name)
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def _stop_servers(self) -> None:
        for process in self.servers.values():
            processes.stop(process, by=signal.SIGQUIT, patience=5)

    # --- faults
    def kill_worker(self, rng: random.Random) -> str:
        """A pool process in the middle of its work, or the whole worker. One that only starts has nothing to lose."""
        with contextlib.suppress(AssertionError):
            wait_for(lambda: any(map(self.plant.children, self.workers)), seconds=20)
        name = rng.choice([each for each in self.workers if self.plant.children(each)] or self.workers)
        children = self.plant.children(name)
        if children and rng.random() < 0.6:
            with contextlib.suppress(ProcessLookupError):
                os.kill(rng.choice(children), signal.SIGKILL)
            return "pool process"
        self.plant.kill(name)
        self.plant.worker(name)
        return "worker"

    def revive_workers(self) -> int:
        """Do what a supervisor does: start again what ended by itself. Returns how many had."""
        ended = [name for name in self.workers if self.plant.running[name].poll() is not None]
        for name in ended:
            self.plant.kill(name)
            self.plant.worker(name)
        return len(ended)

    def deafen(self, name: str) -> bool:
        """The worker stays up and takes nothing more, as Celery's do at times after the broker was away."""
        with self._broker() as (broker, connection):
            options = {"destination": [f"{name}@plant"], "reply": True, "timeout": 2}
            return bool(broker.control.cancel_consumer("celery", connection=connection, **options))

    def deliver_again(self) -> int:
        """Further copies of messages about the newest requests; returns how many."""
        newest = self.rows("SELECT id FROM insurance_verification ORDER BY id DESC LIMIT 20")
        with self._broker() as (broker, connection):
            for (pk,) in newest * COPIES:
                broker.send_task(bell.VERIFY, [pk], ignore_result=True, connection=connection)
        return len(newest) * COPIES

    @contextlib.contextmanager
    def _broker(self) -> Iterator[tuple[Celery, Any]]:
        """A connection of its own: those of a pool end with the Redis that was killed."""
        broker = Celery("stage", broker=self.redis.url, set_as_current=False)
        with broker.connection_for_write() as connection:
            yield broker, connection

    def kill_sweeper(self, rng: random.Random) -> None:
        name = rng.choice(self.sweepers)
        self.plant.kill(name)
        self.plant.sweeper(name)

    def silence_redis(self) -> None:
        self.proxy.fall_silent(SILENCE_SECONDS)

    def kill_redis(self) -> None:
        processes.stop(self.servers["redis"], by=signal.SIGKILL)
        self.servers["redis"] = self.redis.start()

    def crash_postgres(self) -> None:
        processes.stop(self.servers["postgres"], by=signal.SIGQUIT)  # "immediate": no shutdown, recovery from the log
        self.deadlocks += self._deadlocks_told()  # a new server begins a new log
        self.servers["postgres"] = self.postgres.start()

    def submitter(self, number: int, *, count: int, rate: float, only: str = "") -> subprocess.Popen[bytes]:
        command = ("-m", "tests.faults.members", "submit", str(number), str(count), str(rate), str(self.ledger), only)
        return self.plant.start(f"submitter-{number}", sys.executable, *command)

    def resubmit(self, number: int, *, count: int, rate: float) -> subprocess.Popen[bytes]:
        """Kill a submitter in the middle and let it go on from its ledger."""
        self.plant.kill(f"submitter-{number}")
        return self.submitter(number, count=count, rate=rate)

    # --- looking
    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with contextlib.closing(psycopg2.connect(self.postgres.url)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()

    def with_machines(self) -> int:
        """Requests that no person has and that are not finished."""
        states = "'queued', 'sending', 'retry_wait', 'awaiting_payer'"
        return int(self.rows(f"SELECT count(*) FROM insurance_verification WHERE state IN ({states})")[0][0])

    def unfinished(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "SELECT payer.slug, state, state_reason, attempts, count(*) FROM insurance_verification "
            "JOIN programs_payer payer ON payer.id = payer_id "
            "WHERE state IN ('queued', 'sending', 'retry_wait', 'awaiting_payer') GROUP BY 1, 2, 3, 4"
        )

    def confirmed(self) -> dict[str, float]:
        """The key of each confirmed request, and after how many seconds it was confirmed."""
        lines = self.ledger.read_text().splitlines() if self.ledger.exists() else []
        return {key: float(seconds) for key, seconds in (line.split() for line in lines)}

    def all_deadlocks(self) -> int:
        return self.deadlocks + self._deadlocks_told()

    def _deadlocks_told(self) -> int:
        return self.postgres.log.read_text(errors="replace").count("deadlock detected")

    def drained(self, seconds: float) -> float:
        return wait_for(lambda: self.with_machines() == 0, seconds=seconds, every=0.5)


@contextlib.contextmanager
def stage(directory: Path, environment: dict[str, str]) -> Iterator[Stage]:
    with Stage(directory, environment) as running:
        yield running
