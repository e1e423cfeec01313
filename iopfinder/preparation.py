"""What a local site needs before its processes start: tables, places, sample listings, static files.

Each step looks first and does only what is missing, so that a second start takes seconds.
"""

import hashlib
import importlib.metadata
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from iopfinder.embedded import disk_is_full
from iopfinder.local import BASE_DIR

if TYPE_CHECKING:
    from accounts.demo import DemoAccount


SAMPLE_DAYS = 3


class PreparationError(Exception):
    """Why a step failed, in one sentence."""


@dataclass(frozen=True)
class Step:
    """One thing to make ready, named for the person who waits."""

    title: str
    action: Callable[[], None]

    def run(self) -> None:
        from django.core.management.base import CommandError
        from django.db import Error as DatabaseError

        try:
            self.action()
        except CommandError as error:
            raise PreparationError(f"{self.title}: {error}") from error
        except DatabaseError as error:
            raise PreparationError(_database_sentence(error)) from error


def steps(*, sample: bool) -> Iterator[Step]:
    """What is still to do, in order. Django is set up here: the environment must be complete."""
    import django

    django.setup()
    yield Step("Database", _database_answers)
    yield Step("Tables", _tables)
    if os.environ.get("APP_DATABASE_URL"):
        yield Step("Database role", _database_role)
    yield Step("Places", _places)
    yield Step("Search records", _search_records)
    yield Step("Sample listings" if sample else "No sample listings", _sample if sample else _no_sample)
    yield Step("Payers", _payers)
    yield Step("Static files", _static_files)
    yield Step("Demo accounts", _demo_accounts)


def demo_accounts() -> "list[DemoAccount]":
    """One account for each role."""
    from accounts import demo

    return demo.accounts()


def _demo_accounts() -> None:
    from accounts import demo

    demo.ensure()


def _database_answers() -> None:
    from django.db import connection

    connection.ensure_connection()


def _tables() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from insurance import keychecks

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
    if sentence := keychecks.fault():
        raise PreparationError(sentence)


def _database_role() -> None:
    from iopfinder import database_role

    try:
        database_role.prepare()
    except database_role.DatabaseRoleError as error:
        raise PreparationError(str(error)) from error


def _places() -> None:
    from programs.models import Place

    source = BASE_DIR / "fixtures" / "places.csv.gz"
    if not (_unchanged("places", source) and Place.objects.exists()):
        _quietly("load_places")
        _remember("places", source)


def _search_records() -> None:
    """Records of an older layout are not searched, so an update writes them anew."""
    _quietly("rebuild_search", if_needed=True)


def _sample() -> None:
    """The sample's dates are days from its loading; every few days it is loaded again, or it would look deserted."""
    from django.utils import timezone

    from programs.models import Program

    source = BASE_DIR / "fixtures" / "sample_programs.csv"
    days = str(timezone.localdate().toordinal() // SAMPLE_DAYS)
    fresh = _unchanged("sample", source) and _remembered().get("sample_days") == days
    if not (fresh and Program.objects.filter(is_sample=True).exists()):
        _quietly("load_sample")
        _remember("sample", source)
        _remember_value("sample_days", days)


def _no_sample() -> None:
    from programs.models import Program

    if Program.objects.filter(is_sample=True).exists():
        _quietly("load_sample", remove=True)


def _payers() -> None:
    """Names of payers, and for each a route to the simulator; after the listings, which bring payers too."""
    from insurance.models import PayerRoute
    from programs.models import Payer

    if Payer.objects.exclude(pk__in=PayerRoute.objects.values("payer")).exists() or not Payer.objects.exists():
        _quietly("load_payers")
        _quietly("load_sample_routes")


def _quietly(command: str, **options: bool) -> None:
    from django.core.management import call_command

    call_command(command, verbosity=0, stdout=io.StringIO(), **options)


def _static_files() -> None:
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    found = hashlib.sha256(importlib.metadata.version("whitenoise").encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = Path(storage.path(path))
            found.update(f"{path} {file.stat().st_size} {file.stat().st_mtime_ns}\n".encode())
    state = found.hexdigest()
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if _remembered().get("static") != state or not manifest.is_file():
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        _remember_value("static", state)


# --- what earlier starts have done ------------------------------------------------------------------
def _unchanged(name: str, source: Path) -> bool:
    return _remembered().get(name) == _digest(source)


def _remember(name: str, source: Path) -> None:
    _remember_value(name, _digest(source))


def _remember_value(name: str, value: str) -> None:
    _memory().write_text(json.dumps({**_remembered(), name: value}, indent=2))


def _remembered() -> dict[str, str]:
    try:
        known: dict[str, str] = json.loads(_memory().read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return known


def _memory() -> Path:
    return Path(os.environ["VAR_DIR"]) / "run" / "prepared.json"


def _digest(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


def _database_sentence(error: Exception) -> str:
    said = " ".join(str(error).split())
    if "No space left" in said or disk_is_full(Path(os.environ["VAR_DIR"])):
        return "The disk that holds the database is full: free some space and start again."
    if "connection" in said and os.environ.get("DATABASE_URL"):
        return f"The database does not answer at the address in DATABASE_URL: {said.rstrip('.')}."
    return f"The database refused: {said.rstrip('.')}."
