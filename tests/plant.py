"""The engine's real processes, for tests that watch or kill them: payer simulator, workers, sweeper.

PostgreSQL and Redis are given by URL; everything dies with the test that started it.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from django.db import connection

from iopfinder import embedded, processes

ROOT = Path(__file__).resolve().parent.parent
CONCURRENCY = 2  # requests that one worker asks at once
WORKER = ("-m", "celery", "-A", "iopfinder", "worker", "--loglevel", "WARNING", "--without-gossip", "--without-mingle")


def database_url() -> str:
    """The database this test process is connected to, as another process must be told it."""
    at = connection.settings_dict
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"


class Plant:
    """Starts and kills the engine's processes; each has its own log below `directory`."""

    def __init__(self, directory: Path, *, redis_url: str, at_database: str = "", **environment: str) -> None:
        self.directory = directory
        self.port = embedded.free_port()
        self.payer_url = f"http://127.0.0.1:{self.port}/"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "iopfinder.settings",  # not those of the benchmarks, which bring their peers
            "DATABASE_URL": at_database or database_url(),
            "REDIS_URL": redis_url,
            "PAYERSIM_URL": self.payer_url,
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Plant":
        self.start("payersim", sys.executable, "-m", "payersim", "--port", str(self.port))
        wait_for(self._payer_answers, seconds=20)
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(list(self.running.values())):
            processes.stop(process, by=signal.SIGKILL)

    def _payer_answers(self) -> bool:
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(f"{self.payer_url}_sim/health", timeout=1).status == 200
        return False

    def start(self, name: str, *command: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        log = self.directory / f"{name}.log"
        self.running[name] = processes.start(
            list(command), environment={**self.environment, **(environment or {})}, log=log, directory=ROOT
        )
        return self.running[name]

    def worker(self, name: str = "worker", *, concurrency: int = CONCURRENCY) -> subprocess.Popen[bytes]:
        return self.start(
            name, sys.executable, *WORKER, "--concurrency", str(concurrency), "--hostname", f"{name}@plant"
        )

    def sweeper(self, name: str = "sweeper") -> subprocess.Popen[bytes]:
        return self.start(name, sys.executable, "manage.py", "sweep")

    def kill(self, name: str) -> None:
        """kill -9 of a process and all its children."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def children(self, name: str) -> list[int]:
        """The pool processes of a worker."""
        parent = str(self.running[name].pid)
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                if status.read_text().rpartition(")")[2].split()[1] == parent:
                    found.append(int(status.parent.name))
        return found

    def calls(self, member: str = "") -> list[dict[str, object]]:
        """What the payer heard."""
        with urllib.request.urlopen(f"{self.payer_url}_sim/log?member={member}", timeout=10) as answer:
            return json.load(answer)["calls"]


def wait_for(condition: Callable[[], object], *, seconds: float, every: float = 0.05) -> float:
    """Wait until it holds and say how long that took; fail the test if it does not in time."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"did not happen within {seconds} s")
        time.sleep(every)
    return time.monotonic() - began


@contextlib.contextmanager
def plant(directory: Path, *, redis_url: str, **environment: str) -> Iterator[Plant]:
    with Plant(directory, redis_url=redis_url, **environment) as running:
        yield running
