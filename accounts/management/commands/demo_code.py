"""`manage.py demo_code EMAIL`: the present sign-in code of a demo account (local mode only)."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import demo


class Command(BaseCommand):
    help = "Print the present sign-in code of a demo account (local mode only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *, email: str, **options: object) -> None:
        if not settings.LOCAL:
            raise CommandError("Demo accounts exist in local mode (`make run`) only.")
        known = {account.email: account for account in demo.accounts()}
        if email.lower() not in known:
            raise CommandError(
                f"No demo account {email}. There are: {', '.join(known) or 'none yet; start `make run`'}."
            )
        self.stdout.write(known[email.lower()].code)
