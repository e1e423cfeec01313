"""Walk the audit trail's chain; exit 1 and say what is wrong if anything was changed, deleted or cut off."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit
from accounts.models import AuditEvent


class Command(BaseCommand):
    help = "Check every event and seal of the audit trail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", default="", help="what `audit_head` printed earlier: finds a trail cut short")

    def handle(self, *args: Any, **options: Any) -> None:
        faults = list(audit.verify(known_head=options["head"].strip()))
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"The audit trail is not whole: {len(faults)} faults.")
        self.stdout.write(f"The audit trail is whole: {AuditEvent.objects.count()} events.")
