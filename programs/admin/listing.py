"""The listings themselves: one program with all that is known of it, and what a curator does with it."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from programs import curation
from programs.admin.curated import TrackedAdmin
from programs.admin.filters import FreshnessFilter, SourceFilter
from programs.admin.forms import ProgramForm
from programs.admin.inlines import (
    AcceptanceInline,
    ConfirmationInline,
    CredentialInline,
    PhoneInline,
    SessionInline,
    SourceInline,
)
from programs.answers import label_of
from programs.models import Confirmation, Program
from programs.models.evidence import Topic
from programs.models.program import FACET_COLUMNS
from programs.search import record

MOST_NAMED = 10  # listings that a message names one by one


def _check_action(topic: str, label: Any) -> tuple[Callable[..., None], str, Any]:
    def act(modeladmin: Any, request: HttpRequest, queryset: models.QuerySet[Program]) -> None:
        by: Any = request.user
        done, refused = curation.confirm_all(ids=_chosen(queryset), topic=topic, by=by)
        _name(request, refused)
        messages.success(request, ngettext("%d listing marked.", "%d listings marked.", done) % done)

    return act, f"checked_{topic}", _("Checked by phone today: %s") % label


def _name(request: HttpRequest, refused: curation.Refused) -> None:
    for program, why in refused[:MOST_NAMED]:
        messages.error(request, f"{program}: {why}")
    if more := len(refused[MOST_NAMED:]):
        messages.error(request, ngettext("%d more was left as it was.", "%d more were left as they were.", more) % more)


def _chosen(queryset: models.QuerySet[Program]) -> list[int]:
    return list(queryset.order_by().values_list("pk", flat=True))


@admin.register(Program)
class ProgramAdmin(TrackedAdmin):
    form = ProgramForm
    list_display = ["name", "place", "status", "checked_on", "reports_open", "sample"]
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
        (None, {"fields": ["version", "name", "slug", "organization", "level_of_care", "summary", "website"]}),
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

    @admin.display(description=_("place"), ordering=Concat("state", "city"))
    def place(self, program: Program) -> str:
        return f"{program.city}, {program.state}"

    @admin.display(description=_("last checked"), ordering="last_checked")
    def checked_on(self, program: Any) -> Any:
        return program.last_checked or "—"

    @admin.display(description=_("sample data"), ordering="is_sample")
    def sample(self, program: Program) -> Any:
        return _("sample") if program.is_sample else ""

    @admin.display(description=_("open reports"), ordering="open_reports")
    def reports_open(self, program: Any) -> Any:
        return program.open_reports or ""

    def save_model(self, request: HttpRequest, obj: Program, form: Any, change: bool) -> None:
        obj.save(update_fields=[*form.changed_columns(), "updated_at"] if change else None)

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

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Program]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)
        record.write(ids)

    @admin.action(description=_("Publish, or open again"))
    def publish(self, request: HttpRequest, queryset: models.QuerySet[Program]) -> None:
        self._tell(request, *curation.publish_all(ids=_chosen(queryset)))

    @admin.action(description=_("Close: the program is no more"))
    def close(self, request: HttpRequest, queryset: models.QuerySet[Program]) -> None:
        self._tell(request, *curation.close_all(ids=_chosen(queryset)))

    def _tell(self, request: HttpRequest, done: int, refused: curation.Refused) -> None:
        _name(request, refused)
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
