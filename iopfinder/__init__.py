"""The project: wiring only. The domain lives in `programs` (public) and `insurance` (private)."""

from iopfinder.celery import app as celery_app

__all__ = ["celery_app"]
