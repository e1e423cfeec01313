"""The sweeper, as its own process."""

import signal
from pathlib import Path
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from insurance import keychecks, sweeper


class Command(BaseCommand):
    help = "Ring again for requests that nobody heard, free lost leases, hand over what takes too long. Runs until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then leave")
        parser.add_argument("--beat", type=Path, metavar="FILE", help="touched after every round that went well")

    def handle(self, *args: Any, **options: Any) -> None:
        keychecks.require_keys()
        if options["once"]:
            sweeper.Sweeper().sweep()
            return
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        sweeper.watch(stop, beat=options["beat"])
