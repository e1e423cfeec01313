"""All that is kept about one person, for that person: written to a new file only its owner may read."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from insurance import retention
from insurance.models import Verification


class Command(BaseCommand):
    help = "Export everything about the person behind a request (same member ID or phone) as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("public_id")
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, help="your e-mail address, for the audit trail")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(email__iexact=options["by"], is_active=True).first()
        if by is None:
            raise CommandError(f"Nobody here is called {options['by']}.")
        try:
            text = retention.export(options["public_id"], by=by, reason=options["reason"])
            handle = os.open(options["file"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except Verification.DoesNotExist:
            raise CommandError(f"There is no request {options['public_id']}.") from None
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from error
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        self.stdout.write(f"Written to {options['file']}. Hand it over safely, then delete it.")
