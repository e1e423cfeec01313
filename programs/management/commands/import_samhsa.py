"""Import a SAMHSA National Directory: `manage.py import_samhsa FILE`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from kombu.exceptions import OperationalError
from tqdm import tqdm

from programs import geocoding, tasks
from programs.importing.loading import import_file
from programs.importing.reader import UnreadableFileError
from programs.importing.report import Report

SHOWN = 10


class Command(BaseCommand):
    help = "Import SAMHSA's National Directory (substance use or mental health), a workbook or CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--survey-year", type=int, metavar="YEAR", help="if the file does not say it")
        parser.add_argument("--dry-run", action="store_true", help="count what would change, and change nothing")
        parser.add_argument("--drafts", action="store_true", help="make drafts of mental health rows")
        parser.add_argument("--rejected", type=Path, metavar="FILE", help="write rejected rows with reasons here")

    def handle(self, *args: Any, **options: Any) -> None:
        year = options["survey_year"]
        if year is not None and not 1997 <= year <= 2100:
            raise CommandError(f"{year} is not a survey year.")
        rejected: Path | None = options["rejected"]
        if rejected and rejected.exists() and options["file"].exists() and rejected.samefile(options["file"]):
            raise CommandError(f"--rejected would overwrite {rejected} itself: name another file. Nothing was changed.")
        with tqdm(desc="Importing", unit=" rows", file=self.stderr, mininterval=0.5) as bar:
            try:
                report, columns = import_file(
                    options["file"],
                    survey_year=year,
                    dry_run=options["dry_run"],
                    drafts=options["drafts"],
                    progress=bar,
                )
            except UnreadableFileError as refusal:
                raise CommandError(f"{refusal} Nothing was changed.") from refusal
        if rejected:
            try:
                report.write_rejected(rejected, columns)
            except OSError as error:
                self.stderr.write(f"The rejected rows could not be written: {error.strerror}.")
        self._explain(report)
        if geocoding.is_on() and not report.dry_run:
            self._ring_geocoder()
        self.stdout.write(report.as_json())

    def _ring_geocoder(self) -> None:
        try:
            tasks.geocode.delay()
        except OperationalError:
            self.stderr.write("No worker could be told to look up addresses; run manage.py geocode.")

    def _explain(self, report: Report) -> None:
        for row in report.rejected[:SHOWN]:
            self.stderr.write(f"line {row.line}: {row.reason}")
        if len(report.rejected) > SHOWN:
            self.stderr.write(f"… and {len(report.rejected) - SHOWN} more rejected rows")
        if report.unknown_codes:
            self.stderr.write(f"codes that are not in the key (kept in the source record): {report.unknown_codes}")
        if report.unplaced:
            self.stderr.write(
                f"{report.unplaced} programs have no place on the map: is the gazetteer loaded (manage.py load_places)?"
            )
