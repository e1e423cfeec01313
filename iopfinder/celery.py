"""The Celery app. Its messages are doorbells: one id each; the database rows are the queue."""

import os

from celery import Celery

from iopfinder.hearing import Watchdog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iopfinder.settings")

app = Celery("iopfinder")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(Watchdog)
