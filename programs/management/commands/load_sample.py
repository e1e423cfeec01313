"""manage.py load_sample: fictional listings for a first look; --remove takes them out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from programs import sample


class Command(BaseCommand):
    help = "Load the sample listings, or take them out again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="take the sample listings out")

    def handle(self, *args: Any, remove: bool, verbosity: int, **options: Any) -> None:
        if remove:
            stay = sample.remove()
            message = "Sample listings removed."
            if stay:
                message += f" {stay} stay, closed: a benefits check or a real listing needs them."
        else:
            message = f"{sample.load()} sample listings loaded."
        if verbosity:
            self.stdout.write(message)
