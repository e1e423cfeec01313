"""Where Debian's PostgreSQL 15 has PostGIS, all designs and all peers run in one such server, started here.

What needs the peers' tables is collected only when the benchmarks are run by themselves: in a run of the whole suite
the site's own settings are in force.
`DATABASE_URL` names another server; with `--reuse-db` too, its data are kept for the next run.
"""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from django import conf

from iopfinder import embedded, processes
from tests.plant import wait_for

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
POSTGIS = Path("/usr/share/postgresql/15/extension/postgis.control")
# Warm and in memory, like a server with room for its data; what is measured is computing.
OPTIONS = {
    **embedded.FAST_AND_LOOSE,
    "shared_buffers": "1GB",
    "work_mem": "64MB",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}
SETTINGS = "tests.benchmarks.settings"
NEEDS_PEERS = {"test_search.py", "test_pages.py"}
SERVER = pytest.StashKey[contextlib.ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SERVER] = stack = contextlib.ExitStack()
    if conf.settings.configured:  # a run of the whole suite, where this file is found late
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    if POSTGIS.is_file():
        os.environ["BENCH_POSTGIS"] = "1"
        if "DATABASE_URL" not in os.environ:
            os.environ["DATABASE_URL"] = stack.enter_context(debian_postgres())


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[SERVER].close()


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return (collection_path.name in NEEDS_PEERS and os.environ["DJANGO_SETTINGS_MODULE"] != SETTINGS) or None


@contextlib.contextmanager
def debian_postgres() -> Iterator[str]:
    """A throw-away server in a temporary folder, on loopback; yields its URL."""
    directory = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
    account = processes.unprivileged()
    if account:
        os.chown(directory, account.uid, account.gid)
    data, port = directory / "data", embedded.free_port()
    command = ["initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8"]
    made = processes.run([PROGRAMS / command[0], *command[1:]], account=account)
    assert made.returncode == 0, made.stderr
    settings = [part for name, value in {**OPTIONS, "port": str(port)}.items() for part in ("-c", f"{name}={value}")]
    server = processes.start(
        [PROGRAMS / "postgres", "-D", data, *settings], account=account, death_signal=signal.SIGINT
    )
    try:
        wait_for(lambda: _answers(port), seconds=60)
        yield f"postgres://bench@127.0.0.1:{port}/postgres"
    finally:
        processes.stop(server, by=signal.SIGINT, patience=30)
        shutil.rmtree(directory, ignore_errors=True)


def _answers(port: int) -> bool:
    with contextlib.suppress(psycopg2.OperationalError):
        psycopg2.connect(host="127.0.0.1", port=port, user="bench", dbname="postgres").close()
        return True
    return False
