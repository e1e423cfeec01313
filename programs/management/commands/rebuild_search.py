"""Writes every search record anew from the programs; safe at any time, also while people search."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from programs.search import record


class Command(BaseCommand):
    help = "Write every program's search record anew (needed after the list of facets changed)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-needed", action="store_true", help="only if a record is missing or of an old layout")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_needed"] and record.is_current():
            self.stdout.write("The search records are current.")
            return
        self.stdout.write(f"{record.rebuild()} published programs are in search.")
