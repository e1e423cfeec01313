"""Runs the site's processes: starts them in order, restarts what dies, stops them in reverse."""

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from iopfinder import processes

# A child that dies is started again after 1, 2, 4 … seconds; one that cannot stay up stops the whole.
DEATHS_ALLOWED = 5
CALM_SECONDS = 60.0
LONGEST_WAIT = 16.0
LOG_LIMIT = 5_000_000


class SupervisorError(Exception):
    """Why the processes cannot go on, in one sentence."""


class Service(Protocol):
    """Something that can be started, again if need be, and stopped."""

    name: str
    stop_signal: int
    patience: float
    log: Path

    def start(self) -> subprocess.Popen[bytes]: ...


@dataclass
class Command:
    """A service that is one of our own commands."""

    name: str
    arguments: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str]
    directory: Path
    stop_signal: int = 15
    patience: float = 12.0

    def start(self) -> subprocess.Popen[bytes]:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old.log"))
        return processes.start(self.arguments, environment=self.environment, log=self.log, directory=self.directory)


@dataclass
class Running:
    """A service with its present process and how it has fared."""

    service: Service
    process: subprocess.Popen[bytes]
    started_at: float
    deaths: int = 0
    restart_at: float | None = None


@dataclass
class Supervisor:
    """The running services, in the order they were started.

    `notes` is a file that names our children, so that the next start can end what outlived a kill -9.
    """

    notes: Path
    say: Callable[[str], None]
    running: list[Running] = field(default_factory=list)

    def end_strays(self) -> None:
        """End what an earlier run left behind; a number that now belongs to somebody else is left alone."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            for pid, known_as in json.loads(self.notes.read_text()).items():
                processes.end_group(int(pid), known_as)
            self.notes.unlink()

    def start(self, service: Service) -> None:
        process = service.start()
        self.running.append(Running(service, process, time.monotonic()))
        self._note()

    def watch(self) -> None:
        """One look at every child; what died is started again a little later each time."""
        for one in self.running:
            if one.restart_at is not None:
                if time.monotonic() >= one.restart_at:
                    self._restart(one)
            elif one.process.poll() is not None:
                self._mourn(one)

    def stop(self) -> None:
        """Stop everything, last started first."""
        while self.running:
            one = self.running.pop()
            self.say(f"Stopping {one.service.name} …")
            processes.stop(one.process, by=one.service.stop_signal, patience=one.service.patience)
        self.notes.unlink(missing_ok=True)

    def _mourn(self, one: Running) -> None:
        processes.stop(one.process)  # what is left of its group
        calm = time.monotonic() - one.started_at > CALM_SECONDS
        one.deaths = 1 if calm else one.deaths + 1
        if one.deaths > DEATHS_ALLOWED:
            raise SupervisorError(f"{one.service.name} does not stay up; its log is {one.service.log}.")
        wait = min(2.0 ** (one.deaths - 1), LONGEST_WAIT)
        one.restart_at = time.monotonic() + wait
        self.say(f"{one.service.name} ended unexpectedly ({_ending(one.process.returncode)}); again in {wait:.0f} s.")

    def _restart(self, one: Running) -> None:
        one.process = one.service.start()
        one.started_at = time.monotonic()
        one.restart_at = None
        self._note()
        self.say(f"{one.service.name} is up again.")

    def _note(self) -> None:
        self.notes.parent.mkdir(parents=True, exist_ok=True)
        self.notes.write_text(
            json.dumps({one.process.pid: processes.identity(one.process.pid) for one in self.running})
        )


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
