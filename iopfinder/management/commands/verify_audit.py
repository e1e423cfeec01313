"""Walk the audit trail, and compare what it says was last written; exit 1 and say what is wrong if anything is."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit
from accounts.models import AuditEvent
from insurance import integrity


class Command(BaseCommand):
    help = "Check every event and seal of the audit trail, and personal values that were written over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", default="", help="what `audit_head` printed earlier: finds a trail cut short")

    def handle(self, *args: Any, **options: Any) -> None:
        faults = [*audit.verify(known_head=options["head"].strip()), *integrity.faults()]
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"The audit trail is not whole: {len(faults)} faults.")
        self.stdout.write(f"The audit trail is whole: {AuditEvent.objects.count()} events.")
