"""Ways to narrow a curator's lists: what is due for a check, where it came from, what is unanswered."""

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programs.freshness import DUE_SHARE, FRESH_DAYS
from programs.models import Confirmation, ProblemReport, Program, SourceRecord
from programs.models.evidence import Topic


class FreshnessFilter(admin.SimpleListFilter):
    """Programs of which one topic must be checked soon, or was never checked."""

    title = _("due for a check")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Topic.choices)

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Program]) -> models.QuerySet[Program]:
        topic = self.value() or ""
        if topic not in FRESH_DAYS:
            return queryset
        still_fresh = timezone.localdate() - dt.timedelta(days=int(FRESH_DAYS[topic] * DUE_SHARE))
        checked = Confirmation.objects.filter(topic=topic, confirmed_on__gte=still_fresh)
        return queryset.exclude(pk__in=checked.values("program"))


class SourceFilter(admin.SimpleListFilter):
    """Where a listing came from; "gone" is no longer in the newest directory."""

    title = _("source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*SourceRecord.Source.choices, ("gone", _("Not in the newest directory")), ("none", _("By hand"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Program]) -> models.QuerySet[Program]:
        records = SourceRecord.objects.all()
        value = self.value()
        if value == "none":
            return queryset.exclude(pk__in=records.values("program"))
        if value == "gone":
            return queryset.filter(pk__in=records.filter(gone_since_year__isnull=False).values("program"))
        return queryset.filter(pk__in=records.filter(source=value).values("program")) if value else queryset


class OpenReportsFilter(admin.SimpleListFilter):
    """Reports that wait for an answer; shown first unless all are asked for."""

    title = _("open")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("late", _("Late")), ("all", _("All, answered ones too"))]

    def choices(self, changelist: Any) -> Any:
        everything = list(super().choices(changelist))
        everything[0]["display"] = _("Open")
        return everything

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[ProblemReport]
    ) -> models.QuerySet[ProblemReport]:
        if self.value() == "all":
            return queryset
        waiting = queryset.filter(closed_at=None)
        return waiting.filter(due_at__lt=timezone.now()) if self.value() == "late" else waiting
