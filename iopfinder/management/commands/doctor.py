"""`manage.py doctor`: is this installation fit to serve people; each fault with its fix. Exit 1 if there is one."""

import sys

from django.core.management.base import BaseCommand

from iopfinder import doctor


class Command(BaseCommand):
    help = "Check this installation; every fault comes with what to do about it."
    requires_system_checks: list[str] = []

    def handle(self, **options: object) -> None:
        faults = 0
        for finding in doctor.examine():
            if not finding.fault:
                self.stdout.write(f"ok    {finding.question}")
                continue
            faults += 1
            self.stdout.write(f"FAIL  {finding.question}: {finding.fault}\n      → {finding.fix}")
        self.stdout.write(f"{faults} to mend." if faults else "All is well.")
        if faults:
            sys.exit(1)
