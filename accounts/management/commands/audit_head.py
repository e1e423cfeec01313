"""Seal what is new and print the newest seal, to be kept somewhere the database's owner cannot reach."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import audit


class Command(BaseCommand):
    help = "Seal new audit events and print the head of the chain as NUMBER:DIGEST."

    def handle(self, *args: Any, **options: Any) -> None:
        while audit.seal():
            pass
        self.stdout.write(audit.head())
