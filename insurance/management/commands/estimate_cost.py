"""`manage.py estimate_cost FILE`: out-of-pocket estimates of the cases in a JSON file, one JSON object a line."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from insurance.estimator import CaseError, estimate


class Command(BaseCommand):
    help = 'Estimate what patients pay. FILE holds {"cases": [{"id": "E01", "inputs": {"days": "36", ...}}, ...]}.'
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        cases = _read(file)
        failed = 0
        for case in cases:
            line = _estimated(case)
            failed += "error" in line
            self.stdout.write(json.dumps(line))
        if failed:
            raise CommandError(f"{failed} of {len(cases)} cases cannot be estimated")


def _read(file: Path) -> list[Any]:
    try:
        content = json.loads(file.read_bytes(), parse_int=_whole)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{file}: not JSON") from error
    cases = content.get("cases") if isinstance(content, dict) else content
    if not isinstance(cases, list):
        raise CommandError(f"{file}: holds no list of cases")
    return cases


def _whole(text: str) -> int | str:
    """A whole number; one of more digits than Python reads stays text, so that only its own case is refused."""
    return int(text) if len(text) < 1000 else text


def _estimated(case: Any) -> dict[str, Any]:
    """The line of one case. What is expected of it, if the file says so, is not read."""
    identity = case.get("id") if isinstance(case, dict) else None
    inputs = case.get("inputs") if isinstance(case, dict) else None
    if not isinstance(inputs, dict):
        return {"id": identity, "error": "inputs: are missing"}
    try:
        return {"id": identity, **estimate(**inputs).as_json()}
    except CaseError as error:
        return {"id": identity, "error": str(error)}
