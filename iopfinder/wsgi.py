"""WSGI entry point for gunicorn; it refuses to start without the right keys."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iopfinder.settings")

application = get_wsgi_application()

from insurance import keychecks  # noqa: E402  (needs the application set up)

# Without the keys of personal data the server says so and leaves; it does not fail later, call by call.
keychecks.require_keys()

# What is loaded now stays: the collector need not walk it at every turn, nor the workers copy it.
gc.collect()
gc.freeze()
