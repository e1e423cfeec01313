"""manage.py load_payers: names of payers people have on their cards, from fixtures/payers.json."""

from typing import Any

from django.core.management.base import BaseCommand

from programs.sample import load_payers
from programs.search import record


class Command(BaseCommand):
    help = "Load the names of payers; those that are there already stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{len(load_payers())} payers.")
        record.touch()
