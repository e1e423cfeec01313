"""Take away personal data past their time. Safe to kill and to run again; the sweeper does the same by itself."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from insurance import retention


class Command(BaseCommand):
    help = "Delete requests, drafts, links and sessions that are past their time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many requests would go")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self.stdout.write(f"{retention.overdue().count()} requests are past their time.")
            return
        for kind, number in retention.purge(limit=1_000_000).items():
            self.stdout.write(f"{kind}: {number}")
