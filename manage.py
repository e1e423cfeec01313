#!/usr/bin/env python
"""Django's command line for IOP Finder."""

import os
import sys

from iopfinder import local

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iopfinder.settings")
    with local.command_without_a_site():
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
