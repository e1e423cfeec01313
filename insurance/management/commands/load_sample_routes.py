"""Make the sample listings checkable: run after load_sample."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from insurance import sample


class Command(BaseCommand):
    help = "Give sample programs their billing facts and contracts, and every payer a route to the simulator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="take the routes to the simulator away")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            sample.remove()
            return
        counts = sample.load()
        if options["verbosity"]:
            self.stdout.write(json.dumps(counts))
