"""`manage.py read_271 FILE`: what a payer sent, line by line, and what it means for an IOP."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from insurance.reading import default_condition
from insurance.reading_json import response_json
from insurance.x12.response_271 import read
from insurance.x12.segments import MAX_BYTES


class Command(BaseCommand):
    help = "Read a 271, 999 or TA1 and print it as JSON, with the benefits for an intensive outpatient program."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the message as received, any bytes")
        parser.add_argument(
            "--condition",
            choices=["mh", "sud"],
            help="what the program treats; substance use if the file has a code for it, else mental health",
        )

    def handle(self, *args: Any, file: Path, condition: Any, **options: Any) -> None:
        try:
            with file.open("rb") as message:
                data = message.read(MAX_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        response = read(data)
        content = response_json(response, condition or default_condition(response))
        self.stdout.write(json.dumps(content, indent=2))
