"""The directory's tables in Django's admin, for curators. What an act means is in `curation` and `reporting`."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pghistory
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from programs import curation, history, reporting
from programs.admin_filters import FreshnessFilter, OpenReportsFilter, SourceFilter
from programs.answers import ProgramForm, label_of
from programs.models import (
    Confirmation,
    Credential,
    DuplicateCandidate,
    Merge,
    Organization,
    Payer,
    PayerAcceptance,
    Phone,
    ProblemReport,
    Program,
    SessionBlock,
    SourceRecord,
)
from programs.models.evidence import Topic
from programs.models.program import FACET_COLUMNS
from programs.search import record


class Picked(AutocompleteSelect):
    """A row picked by its number; anything else in the address or the form picks nothing (stock Django crashes)."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        numbers = [one for one in value if str(one).isdecimal() and len(str(one)) < 19]
        return super().optgroups(name, numbers, attr)


class CuratedAdmin(admin.ModelAdmin):
    """Whatever is changed here carries the curator's name into the listings' history."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Picked(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with pghistory.context(by=str(request.user)):
            return super().changeform_view(request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with pghistory.context(by=str(request.user)):
            return super().changelist_view(request, *args, **kwargs)


class ReadOnly:
    """Rows that nobody writes by hand."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NarrowInline(admin.TabularInline):
    """A table that fits beside the menu."""

    extra = 0
    formfield_overrides: ClassVar[Any] = {models.CharField: {"widget": forms.TextInput(attrs={"size": 14})}}


class PhoneInline(NarrowInline):
    model = Phone


class SessionInline(NarrowInline):
    model = SessionBlock


class AcceptanceInline(NarrowInline):
    model = PayerAcceptance
    autocomplete_fields = ["payer"]


class CredentialInline(NarrowInline):
    model = Credential


class ConfirmationInline(admin.TabularInline):
    """Confirmations are added, never rewritten: what was true then stays on record."""

    model = Confirmation
    extra = 0
    fields = ["topic", "method", "confirmed_on", "note", "by"]
    readonly_fields = ["by"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SourceInline(ReadOnly, admin.TabularInline):
    model = SourceRecord
    extra = 0
    fields = ["source", "survey_year", "first_seen_year", "gone_since_year", "seen_at"]
    readonly_fields = ["source", "survey_year", "first_seen_year", "gone_since_year", "seen_at"]
    show_change_link = True


def _check_action(topic: str, label: Any) -> tuple[Callable[..., None], str, Any]:
    def act(modeladmin: Any, request: HttpRequest, queryset: models.QuerySet[Program]) -> None:
        for program in queryset:
            curation.confirm(program=program, topic=topic, by=request.user)  # type: ignore[arg-type]
        messages.success(request, ngettext("%d listing marked.", "%d listings marked.", len(queryset)) % len(queryset))

    return act, f"checked_{topic}", _("Checked by phone today: %s") % label


@admin.register(Program)
class ProgramAdmin(CuratedAdmin):
    form = ProgramForm
    list_display = ["name", "city", "state", "status", "checked_on", "reports_open", "sample"]
    ordering = ["state", "city", "name", "pk"]
    list_filter: ClassVar[list[Any]] = [
        "status",
        FreshnessFilter,
        SourceFilter,
        "is_sample",
        "accepting_new",
        "location_quality",
        "state",
    ]
    search_fields = ["name", "slug", "city", "zip", "street", "phones__number", "organization__name"]
    search_help_text = _("Name, city, ZIP code, street, phone number or organization")
    list_per_page = 50
    list_select_related = ["organization"]
    show_full_result_count = False
    autocomplete_fields = ["organization"]
    readonly_fields = ["public_id", "is_sample", "merged_into", "closed_on", "status", "created_at", "updated_at"]
    inlines = [PhoneInline, SessionInline, AcceptanceInline, CredentialInline, ConfirmationInline, SourceInline]
    actions = ["publish", "close", "merge"]
    save_on_top = True
    fieldsets: ClassVar[list[Any]] = [
        (None, {"fields": ["name", "slug", "organization", "level_of_care", "summary", "website"]}),
        (_("State of the listing"), {"fields": ["status", "closed_on", "merged_into", "is_sample", "public_id"]}),
        (
            _("Place"),
            {
                "fields": [
                    ("street", "street2"),
                    ("city", "state", "zip"),
                    ("county", "time_zone"),
                    ("latitude", "longitude", "location_quality"),
                    "virtual_states",
                ]
            },
        ),
        (_("Openings"), {"fields": [("accepting_new", "next_start_on", "seats_open")]}),
        (
            _("Time and cost"),
            {
                "fields": [
                    ("hours_per_week", "weeks_min", "weeks_max"),
                    ("cost_per_week_min", "cost_per_week_max", "sliding_scale"),
                    "cost_includes",
                ]
            },
        ),
        (_("Who it is for, and more"), {"fields": [("min_age", "max_age"), "family_program", "aftercare", "smoking"]}),
        *(
            (capfirst(label_of(column)), {"fields": [f"answers_{facet}"], "classes": ["collapse"]})
            for facet, column in FACET_COLUMNS.items()
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Program]:
        reports = models.Count("problem_reports", models.Q(problem_reports__closed_at=None), distinct=True)
        checked = models.Max("confirmations__confirmed_on")
        return super().get_queryset(request).annotate(last_checked=checked, open_reports=reports)

    def get_readonly_fields(self, request: HttpRequest, obj: Program | None = None) -> list[Any]:
        """An address that people have saved is not changed any more."""
        return [*self.readonly_fields, "slug"] if obj else self.readonly_fields

    def get_prepopulated_fields(self, request: HttpRequest, obj: Program | None = None) -> dict[str, Any]:
        return {} if obj else {"slug": ["name", "city", "state"]}

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        checks = [_check_action(topic, label) for topic, label in Topic.choices]
        return {**super().get_actions(request), **{name: (act, name, label) for act, name, label in checks}}

    @admin.display(description=_("last checked"), ordering="last_checked")
    def checked_on(self, program: Any) -> Any:
        return program.last_checked or "—"

    @admin.display(description=_("sample data"), ordering="is_sample")
    def sample(self, program: Program) -> Any:
        return _("sample") if program.is_sample else ""

    @admin.display(description=_("open reports"), ordering="open_reports")
    def reports_open(self, program: Any) -> Any:
        return program.open_reports or ""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            if isinstance(row, Confirmation) and row.pk is None:
                row.by = request.user
        formset.save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        record.write([form.instance.pk])

    def delete_model(self, request: HttpRequest, obj: Program) -> None:
        program_id = obj.pk
        super().delete_model(request, obj)
        record.write([program_id])

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Program]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)
        record.write(ids)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        program = self.get_object(request, unquote(object_id))
        if program is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %s") % program,
            "program": program,
            "events": history.events(program),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/programs/program/history.html", context)

    @admin.action(description=_("Publish, or open again"))
    def publish(self, request: HttpRequest, queryset: models.QuerySet[Program]) -> None:
        self._each(request, queryset, curation.publish)

    @admin.action(description=_("Close: the program is no more"))
    def close(self, request: HttpRequest, queryset: models.QuerySet[Program]) -> None:
        self._each(request, queryset, curation.close)

    def _each(self, request: HttpRequest, queryset: Sequence[Program] | Any, act: Callable[..., Any]) -> None:
        done = 0
        for program in queryset:
            try:
                act(program=program)
                done += 1
            except curation.CurationError as error:
                messages.error(request, f"{program}: {error}")
        if done:
            messages.success(request, ngettext("%d listing changed.", "%d listings changed.", done) % done)

    @admin.action(description=_("Merge two listings into one"))
    def merge(self, request: HttpRequest, queryset: models.QuerySet[Program]) -> HttpResponse | None:
        programs = list(queryset.prefetch_related("phones", "sources"))
        if len(programs) != 2:
            messages.error(request, _("Choose exactly two listings to merge."))
            return None
        winner = next((one for one in programs if str(one.pk) == request.POST.get("winner")), None)
        if winner is None:
            context = {**self.admin_site.each_context(request), "title": _("Merge two listings"), "opts": self.opts}
            context |= {"programs": programs, "action": "merge"}
            return TemplateResponse(request, "admin/programs/program/merge.html", context)
        loser = next(one for one in programs if one != winner)
        try:
            curation.merge(loser=loser, winner=winner, by=request.user)  # type: ignore[arg-type]
            messages.success(request, _("%(loser)s now leads to %(winner)s.") % {"loser": loser, "winner": winner})
        except curation.CurationError as error:
            messages.error(request, str(error))
        return None


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

    def save_model(self, request: HttpRequest, obj: ProblemReport, form: Any, change: bool) -> None:
        reporting.answer(report=obj, state=obj.state, words=obj.answer)


