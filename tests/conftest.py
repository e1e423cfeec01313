"""Tests run on a real PostgreSQL, started here from the wheel unless DATABASE_URL names one.

One throw-away cluster serves the whole session; each pytest-xdist worker has its own database in it.
"""

import base64
import contextlib
import gc
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from pytest_django import DjangoDbBlocker

from iopfinder import embedded, processes

pytest_plugins = ["tests.staff"]

# Example by example the clock measures the machine, not the code: a busy one failed tests at random. What hangs or
# grows too fast is found by pytest's own time-out and by the tests that compare sizes.
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("suite")

# Many containers forbid to keep compiled modules. Without them each worker rewrites every test's assertions again, and
# each process that a test starts compiles the whole site.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).resolve().parent.parent
# What a test that commits leaves alone: it is the same for all, and slow to bring back.
KEPT_TABLES = {"programs_place", "django_content_type", "auth_permission", "insurance_keycheck"}
SERVICES = pytest.StashKey[contextlib.ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Set the environment before Django's settings are read (pytest-django's own hook runs after this one)."""
    config.stash[SERVICES] = stack = contextlib.ExitStack()
    if not hasattr(config, "workerinput"):  # workers inherit what the first process set
        _prepare_environment(stack)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iopfinder.settings")  # the benchmarks have their own
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[SERVICES].close()


def pytest_collection_finish() -> None:
    """Django and thousands of tests stay to the end: the garbage collector need not walk through them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _prepare_environment(stack: contextlib.ExitStack) -> None:
    state = _session_directory()
    stack.callback(shutil.rmtree, state, ignore_errors=True)
    os.environ.update(
        {
            "VAR_DIR": str(state),
            "SECRET_KEY": secrets.token_hex(32),
            "FIELD_KEYS": f"test:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "BLIND_INDEX_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "CONN_MAX_AGE": "0",
        }
    )
    # Doorbells stay in memory unless a test asks for a real Redis.
    os.environ.setdefault("REDIS_URL", "memory://")
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = stack.enter_context(
            embedded.postgres(state / "postgres", options=embedded.FAST_AND_LOOSE)
        )


def _session_directory() -> Path:
    """var/tests/<process id>; what a killed session left there is cleared first."""
    parent = ROOT / "var" / "tests"
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.iterdir():
        if left.name.isdigit() and not processes.command_line(int(left.name)):
            shutil.rmtree(left, ignore_errors=True)
    mine = parent / str(os.getpid())
    (mine / "static").mkdir(parents=True, exist_ok=True)  # where WhiteNoise looks
    return mine


@pytest.fixture(autouse=True)
def _nothing_is_left_of_another_test() -> None:
    """Each test starts in English (a request in Spanish leaves its language to the thread), with nothing kept of places
    and payers."""
    from django.utils import translation

    from programs import gazetteer
    from programs.search.vocabulary import payers

    translation.activate("en")
    payers.forget()
    gazetteer.recent.forget()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real, empty Redis: REDIS_URL if it names one, else one started for this worker."""
    given = os.environ.get("REDIS_URL", "")
    if given.startswith(("redis://", "rediss://", "unix://")):
        yield given
        return
    with embedded.redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def _gazetteer_rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    from django.core.management import call_command

    with django_db_blocker.unblock():
        call_command("load_places", verbosity=0)


@pytest.fixture
def gazetteer(_gazetteer_rows: None, db: None) -> None:
    """All ZIP codes, cities and states, for tests that locate real ones: loaded once a database (two seconds)."""
    from django.core.management import call_command

    from programs.models import Place

    if not Place.objects.exists():  # a transactional test has emptied the tables
        call_command("load_places", verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def _emptying_takes_what_was_written() -> Iterator[None]:
    """Tests that commit empty the tables afterwards, also those that triggers keep from ever being emptied.

    Django truncates every table and then makes content types and permissions anew: a second for a test that wrote
    three rows, or none. Here only what holds rows is deleted, and what migrations leave behind stays.
    """
    from django.db import connection, transaction
    from django.test import TransactionTestCase

    truncate = TransactionTestCase._fixture_teardown
    tables: list[str] = []

    def delete(self: TransactionTestCase) -> None:
        tables[:] = tables or sorted({*connection.introspection.django_table_names(only_existing=True)} - KEPT_TABLES)
        held = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger, no order among the tables
            cursor.execute(held)
            for (table,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {table}")

    TransactionTestCase._fixture_teardown = delete
    yield
    TransactionTestCase._fixture_teardown = truncate
