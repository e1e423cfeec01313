"""What waits for a curator's decision: reported problems, likely twins, merges that may be undone."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from programs import curation, reporting
from programs.admin.curated import CuratedAdmin, ReadOnly
from programs.admin.filters import OpenReportsFilter
from programs.models import DuplicateCandidate, Merge, ProblemReport, Program


@admin.register(ProblemReport)
class ProblemReportAdmin(CuratedAdmin):
    """The desk of reports: the one that is due first on top."""

    list_display = ["clock", "kind", "program", "state", "created_at"]
    list_display_links = ["clock", "kind"]
    list_filter = [OpenReportsFilter, "kind", "state"]
    list_select_related = ["program"]
    search_fields = ["program__name", "program__city"]
    fields = ["program", "kind", "message", "created_at", "clock", "state", "answer"]
    readonly_fields = ["program", "kind", "message", "created_at", "clock"]

    @admin.display(description=_("due"), ordering="due_at")
    def clock(self, report: ProblemReport) -> str:
        if report.closed_at:
            return str(_("done"))
        now = timezone.now()
        if report.due_at < now:
            return _("%s late") % timesince(report.due_at, now)
        return _("in %s") % timesince(now, report.due_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever reported it holds a link that tells how it went."""
        return False

    def save_model(self, request: HttpRequest, obj: ProblemReport, form: Any, change: bool) -> None:
        reporting.answer(report=obj, state=obj.state, words=obj.answer)


def _listing(program: Program) -> SafeString:
    """Name and address, leading to the listing: what two of them are told apart by."""
    address = f"{program.street}, {program.city}, {program.state}"
    return format_html(
        '<a href="{}">{}</a><br>{}', reverse("admin:programs_program_change", args=[program.pk]), program.name, address
    )


@admin.register(DuplicateCandidate)
class DuplicateCandidateAdmin(ReadOnly, CuratedAdmin):
    list_display = ["one", "other", "reason", "verdict"]
    list_display_links = None
    list_filter = ["verdict"]
    list_select_related = ["first", "second"]
    search_fields = ["first__name", "second__name"]
    actions = ["keep_apart", "keep_first", "keep_second"]

    @admin.display(description=_("first"), ordering="first__name")
    def one(self, pair: DuplicateCandidate) -> SafeString:
        return _listing(pair.first)

    @admin.display(description=_("second"), ordering="second__name")
    def other(self, pair: DuplicateCandidate) -> SafeString:
        return _listing(pair.second)

    @admin.action(description=_("Not the same: keep both"))
    def keep_apart(self, request: HttpRequest, queryset: models.QuerySet[DuplicateCandidate]) -> None:
        self._decide(request, queryset, lambda pair: curation.keep_apart(candidate=pair))

    @admin.action(description=_("The same: keep the first"))
    def keep_first(self, request: HttpRequest, queryset: models.QuerySet[DuplicateCandidate]) -> None:
        by: Any = request.user
        self._decide(request, queryset, lambda pair: curation.merge(loser=pair.second, winner=pair.first, by=by))

    @admin.action(description=_("The same: keep the second"))
    def keep_second(self, request: HttpRequest, queryset: models.QuerySet[DuplicateCandidate]) -> None:
        by: Any = request.user
        self._decide(request, queryset, lambda pair: curation.merge(loser=pair.first, winner=pair.second, by=by))

    def _decide(self, request: HttpRequest, queryset: Any, act: Callable[[DuplicateCandidate], Any]) -> None:
        for pair in queryset:
            try:
                act(pair)
            except curation.CurationError as error:
                messages.error(request, f"{pair.first} / {pair.second}: {error}")


@admin.register(Merge)
class MergeAdmin(ReadOnly, CuratedAdmin):
    list_display = ["loser", "winner", "by", "made_at", "undone_at"]
    list_display_links = None
    list_select_related = ["loser", "winner", "by"]
    search_fields = ["loser__name", "winner__name"]
    actions = ["undo"]

    @admin.action(description=_("Undo the merge"))
    def undo(self, request: HttpRequest, queryset: models.QuerySet[Merge]) -> None:
        for merge in queryset.order_by("-pk"):  # the newest first, as merges of one program are taken back
            try:
                curation.unmerge(merge=merge, by=request.user)  # type: ignore[arg-type]
            except curation.CurationError as error:
                messages.error(request, f"{merge}: {error}")
