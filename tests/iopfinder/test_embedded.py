"""Embedded servers: they start, hold data, survive kill -9 and leave nothing running."""

import os
import signal
from pathlib import Path

import psycopg2
import pytest
import redis as redis_client

from iopfinder import embedded


def ask(url: str, statement: str) -> object:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster for all: laying one out takes longer than everything else here."""
    return tmp_path_factory.mktemp("shared") / "postgres"


def server_pid(directory: Path) -> int:
    return int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])


def test_postgres_keeps_its_data_between_starts(directory: Path) -> None:
    with embedded.postgres(directory) as url:
        ask(url, "CREATE TABLE seen (n int)")
        ask(url, "INSERT INTO seen VALUES (7)")
    with embedded.postgres(directory) as url:
        assert ask(url, "SELECT n FROM seen") == (7,)


def test_postgres_is_the_version_production_runs_with_the_extensions_we_use(directory: Path) -> None:
    with embedded.postgres(directory) as url:
        assert ask(url, "SELECT current_setting('server_version_num')::int / 10000") == (18,)
        for extension in ("cube", "earthdistance", "pg_trgm", "unaccent"):
            ask(url, f"CREATE EXTENSION {extension}")


def test_postgres_leaves_no_process(directory: Path) -> None:
    with embedded.postgres(directory):
        pid = server_pid(directory)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_postgres_recovers_when_it_was_killed(directory: Path) -> None:
    with embedded.postgres(directory) as url:
        ask(url, "CREATE TABLE kept (n int)")
        os.kill(server_pid(directory), signal.SIGKILL)
    assert (directory / "data" / "postmaster.pid").exists()
    with embedded.postgres(directory) as url:
        assert ask(url, "SELECT count(*) FROM kept") == (0,)


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(directory: Path) -> None:
    with embedded.postgres(directory):
        pass
    (directory / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    with embedded.postgres(directory) as url:
        assert ask(url, "SELECT 1") == (1,)


def test_a_folder_only_root_may_enter_is_no_obstacle(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with embedded.postgres(closed / "postgres") as url:
        assert ask(url, "SELECT 1") == (1,)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert closed.stat().st_uid == os.getuid()


def test_a_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    (directory / "data").mkdir(parents=True)
    (directory / "data" / "base").mkdir()
    with embedded.postgres(directory) as url:
        assert ask(url, "SELECT 1") == (1,)


def test_a_cluster_of_another_version_is_a_sentence(directory: Path) -> None:
    with embedded.postgres(directory):
        pass
    version = directory / "data" / "PG_VERSION"
    own = version.read_text()
    version.write_text("9\n")
    try:
        with pytest.raises(embedded.EmbeddedError, match="made by PostgreSQL 9"), embedded.postgres(directory):
            pass
    finally:
        version.write_text(own)


def test_redis_answers_and_keeps_nothing_on_disk(tmp_path: Path) -> None:
    with embedded.redis(tmp_path) as url, redis_client.Redis.from_url(url) as client:
        client.set("bell", "1")
        assert client.get("bell") == b"1"
        assert client.config_get("save") == {"save": ""}
    assert not list(tmp_path.glob("*.rdb"))
    with pytest.raises(redis_client.ConnectionError), redis_client.Redis.from_url(url) as client:
        client.ping()
