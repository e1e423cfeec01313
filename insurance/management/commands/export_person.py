"""All that is kept about one person, for that person: written to a new file only its owner may read."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Role, User
from insurance import retention
from insurance.models import Verification


class Command(BaseCommand):
    help = "Export everything about the person behind a request (same member ID or phone) as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("public_id")
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, help="your e-mail address, for the audit trail")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        by = administrator(options["by"])
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from error
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            try:
                out.write(retention.export(options["public_id"], by=by, reason=options["reason"]))
            except Verification.DoesNotExist:
                file.unlink()
                raise CommandError(f"There is no request {options['public_id']}.") from None
            except retention.TooManyError as error:
                file.unlink()
                raise CommandError(str(error)) from error
        self.stdout.write(f"Written to {file}. Hand it over safely, then delete it.")


def administrator(email: str) -> User:
    """Who gives the order: an active administrator, whose name the trail keeps."""
    by = User.objects.filter(email__iexact=email, is_active=True).first()
    if by is None:
        raise CommandError(f"Nobody here is called {email}.")
    if by.role != Role.ADMIN:
        raise CommandError(f"{email} is not an administrator.")
    return by
