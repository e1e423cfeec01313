"""Let the first administrator in: prints a one-time link, no password is ever typed on a command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from accounts import invitations
from accounts.models import LinkPurpose, Role, User


class Command(BaseCommand):
    help = "Make an administrator (or a new link for one) and print the one-time link that sets the password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        try:
            validate_email(email)
        except ValidationError as bad:
            raise CommandError(bad.messages[0]) from bad
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            link = invitations.invite(email=email, name=options["name"] or email, role=Role.ADMIN, by=None)
        elif user.role == Role.ADMIN and user.is_active:
            link = invitations.new_link(user=user, purpose=LinkPurpose.NEW_PASSWORD, by=None)
        else:
            raise CommandError(f"{email} is already here and is not an active administrator.")
        self.stdout.write(link)
