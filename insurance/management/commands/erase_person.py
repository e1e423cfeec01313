"""Erase one person: every request with the same member ID or phone, at once and for good."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from insurance import retention
from insurance.management.commands.export_person import administrator
from insurance.models import Verification


class Command(BaseCommand):
    help = "Erase everything about the person behind a request. The audit trail keeps the numbers, not the person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("public_id")
        parser.add_argument("--by", required=True, help="your e-mail address, for the audit trail")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--yes", action="store_true", help="really do it")

    def handle(self, *args: Any, **options: Any) -> None:
        by = administrator(options["by"])
        try:
            found = retention.of_person(options["public_id"]).count()
        except Verification.DoesNotExist:
            raise CommandError(f"There is no request {options['public_id']}.") from None
        if not options["yes"]:
            self.stdout.write(f"{found} requests would be erased. Add --yes to do it.")
            return
        gone = retention.erase(options["public_id"], by=by, reason=options["reason"])
        self.stdout.write(f"{gone} requests are erased.")