@admin.register(DuplicateCandidate)
class DuplicateCandidateAdmin(ReadOnly, CuratedAdmin):
    list_display = ["first", "first_address", "second", "second_address", "reason", "verdict"]
    list_display_links = None
    list_filter = ["verdict"]
    list_select_related = ["first", "second"]
    search_fields = ["first__name", "second__name"]
    actions = ["keep_apart", "keep_first", "keep_second"]

    @admin.display(description=_("address"))
    def first_address(self, pair: DuplicateCandidate) -> str:
        return f"{pair.first.street}, {pair.first.city}, {pair.first.state}"

    @admin.display(description=_("address"))
    def second_address(self, pair: DuplicateCandidate) -> str:
        return f"{pair.second.street}, {pair.second.city}, {pair.second.state}"

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
        for merge in queryset:
            try:
                curation.unmerge(merge=merge, by=request.user)  # type: ignore[arg-type]
            except curation.CurationError as error:
                messages.error(request, f"{merge}: {error}")


class OrganizationForm(forms.ModelForm):
    website = forms.URLField(label=_("website"), required=False, assume_scheme="https")

    class Meta:
        model = Organization
        fields = ["name", "legal_name", "ownership", "npi", "website"]


@admin.register(Organization)
class OrganizationAdmin(CuratedAdmin):
    form = OrganizationForm
    list_display = ["name", "ownership", "npi", "is_sample"]
    list_filter = ["ownership", "is_sample"]
    search_fields = ["name", "legal_name", "npi"]


@admin.register(Payer)
class PayerAdmin(CuratedAdmin):
    list_display = ["name", "kind", "states", "parent"]
    list_filter = ["kind"]
    list_select_related = ["parent"]
    search_fields = ["name", "aliases", "slug"]
    autocomplete_fields = ["parent"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(SourceRecord)
class SourceRecordAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["program", "source", "survey_year", "gone_since_year", "seen_at"]
    list_filter = ["source", "survey_year", "gone_since_year"]
    list_select_related = ["program"]
    search_fields = ["program__name", "program__city"]
    show_full_result_count = False
