"""What stands around the listings: who runs them, who pays, and where each one came from."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from programs.admin.curated import CuratedAdmin, ReadOnly
from programs.admin.versions import VersionedForm
from programs.models import Organization, Payer, SourceRecord
from programs.search import record


class OrganizationForm(VersionedForm):
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
    ordering = ["name", "pk"]

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        record.write(obj.programs.values_list("pk", flat=True))  # lists show its name


class PayerForm(VersionedForm):
    class Meta:
        model = Payer
        fields = ["slug", "name", "kind", "aliases", "states", "parent"]


@admin.register(Payer)
class PayerAdmin(CuratedAdmin):
    form = PayerForm
    list_display = ["name", "kind", "states", "parent"]
    list_filter = ["kind"]
    list_select_related = ["parent"]
    search_fields = ["name", "aliases", "slug"]
    autocomplete_fields = ["parent"]

    def get_readonly_fields(self, request: HttpRequest, obj: Payer | None = None) -> list[str]:
        """Links, lists and the sample name a payer by its slug, so a saved one stays."""
        return ["slug"] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Payer | None = None) -> dict[str, Any]:
        return {} if obj else {"slug": ["name"]}

    def save_model(self, request: HttpRequest, obj: Payer, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "kind" in form.changed_data:  # who takes it takes another kind of payment
            record.write(obj.acceptances.values_list("program_id", flat=True))
        record.touch()

    def delete_model(self, request: HttpRequest, obj: Payer) -> None:
        super().delete_model(request, obj)
        record.touch()

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Payer]) -> None:
        super().delete_queryset(request, queryset)
        record.touch()


@admin.register(SourceRecord)
class SourceRecordAdmin(ReadOnly, CuratedAdmin):
    list_display = ["program", "source", "survey_year", "gone_since_year", "seen_at"]
    list_filter = ["source", "survey_year", "gone_since_year"]
    list_select_related = ["program"]
    search_fields = ["program__name", "program__city"]
    show_full_result_count = False
