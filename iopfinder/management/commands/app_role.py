"""`manage.py app_role`: after `migrate` and as the owner of the tables, make the role that the site serves as."""

from django.core.management.base import BaseCommand, CommandError

from iopfinder import database_role


class Command(BaseCommand):
    help = "Make or renew the database role of APP_DATABASE_URL, which can only add to the audit trail."

    def handle(self, **options: object) -> None:
        try:
            name = database_role.prepare()
        except database_role.DatabaseRoleError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{name} may use every table, and of the audit trail only read it and add to it.")
