from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig as DjangoStaticFilesConfig


class StaticFilesConfig(DjangoStaticFilesConfig):
    """Leaves out what no page of ours uses: DRF's browsable pages and a second copy of htmx."""

    ignore_patterns = [*DjangoStaticFilesConfig.ignore_patterns, "rest_framework", "django_htmx"]


class ProjectConfig(AppConfig):
    """The project itself, installed for its commands."""

    name = "iopfinder"
