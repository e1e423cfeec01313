"""`manage.py load_sample [--remove]`: fictional listings of the directory, and what makes them checkable at the desk."""

from typing import Any

from django.core.management import call_command

from programs.management.commands import load_sample


class Command(load_sample.Command):
    """The directory's command, and then the desk's: the directory itself may not know the desk."""

    def handle(self, *args: Any, remove: bool, verbosity: int, **options: Any) -> None:
        super().handle(*args, remove=remove, verbosity=verbosity, **options)
        call_command("load_sample_routes", remove=remove, verbosity=0)
