"""manage.py load_places: fill the gazetteer from fixtures/places.csv.gz."""

import gzip
import hashlib
import io
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from programs import gazetteer
from programs.models import Place

TABLE = Place._meta.db_table
NEWLINE = b"\n"
SOURCE = settings.BASE_DIR / "fixtures" / "places.csv.gz"


class Command(BaseCommand):
    help = (
        "Load ZIP codes, cities and states. Does nothing if this file is loaded already; readers see the old rows until "
        "the new ones are complete."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, default=SOURCE)
        parser.add_argument("--force", action="store_true", help="load even if this file is loaded already")

    def handle(self, *args: Any, file: Path, force: bool, verbosity: int, **options: Any) -> None:
        def say(line: str) -> None:
            if verbosity:
                self.stdout.write(line)

        try:
            content = file.read_bytes()
            fingerprint = f"sha256:{hashlib.sha256(content).hexdigest()}"
            if not force and is_loaded(fingerprint):
                say("Places: already loaded.")
                return
            rows = gzip.decompress(content)
        except (OSError, EOFError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        say(f"Places: loading {rows.count(NEWLINE) - 1:,} …")
        load(rows, fingerprint)
        gazetteer.recent.forget()
        say("Places: done. City and postal data © GeoNames (geonames.org), CC BY 4.0.")


def is_loaded(fingerprint: str) -> bool:
    """Whether the table holds this very file: the table's own comment says what it was filled from."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(%s::regclass, 'pg_class')", [TABLE])
        return cursor.fetchone()[0] == fingerprint and Place.objects.exists()


@transaction.atomic
def load(rows: bytes, fingerprint: str) -> None:
    """Replace every row in one transaction; a second loader waits and then replaces them again with the same."""
    columns = rows[: rows.index(NEWLINE)].decode()
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {TABLE} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(f"DELETE FROM {TABLE}")  # noqa: S608  (a constant)
        cursor.copy_expert(
            f"COPY {TABLE} ({columns}) FROM STDIN WITH (FORMAT csv, HEADER, FORCE_NOT_NULL (county))", io.BytesIO(rows)
        )
        # The rows went to the indexes' lists of pending entries, which every question would have to wade through.
        cursor.execute("SELECT gin_clean_pending_list('place_aliases'), gin_clean_pending_list('place_key_trigrams')")
        cursor.execute(f"COMMENT ON TABLE {TABLE} IS %s", [fingerprint])
        cursor.execute(f"ANALYZE {TABLE}")
