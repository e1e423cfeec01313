"""What stands around the listings: who runs them, who pays, and where each one came from."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from programs.admin.curated import CuratedAdmin, ReadOnly
from programs.models import Organization, Payer, SourceRecord


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
